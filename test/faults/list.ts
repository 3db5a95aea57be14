/**
 * Lists the rows of the fault matrix without playing them: as JSON, or with `--write` as the table of
 * `docs/appendix/fault-matrix.md`.
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { listRows, type ListedRow } from "./row.ts";

const DOCUMENT = join(import.meta.dirname, "../../docs/appendix/fault-matrix.md");
const BEGIN = "<!-- matrix: begin -->";
const END = "<!-- matrix: end -->";

/** A row and the file that plays it. */
interface FiledRow extends ListedRow {
  readonly file: string;
}

async function list(): Promise<FiledRow[]> {
  const files = (await readdir(import.meta.dirname)).filter((name) => name.endsWith(".test.ts")).toSorted();
  const rows: FiledRow[] = [];
  for (const file of files) {
    const found: ListedRow[] = [];
    listRows(found);
    await import(`./${file}`);
    rows.push(...found.map((row) => ({ ...row, file })));
  }
  const order = (id: string) => (/^\d+$/.test(id) ? Number(id) : 100);
  return rows.toSorted((one, other) => order(one.id) - order(other.id));
}

/** Writes the table with the formatter's alignment. */
function tableOf(rows: readonly FiledRow[]): string {
  const head = ["row", "fault", "outcome", "file"];
  const cells = [head, ...rows.map(({ id, fault, outcome, file }) => [id, fault, outcome, linkTo(file)])];
  const widths = head.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const toLine = (line: readonly string[]) =>
    `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [first = "", ...others] = cells.map(toLine);
  return [first, toLine(widths.map((width) => "-".repeat(width))), ...others].join("\n");
}

const linkTo = (file: string) => `[${file.replace(".test.ts", "")}](../../test/faults/${file})`;

const rows = await list();
if (process.argv.includes("--write")) {
  const text = await readFile(DOCUMENT, "utf8");
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`${DOCUMENT} has no marks around the matrix`);
  await writeFile(DOCUMENT, `${before}${BEGIN}\n\n${tableOf(rows)}\n\n${END}${after}`);
} else {
  console.log(JSON.stringify({ rows, table: tableOf(rows) }));
}
// Exit now. Otherwise the hooks that the files registered would run.
process.exit(0);
