/** A row of the fault matrix: what the test breaks on purpose, and the outcome that it expects. */
import { test, type TestContext } from "node:test";

/** The separator between the parts of a row's name. The matrix is printed from these parts. */
export const SEPARATOR = " | ";

/** A row in the list. */
export interface ListedRow {
  readonly id: string;
  readonly fault: string;
  readonly outcome: string;
}

let listed: ListedRow[] | undefined;

/** Makes later calls of `row` add to this list instead of registering tests. */
export function listRows(into: ListedRow[]): void {
  listed = into;
}

/** Registers a row. `id` is its number in `docs/appendix/fault-matrix.md`, or `+` for a row without a number. */
export function row(id: string, fault: string, outcome: string, play: (context: TestContext) => Promise<void>): void {
  if (listed === undefined) void test([id, fault, outcome].join(SEPARATOR), play);
  else listed.push({ id, fault, outcome });
}
