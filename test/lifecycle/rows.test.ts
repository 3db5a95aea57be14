/** Every row of LIFECYCLE.md has a test, and every test has a row. */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { LAW } from "./law.ts";

test("every row of the page has a test, and every test has a row", async () => {
  const files = (await readdir(import.meta.dirname)).filter((name) => name.endsWith(".test.ts"));
  const sources = await Promise.all(files.map((name) => readFile(join(import.meta.dirname, name), "utf8")));
  const tested = sources.flatMap((source) => [...source.matchAll(/"([LWC]\d+)"/g)].map(([, id = ""]) => id));
  assert.ok(LAW.size > 30);
  assert.deepEqual([...new Set(tested)].toSorted(), [...LAW.keys()].toSorted());
});
