/** A row of the fault matrix: what is broken on purpose, and what must come of it. */
import { test, type TestContext } from "node:test";

/** Between the parts of a row's name, by which the matrix is printed. */
export const SEPARATOR = " | ";

/** Registers a row. `id` is its number in the matrix of `docs/reliability.md`. */
export function row(id: string, fault: string, outcome: string, play: (context: TestContext) => Promise<void>): void {
  void test([id, fault, outcome].join(SEPARATOR), play);
}
