/** The figures of a soak: a table for the terminal, and the block of `docs/reliability.md` that shows the last one's. */
import { readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import type { Findings } from "./audit.ts";
import type { CallFigures } from "./calls.ts";
import type { Accepted } from "./submit.ts";

const DOCUMENT = join(import.meta.dirname, "../../docs/reliability.md");
const BEGIN = "<!-- soak: begin -->";
const END = "<!-- soak: end -->";

/** Names and values, in the order in which they are shown. */
export type Figures = readonly (readonly [name: string, value: string | number])[];

interface Soaked {
  readonly accepted: readonly Accepted[];
  readonly requests: number;
  /** How often a request was answered with each status but 202. */
  readonly refusals: ReadonlyMap<number, number>;
  /** How often each fault was played. */
  readonly played: ReadonlyMap<string, number>;
  readonly findings: Findings;
  readonly violations: number;
  readonly calls: CallFigures;
  readonly durationS: number;
}

/** What a soak has shown. */
export function figuresOf({
  accepted,
  requests,
  refusals,
  played,
  findings,
  violations,
  calls,
  durationS,
}: Soaked): Figures {
  const byName = [...played].toSorted(([one], [other]) => one.localeCompare(other));
  const statuses = [...refusals].toSorted(([one], [other]) => one - other);
  return [
    ["submissions answered 202", accepted.length],
    ["records", new Set(accepted.map(({ kycId }) => kycId)).size],
    ["requests", requests],
    ...statuses.map(([status, times]) => [`answered ${status} and sent again`, times] as const),
    ["verdicts written", findings.decided.length],
    ["of these, for a submission that was sent more than once", findings.spareVerdicts],
    ...byName.map(([what, times]) => [`fault: ${what}`, times] as const),
    ["calls of providers that were answered", calls.answered],
    ["of these, paid twice: the answer was there before", calls.paidTwice],
    ["calls cut off with their worker, or aborted", calls.cutOff],
    ["calls that a stand-in failed on purpose", calls.failed],
    ["submissions without a verdict, or with a wrong one", findings.undecided],
    ["verdicts overwritten by an older one", findings.overwritten],
    ["jobs left in the queue", findings.jobsLeft],
    ["leaks in logs and in Redis", findings.leaks],
    ["violations", violations],
    ["duration", `${durationS.toFixed(0)} s, ${(accepted.length / durationS).toFixed(0)} submissions/s`],
    ["machine", describeMachine()],
  ];
}

/** The machine, in a few words. */
function describeMachine(): string {
  const [first] = cpus();
  return `${cpus().length} x ${first?.model.trim() ?? "unknown processor"}, Node.js ${process.version}`;
}

/** Puts the figures into the document, in the place of the last ones. */
export async function writeFigures(command: string, figures: Figures): Promise<void> {
  const text = await readFile(DOCUMENT, "utf8");
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`${DOCUMENT} has no place for the figures`);
  await writeFile(DOCUMENT, `${before}${BEGIN}\n\n${blockOf(command, figures)}\n\n${END}${after}`);
}

/** As the formatter leaves it: each column as wide as its widest cell. */
function blockOf(command: string, figures: Figures): string {
  const rows = [["what", "figure"], ...figures.map(([name, value]) => [name, String(value)])];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [head = [], ...body] = rows;
  const dashes = widths.map((width) => "-".repeat(width));
  return ["```sh", command, "```", "", line(head), line(dashes), ...body.map(line)].join("\n");
}
