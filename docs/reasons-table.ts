/** The table of reasons in `docs/calling-from-serverpod.md`, made from the catalogue. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Assessment } from "../lib/passport/assess.ts";
import { isReasonCode, REASONS, type ReasonCode } from "../lib/reasons.ts";
import { REASON_EXAMPLES } from "./reason-examples.ts";

const ROOT = join(import.meta.dirname, "..");

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
    ...codesIn(["lib/*.ts", "lib/!(passport)/**/*.ts", "worker/*.ts"], ["lib/result.ts"]),
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

/** The two tables, as Markdown. */
export function reasonsAsMarkdown({ failures, checks }: Places = placesOfReasons()): string {
  return [
    "Reasons that end a verification, as the `failureCode` of a failed result:",
    "",
    ...tableOf(failures),
    "",
    "Reasons of checks, in a result that is complete:",
    "",
    ...tableOf(checks),
  ].join("\n");
}

function tableOf(codes: readonly ReasonCode[]): string[] {
  const rows = codes.map((code) => {
    const { class: reasonClass, operator, person } = REASONS[code];
    return `| \`${code}\` | ${reasonClass} | ${operator} | ${REASON_EXAMPLES[code]} | ${person} |`;
  });
  return ["| code | class | what happened | example | what to tell the person |", "|---|---|---|---|---|", ...rows];
}
