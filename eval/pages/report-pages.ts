/** The figures of the reader on drawn pages, as a table a degradation. */
import { percentilesOf } from "../../cli/percentiles.ts";
import { formatTable } from "../../dev/stack/table.ts";
import type { PageRulesRow } from "./page-rules.ts";
import type { PageResult, PagesSummary } from "./run-pages.ts";

const HEAD = [
  "kind",
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
  const rowOf = (kind: string) =>
    row(
      kind,
      results.filter((result) => result.kind === kind),
    );
  return formatTable(HEAD, [...kinds.map(rowOf), row("all", results)]);
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
  const lines = rules.map(({ kind, drawn, silentAlone, silentBeside, drawnSure, silentSure, confirmed }) => ({
    kind,
    counts: [drawn, silentAlone, silentBeside, drawnSure, silentSure, confirmed],
  }));
  const sums = RULES_HEAD.slice(1).map((_, column) =>
    lines.reduce((sum, { counts }) => sum + (counts[column] ?? 0), 0),
  );
  return formatTable(RULES_HEAD, [...lines.map(({ kind, counts }) => [kind, ...counts]), ["all", ...sums]]);
}

function row(name: string, results: readonly PageResult[]): readonly (string | number)[] {
  const count = results.length;
  const lines = (of: (result: PageResult) => number) => results.reduce((sum, result) => sum + of(result), 0);
  const share = (part: number) => `${((100 * part) / (2 * count || 1)).toFixed(1)} %`;
  const pages = (is: (result: PageResult) => boolean) => results.filter(is).length;
  const { p50, p95 } = percentilesOf(results.map(({ processorMs }) => processorMs));
  return [
    name,
    count,
    pages(({ isFound }) => isFound),
    pages(({ isFound, isUprightRight }) => isFound && isUprightRight),
    share(lines(({ exact }) => exact)),
    share(lines(({ sure }) => sure)),
    lines(({ mistakes }) => mistakes.length),
    Math.round(p50),
    Math.round(p95),
  ];
}
