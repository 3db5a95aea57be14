/** docs/reliability.md names tests that are there, and its appendices show what was played last. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import * as z from "zod/mini";
import { ROOT } from "./openapi-file.ts";

const run = promisify(execFile);
const read = (page: string) => readFileSync(join(ROOT, page), "utf8");
const PAGE = read("docs/reliability.md");

const matrixSchema = z.object({
  rows: z.array(z.object({ id: z.string(), fault: z.string(), file: z.string() })),
  table: z.string(),
});

const { stdout } = await run(process.execPath, [join(ROOT, "test/faults/list.ts")], { maxBuffer: 10_000_000 });
const { rows, table } = matrixSchema.parse(JSON.parse(stdout));

/** What stands between the two marks of an appendix. */
const block = (page: string, name: string) =>
  read(page).split(`<!-- ${name}: begin -->`)[1]?.split(`<!-- ${name}: end -->`)[0]?.trim() ?? "";

test("the fault matrix lists the rows of test/faults (update it with: node test/faults/list.ts --write)", () => {
  assert.equal(block("docs/appendix/fault-matrix.md", "matrix"), table);
});

test("the fault matrix has every numbered row", () => {
  const ids = new Set(rows.map(({ id }) => id));
  for (let number = 1; number <= 42; number++) assert.ok(ids.has(String(number)), `row ${number}`);
});

test("each promise in docs/reliability.md names rows that exist", () => {
  const promises = [...PAGE.matchAll(/^- \[[\w-]+\]\(\.\.\/(test\/faults\/[\w.-]+)\): _(.+)_$/gm)];
  assert.ok(promises.length > 20);
  for (const [, file = "", fault = ""] of promises) {
    assert.ok(
      rows.some((row) => row.file === basename(file) && row.fault === fault),
      `${file} has no row "${fault}"`,
    );
  }
  // A row in another form would not be checked: there must be no such row.
  assert.equal(promises.length, [...PAGE.matchAll(/^- \[/gm)].length);
});

test("each test file that docs/reliability.md names exists", () => {
  const files = [...PAGE.matchAll(/`((?:test|lib|functions|worker)\/[\w./-]+)`/g)].map(([, file = ""]) => file);
  assert.ok(files.length > 3);
  for (const file of files) assert.ok(existsSync(join(ROOT, file)), file);
});

const soak = block("docs/appendix/soak.md", "soak");

test("the soak's figures are from 10,000 submissions or more, without a violation", () => {
  const figures = new Map(
    [...soak.matchAll(/^\| (.+?) +\| (.+?) +\|$/gm)].map(([, name = "", value = ""]) => [name, value]),
  );
  assert.ok(Number(figures.get("submissions answered 202")) >= 10_000);
  assert.equal(figures.get("violations"), "0");
  assert.match(soak, /^npm run soak -- --jobs \d+ --seed \d+/m);
});
