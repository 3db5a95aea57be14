import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const TESTS = `
import assert from "node:assert/strict";
import { describe, test } from "node:test";
describe("a record", () => {
  test("is saved", () => {});
  test("is sealed", () => assert.fail("it is not"));
});
test("a picture is read", { skip: "no picture" }, () => {});
`;

test("a line of the test report names file, suite and test, and the summary repeats each failure with its error", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "kyc-reporter-"));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "one.test.mjs"), TESTS);
  const reporter = join(import.meta.dirname, "reporter.cjs");
  // Without this variable, a test run in a test run reports to the outer one.
  const { NODE_TEST_CONTEXT: _outer, ...env } = process.env;
  const { status, stdout } = spawnSync(
    process.execPath,
    [
      "--test",
      "--experimental-test-coverage",
      "--test-coverage-lines=90",
      `--test-reporter=${reporter}`,
      "one.test.mjs",
    ],
    {
      cwd: folder,
      env,
      encoding: "utf8",
    },
  );
  assert.equal(status, 1);
  const [head = "", again = ""] = stdout.replaceAll(/\d+ ms/g, "N ms").split("\n\n");
  assert.deepEqual(head.split("\n"), [
    "✔ one.test.mjs: a record > is saved (N ms)",
    "✖ one.test.mjs: a record > is sealed (N ms)",
    "- one.test.mjs: a picture is read (N ms, skipped: no picture)",
  ]);
  assert.match(again, /^✖ one\.test\.mjs: a record > is sealed \(N ms\)\nAssertionError/);
  assert.match(stdout, /^1 passed, 1 failed, 1 skipped$/m);
  assert.match(stdout, /^[\d.]+ % of the measured lines are covered \(90 % are required\)$/m);
});
