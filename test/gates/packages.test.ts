/** `CONTRIBUTING.md` says what each development dependency is for. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as z from "zod/mini";

const ROOT = join(import.meta.dirname, "../..");
const packageSchema = z.object({ devDependencies: z.record(z.string(), z.string()) });

test("CONTRIBUTING.md has a row for each development dependency, and no other row", () => {
  const { devDependencies } = packageSchema.parse(JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")));
  const table = readFileSync(join(ROOT, "CONTRIBUTING.md"), "utf8").split("## Development dependencies")[1] ?? "";
  const firstCells = table.split("\n").flatMap((line) => (line.startsWith("| `") ? [line.split("|")[1] ?? ""] : []));
  const named = firstCells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name));
  const wanted = Object.keys(devDependencies).map((name) => (name.startsWith("@types/") ? "@types/*" : name));
  assert.deepEqual(named.toSorted(), [...new Set(wanted)].toSorted());
});
