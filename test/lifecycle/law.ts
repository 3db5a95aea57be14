/** The rows of `lib/queue/LIFECYCLE.md`, and the tests that play them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const PAGE = join(import.meta.dirname, "../../lib/queue/LIFECYCLE.md");

/** What the page says, by the ids of its rows: each cell behind the name of its column. */
export const LAW: ReadonlyMap<string, string> = readRows();

function readRows(): ReadonlyMap<string, string> {
  const rows = new Map<string, string>();
  let columns: readonly string[] = [];
  for (const line of readFileSync(PAGE, "utf8").split("\n")) {
    const [, id = "", ...cells] = line.split("|").map((cell) => cell.trim());
    if (id === "row") columns = cells;
    else if (/^[LWC]\d+$/.test(id))
      rows.set(id, cells.flatMap((cell, index) => (cell === "" ? [] : [`${columns[index]}: ${cell}`])).join(" | "));
  }
  return rows;
}

/** Registers the test of a row. Its name is what the page says; `variant` tells several tests of a row apart. */
export function law(id: string, play: () => Promise<void>, variant = ""): void {
  const says = LAW.get(id);
  if (says === undefined) throw new Error(`LIFECYCLE.md has no row ${id}`);
  void test(`${id} | ${says}${variant && ` (${variant})`}`, play);
}
