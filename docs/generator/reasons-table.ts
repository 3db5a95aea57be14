/** The page `docs/reasons.md`, made from the catalogue of reasons. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Assessment } from "../../lib/passport/assess.ts";
import { isReasonCode, REASONS, type ReasonCode } from "../../lib/reasons.ts";
import { REASON_EXAMPLES } from "./reason-examples.ts";
import type { ReasonClass } from "../../lib/reasons/reason.ts";

const ROOT = join(import.meta.dirname, "../..");

/** What the rules may find that ends a verification: the worker throws it as it is. */
const VERDICTS = ["document_not_passport", "passport_unreadable"] as const satisfies readonly Exclude<
  Assessment["verdict"],
  "passport"
>[];

/** Where a reason can stand in a result: as its `failureCode`, or as a reason of a check. */
export interface Places {
  readonly failures: readonly ReasonCode[];
  readonly checks: readonly ReasonCode[];
}

/** Finds the places of all reasons: what the rules and the result name is a check's, what anything else names ends a job. */
export function placesOfReasons(): Places {
  const inChecks = codesIn(["lib/passport/**/*.ts", "lib/result.ts"]);
  const inFailures = new Set([
    ...codesIn(["lib/*.ts", "lib/!(passport)/**/*.ts", "worker/**/*.ts"], ["lib/result.ts"]),
    ...VERDICTS,
  ]);
  inChecks.delete("passport_unreadable");
  const all = Object.keys(REASONS).filter(isReasonCode);
  return { failures: all.filter((code) => inFailures.has(code)), checks: all.filter((code) => inChecks.has(code)) };
}

function codesIn(patterns: readonly string[], except: readonly string[] = []): Set<ReasonCode> {
  const files = globSync([...patterns], { cwd: ROOT }).filter(
    (file) => !file.endsWith(".test.ts") && !file.startsWith("lib/reasons") && !except.includes(file),
  );
  const words = files.flatMap(
    (file) => readFileSync(join(ROOT, file), "utf8").match(/(?<=")[a-z]+(?:_[a-z]+)+(?=")/g) ?? [],
  );
  return new Set(words.filter(isReasonCode));
}

/** The page, as Markdown. */
export function reasonsPage({ failures, checks }: Places = placesOfReasons()): string {
  return [
    "<!-- Written by npm run docs. Change lib/reasons/ instead. -->",
    "",
    "# Reasons",
    "",
    "Each reason has a code, a class, and two texts: one for the operator, one for the person. A result carries both texts, as `message` and `personMessage`. Use the codes to write texts of your own, or in another language. `{image}` stands for `passport`, `selfie` or `stamp page`.",
    "",
    "| class | who can do something about it |",
    "|---|---|",
    ...Object.entries(CLASSES).map(([name, text]) => `| \`${name}\` | ${text} |`),
    "",
    "Codes may be added at any time. Go by the class of a code that you do not know.",
    "",
    "## When a verification fails",
    "",
    "The `failureCode` of a result with the status `ocr_failed`:",
    "",
    ...tableOf(failures),
    "",
    "## When a check does not pass",
    "",
    "The reasons of `checks`, in a result with the status `ocr_complete`:",
    "",
    ...tableOf(checks),
    "",
  ].join("\n");
}

const CLASSES = {
  retake: "The person: take the picture again, or photograph the right document.",
  review: "Your staff: a person must look.",
  final: "Nobody: another picture of the same document would not help. The person can use another document.",
  system: "The operator: nothing is wrong with the pictures. The person can submit them again later.",
} as const satisfies Record<ReasonClass, string>;

function tableOf(codes: readonly ReasonCode[]): string[] {
  const rows = codes.map((code) => {
    const { class: reasonClass, operator, person } = REASONS[code];
    return `| \`${code}\` | ${reasonClass} | ${operator} | ${REASON_EXAMPLES[code]} | ${person} |`;
  });
  return ["| code | class | what happened | example | what to tell the person |", "|---|---|---|---|---|", ...rows];
}
