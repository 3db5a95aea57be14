/** Every command of the documentation is run by a test, or its page says what it needs: `commands.ts` says which is which. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { blocks, ELSEWHERE, LONG, mentions, readPage, runnable, scripts, toolFor } from "./commands.ts";
import { ROOT } from "./openapi-file.ts";

test("the test finds the commands in the documentation", () => {
  assert.ok(blocks.length > 15 && mentions.length > 30 && scripts.length > 1);
});

test("a page whose commands need AWS or Docker says so", () => {
  for (const { page, text } of [...blocks, ...mentions]) {
    const tool = toolFor(text);
    if (tool === undefined) continue;
    assert.match(readPage(page), new RegExp(`\\bneeds? (?:\\w+, and some need )?${tool}\\b`), `${page}: ${text}`);
  }
});

test("a page whose commands are too long for a test says so", () => {
  // The changelog tells what there is; how to run it is on the pages.
  const documented = [...blocks, ...mentions].filter(({ page }) => page !== "CHANGELOG.md");
  const long = documented.filter(({ text }) => text.split("\n").some((line) => LONG.test(line)));
  assert.ok(new Set(long.map(({ page }) => page)).size > 2);
  for (const { page, text } of long) assert.match(readPage(page), /too long for a test/, `${page}: ${text}`);
});

test("each command that is excused because another test runs it is run there, and is still documented", () => {
  const lines = [...mentions, ...blocks].flatMap(({ text }) => text.split("\n"));
  for (const [pattern, where] of ELSEWHERE) {
    if (where.includes("/")) assert.ok(existsSync(join(ROOT, where)), where);
    if (where.includes("/"))
      assert.ok(
        lines.some((line) => pattern.test(line.replace(/ +#.*$/, ""))),
        String(pattern),
      );
  }
});

test("test/e2e/commands.test.ts can run every other documented command", () => {
  for (const { page, text } of [...scripts, ...runnable]) assert.doesNotMatch(text, /<[\w ]+>/, `${page}: ${text}`);
});
