/** What came of a run: tables for the terminal, and `docs/performance.md` with its pictures. */
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
/** What is checked in is formatted. */
const format = (file: string) => promisify(execFile)(join(ROOT, "node_modules", ".bin", "oxfmt"), [file]);

interface Reported {
  readonly part: Part;
  readonly report: PartReport;
}

const HEAD = ["figure", "median", "from - to", "rounds", "asked for", "met"] as const;
const SUMMARY_HEAD = ["part", "figure", "now", "asked for", "met"] as const;

/** All figures, for the terminal: those that have a floor, then what each part means and its tables. */
export function formatReport(reports: readonly Reported[]): string {
  return [
    `${formatTable(SUMMARY_HEAD, summarise(reports))}\n`,
    ...reports.flatMap(({ part, report }) => [
      `${part.title}\n${part.meaning}\n`,
      ...tablesOf(report).map(({ title, rows }) => `${[...title, formatTable(HEAD, rows)].join("\n")}\n`),
    ]),
  ].join("\n");
}

/** The figures that have a floor, one row each. */
const summarise = (reports: readonly Reported[]): string[][] =>
  reports.flatMap(({ part, report }) =>
    report.figures
      .filter(({ limit }) => limit !== undefined)
      .map((figure) => {
        const [what = "", value = "", , , asked = "", met = ""] = toRow(figure);
        return [part.name, [figure.group, what].filter(Boolean).join(": "), value, asked, met];
      }),
  );

/** The figures that fall short of their floor, one line each. */
export const missedFloors = (reports: readonly Reported[]): string[] =>
  summarise(reports)
    .filter(([, , , , met]) => met === "NO")
    .map(([part, figure, value, asked]) => `${part}: ${figure}: ${value}, asked for: ${asked}`);

/** The figures in tables: one for each group, and one for those without. */
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

/** Three digits that count. */
function shorten(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}

const isMet = (figure: Figure) => (figure.limit === undefined ? "" : fallsShort(figure) ? "NO" : "yes");

function fallsShort({ values, limit }: Figure): boolean {
  if (limit === undefined) return false;
  const value = median(values);
  // A figure that could not be measured holds no floor.
  return !("atMost" in limit ? value <= limit.atMost : value >= limit.atLeast);
}

const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  // What is text stands on the left, and what is a number on the right.
  [head, head.map((name) => (LEFT.has(name) ? "---" : "---:")), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");

const LEFT: ReadonlySet<string> = new Set(["part", "figure", "met"]);

/** Writes `docs/performance.md` and the pictures it shows. */
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
