/** Reports a run: tables for the terminal, and `docs/performance.md` with its pictures. */
import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { formatTable } from "../dev/stack/table.ts";
import { drawChart } from "./chart.ts";
import { LIMITS_AND_REASONS } from "./findings.ts";
import { describeMachine } from "./machine.ts";
import type { Figure, Part, PartReport } from "./part.ts";
import { median } from "./rounds.ts";

const ROOT = join(import.meta.dirname, "..");
const DOCS = join(ROOT, "docs");
/** Formats a file, because all files in the repository are formatted. */
const format = (file: string) => promisify(execFile)(join(ROOT, "node_modules", ".bin", "oxfmt"), [file]);

interface Reported {
  readonly part: Part;
  readonly report: PartReport;
}

const HEAD = ["figure", "median", "from - to", "rounds", "asked for", "met"] as const;
const SUMMARY_HEAD = ["part", "figure", "now", "asked for", "met"] as const;

/** Formats all figures for the terminal: first those with a limit, then each part's meaning and tables. */
export function formatReport(reports: readonly Reported[]): string {
  return [
    `${formatTable(SUMMARY_HEAD, summarise(reports))}\n`,
    ...reports.flatMap(({ part, report }) => [
      `${part.title}\n${part.meaning}\n`,
      ...tablesOf(report).map(({ title, rows }) => `${[...title, formatTable(HEAD, rows)].join("\n")}\n`),
    ]),
  ].join("\n");
}

/** The figures with a limit, one row each. */
const summarise = (reports: readonly Reported[]): string[][] =>
  reports.flatMap(({ part, report }) =>
    report.figures
      .filter(({ limit }) => limit !== undefined)
      .map((figure) => {
        const [what = "", value = "", , , asked = "", met = ""] = toRow(figure);
        return [part.name, [figure.group, what].filter(Boolean).join(": "), value, asked, met];
      }),
  );

/** The figures that miss their limit, one line each. */
export const missedFloors = (reports: readonly Reported[]): string[] =>
  summarise(reports)
    .filter(([, , , , met]) => met === "NO")
    .map(([part, figure, value, asked]) => `${part}: ${figure}: ${value}, asked for: ${asked}`);

/** Puts the figures into tables: one for each group, and one for figures without a group. */
function tablesOf({ figures }: PartReport): { title: string[]; rows: string[][] }[] {
  const groups = Map.groupBy(figures, ({ group }) => group);
  return [...groups].map(([group, members]) => ({
    title: group === undefined ? [] : [group],
    rows: members.map(toRow),
  }));
}

function toRow(figure: Figure): string[] {
  const { what, values, unit, limit } = figure;
  const show = (value: number) => `${shorten(value)}${unit === "x" ? "x" : ` ${unit}`}`;
  const spread = values.length > 1 ? `${shorten(Math.min(...values))} - ${shorten(Math.max(...values))}` : "";
  const asked =
    limit === undefined ? "" : "atMost" in limit ? `${show(limit.atMost)} or less` : `${show(limit.atLeast)} or more`;
  return [what, show(median(values)), spread, String(values.length), asked, isMet(figure)];
}

/** Rounds to three significant digits, or to a whole number from 100 on. */
function shorten(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}

const isMet = (figure: Figure) => (figure.limit === undefined ? "" : fallsShort(figure) ? "NO" : "yes");

function fallsShort({ values, limit }: Figure): boolean {
  if (limit === undefined) return false;
  const value = median(values);
  // `NaN`, a figure that could not be measured, must miss its limit.
  return !("atMost" in limit ? value <= limit.atMost : value >= limit.atLeast);
}

const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  // Text is aligned left, and numbers right.
  [head, head.map((name) => (LEFT.has(name) ? "---" : "---:")), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");

const LEFT: ReadonlySet<string> = new Set(["part", "figure", "met"]);

/** Writes `docs/performance.md` and its pictures. */
export async function writeReport(reports: readonly Reported[], { durationMs }: { durationMs: number }): Promise<void> {
  const images = join(DOCS, "images");
  await mkdir(images, { recursive: true });
  const sections: string[] = [];
  for (const { part, report } of reports) {
    const pictures: string[] = [];
    for (const [index, chart] of (report.charts ?? []).entries()) {
      const name = `bench-${part.name}-${index + 1}.svg`;
      await writeFile(join(images, name), drawChart(chart));
      pictures.push(`![${chart.title}](images/${name})`);
    }
    const tables = tablesOf(report).flatMap(({ title, rows }) => [
      ...title.map((text) => `### ${text}`),
      markdownTable(HEAD, rows),
    ]);
    sections.push([`## ${part.title}`, part.meaning, ...tables, ...(report.notes ?? []), ...pictures].join("\n\n"));
  }
  const page = join(DOCS, "performance.md");
  await writeFile(
    page,
    `${[...introduction(durationMs), ...summary(reports), ...sections, LIMITS_AND_REASONS].join("\n\n")}\n`,
  );
  await format(page);
}

function introduction(durationMs: number): string[] {
  return [
    "# Performance",
    [
      "Measured by `npm run bench`, which writes this page and is too long for a test; `npm run bench -- enqueue` runs one part, `-- --quick` a short form.",
      "Use the ratios: absolute figures belong to the machine. Contenders take turns on the same machine, Redis, PostgreSQL,",
      "stand-ins and pictures; the median of the rounds counts. The peers in `bench/peers/` are what a good developer in a hurry",
      "would write instead, by the book.",
    ].join("\n"),
    [...describeMachine(), `- The whole run took ${(durationMs / 60_000).toFixed(1)} minutes.`].join("\n"),
  ];
}

const summary = (reports: readonly Reported[]): string[] => [
  "## What is asked for, and what is reached",
  markdownTable(SUMMARY_HEAD, summarise(reports)),
];
