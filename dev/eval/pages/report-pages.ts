/** The figures of the reader on drawn pages, as a table a degradation. */
import type { PageRulesRow } from "./page-rules.ts";
import type { PageResult, PagesSummary } from "./run-pages.ts";

const HEAD = [
  "",
  "pages",
  "found",
  "right way up",
  "lines exact",
  "lines sure",
  "wrong and sure",
  "ms, median",
  "ms, p95",
];

/** Whether nothing was wrong and sure, and no wrong value was confirmed. */
export const isCleanOfErrors = ({ results, rules }: PagesSummary): boolean =>
  results.every(({ mistakes }) => mistakes.length === 0) && rules.every(({ confirmed }) => confirmed === 0);

/** The report's text. */
export function reportPages({ results, rules }: PagesSummary): string {
  const passports = results.filter(({ isPassport }) => isPassport);
  const held = passports.filter(({ isForChoosing }) => !isForChoosing);
  const negatives = results.filter(({ isPassport }) => !isPassport);
  return [
    "The reader on drawn passport pages, all of them:",
    table(passports),
    "",
    "The half on which nothing was chosen:",
    table(held),
    "",
    "Pictures without a passport's zone, in which nothing may be sure:",
    table(negatives),
    "",
    "Beside a model that has both zones of a page wrong alike: what the rules say with this reader",
    rulesTable(rules),
    ...results.flatMap(({ kind, mistakes }) =>
      mistakes.map(
        ({ read, printed }) => `\nWrong and sure (${kind}):\n  ${read}\n  ${printed ?? "no passport's zone"}`,
      ),
    ),
  ].join("\n");
}

function table(results: readonly PageResult[]): string {
  const kinds = [...new Set(results.map(({ kind }) => kind))];
  const rows = kinds.map((kind) =>
    row(
      kind,
      results.filter((result) => result.kind === kind),
    ),
  );
  return aligned([HEAD, ...rows, row("all", results)]);
}

const RULES_HEAD = [
  "wrong in both zones",
  "drawn",
  "silent alone",
  "silent beside reader",
  "drawn, both lines sure",
  "silent",
  "confirmed",
];

function rulesTable(rules: readonly PageRulesRow[]): string {
  const cells = ({ kind, drawn, silentAlone, silentBeside, drawnSure, silentSure, confirmed }: PageRulesRow) => [
    kind,
    ...[drawn, silentAlone, silentBeside, drawnSure, silentSure, confirmed].map(String),
  ];
  const lines = rules.map(cells);
  const sums = RULES_HEAD.map((_, column) =>
    column === 0 ? "all" : String(lines.reduce((sum, line) => sum + Number(line[column]), 0)),
  );
  return aligned([RULES_HEAD, ...lines, sums]);
}

/** Columns as wide as their widest cell: the first to the left, the others to the right. */
function aligned(cells: readonly (readonly string[])[]): string {
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  return cells
    .map((line) =>
      line
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join("  "),
    )
    .join("\n");
}

function row(name: string, results: readonly PageResult[]): readonly string[] {
  const count = results.length;
  const lines = (of: (result: PageResult) => number) => results.reduce((sum, result) => sum + of(result), 0);
  const share = (part: number) => `${((100 * part) / (2 * count || 1)).toFixed(1)} %`;
  const pages = (is: (result: PageResult) => boolean) => String(results.filter(is).length);
  const times = results.map(({ processorMs }) => processorMs).toSorted((a, b) => a - b);
  const quantile = (at: number) => (times[Math.floor(at * (times.length - 1))] ?? 0).toFixed(0);
  return [
    name,
    String(count),
    pages(({ isFound }) => isFound),
    pages(({ isFound, isUprightRight }) => isFound && isUprightRight),
    share(lines(({ exact }) => exact)),
    share(lines(({ sure }) => sure)),
    String(lines(({ mistakes }) => mistakes.length)),
    quantile(0.5),
    quantile(0.95),
  ];
}
