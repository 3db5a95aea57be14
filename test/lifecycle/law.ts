/** The rows of `lib/queue/LIFECYCLE.md`, and the tests that play them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const PAGE = join(import.meta.dirname, "../../lib/queue/LIFECYCLE.md");
const ROW = /^\| ([LWC]\d+) +\| (.+) \|$/gm;

/** What the page says, by the ids of its rows. */
export const LAW: ReadonlyMap<string, string> = new Map(
  [...readFileSync(PAGE, "utf8").matchAll(ROW)].map(([, id = "", cells = ""]) => [
    id,
    cells
      .split("|")
      .map((cell) => cell.trim())
      .join(" | "),
  ]),
);

/** Registers the test of a row. Its name is what the page says; `variant` tells several tests of a row apart. */
export function law(id: string, play: () => Promise<void>, variant = ""): void {
  const says = LAW.get(id);
  if (says === undefined) throw new Error(`LIFECYCLE.md has no row ${id}`);
  void test(`${id} | ${says}${variant && ` (${variant})`}`, play);
}
