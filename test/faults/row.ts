/** A row of the fault matrix: what the test breaks on purpose, and the outcome that it expects. */
import { test, type TestContext } from "node:test";

/** Between the parts of a row's name, by which the matrix is printed. */
export const SEPARATOR = " | ";

/** A row as it is listed. */
export interface ListedRow {
  readonly id: string;
  readonly fault: string;
  readonly outcome: string;
}

let listed: ListedRow[] | undefined;

/** From now on, rows are put into this list instead of being played. */
export function listRows(into: ListedRow[]): void {
  listed = into;
}

/** Registers a row. `id` is its number in the matrix of `docs/appendix/fault-matrix.md`; `+` is one beyond the numbers. */
export function row(id: string, fault: string, outcome: string, play: (context: TestContext) => Promise<void>): void {
  if (listed === undefined) void test([id, fault, outcome].join(SEPARATOR), play);
  else listed.push({ id, fault, outcome });
}
