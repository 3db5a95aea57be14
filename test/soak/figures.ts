/** The figures of a soak: a table for the terminal, and the table in `docs/appendix/soak.md`. */
import { readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import type { Findings } from "./audit.ts";
import type { CallFigures } from "./calls.ts";
import type { History } from "./history.ts";

const DOCUMENT = join(import.meta.dirname, "../../docs/appendix/soak.md");
const BEGIN = "<!-- soak: begin -->";
const END = "<!-- soak: end -->";

/** Names and values, in the order of the table. */
export type Figures = readonly (readonly [name: string, value: string | number])[];

interface Soaked {
  readonly histories: readonly History[];
  /** How often requests got each status other than 202. */
  readonly refusals: ReadonlyMap<number, number>;
  /** How often each fault was played. */
  readonly played: ReadonlyMap<string, number>;
  /** How often each attack ran. */
  readonly attacks: ReadonlyMap<string, number>;
  readonly findings: Findings;
  readonly violations: number;
  readonly calls: CallFigures;
  readonly durationS: number;
}

/** Lists the figures of a soak. */
export function figuresOf(soaked: Soaked): Figures {
  const { histories, refusals, played, attacks, findings, violations, calls, durationS } = soaked;
  const sum = (of: (history: History) => number) => histories.reduce((total, history) => total + of(history), 0);
  const submissions = sum(({ versions }) => versions.length);
  const accepted = sum(({ requests }) => requests.filter(({ isAccepted }) => isAccepted).length);
  const byName = (counts: ReadonlyMap<string, number>, prefix: string) =>
    [...counts]
      .toSorted(([one], [other]) => one.localeCompare(other))
      .map(([what, times]) => [`${prefix}: ${what}`, times] as const);
  const statuses = [...refusals].toSorted(([one], [other]) => one - other);
  return [
    ["records", histories.length],
    ["submissions answered 202", submissions],
    ["requests answered 202: with equal and late repeats", accepted],
    ...statuses.map(([status, times]) => [`answered ${status} and sent again`, times] as const),
    ["verdicts written", findings.verdicts],
    ["records that a person had decided at the end", sum(({ decision }) => (decision === undefined ? 0 : 1))],
    ["reopened records that got a last verdict about their earlier pictures first", sum(({ stale }) => stale)],
    ...byName(played, "fault"),
    ...byName(attacks, "attack"),
    ["paid calls that were answered", calls.answered],
    ["of these, paid twice for a record's pictures", calls.paidTwice],
    ["paid calls cut off with their worker, or aborted", calls.cutOff],
    ["paid calls that the stand-in failed on purpose", calls.failed],
    ["decisions of people that were overwritten", findings.overwritten],
    ["verdicts about other pictures than the latest before them", findings.outdated],
    ["verdicts about no request, or not about its pictures", findings.foreign],
    ["jobs left in the queue", findings.jobsLeft],
    ["leaks in logs and in Redis", findings.leaks],
    ["violations", violations],
    ["duration", `${durationS.toFixed(0)} s, ${(submissions / durationS).toFixed(0)} submissions/s`],
    ["machine", describeMachine()],
  ];
}

/** Describes the machine in a few words. */
function describeMachine(): string {
  const [first] = cpus();
  return `${cpus().length} x ${first?.model.trim() ?? "unknown processor"}, Node.js ${process.version}`;
}

/** Replaces the figures in the document. */
export async function writeFigures(command: string, figures: Figures): Promise<void> {
  const text = await readFile(DOCUMENT, "utf8");
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`${DOCUMENT} has no place for the figures`);
  await writeFile(DOCUMENT, `${before}${BEGIN}\n\n${blockOf(command, figures)}\n\n${END}${after}`);
}

/** Writes the table as the formatter does: each column as wide as its widest cell. */
function blockOf(command: string, figures: Figures): string {
  const rows = [["what", "figure"], ...figures.map(([name, value]) => [name, String(value)])];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [head = [], ...body] = rows;
  const dashes = widths.map((width) => "-".repeat(width));
  return ["```sh", command, "```", "", line(head), line(dashes), ...body.map(line)].join("\n");
}
