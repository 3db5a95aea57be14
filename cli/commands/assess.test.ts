import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { buildReading, linesOf } from "../../test/readings/build-reading.ts";
import { assessLine } from "./assess.ts";

const TODAY = new Date("2026-11-22T12:00:00Z");
const POLICY = { minimumAgeYears: 18, expiresSoonDays: 90, allowSpecimen: false };

const answer = (request: unknown) =>
  JSON.stringify(assessLine(typeof request === "string" ? request : JSON.stringify(request), TODAY, POLICY));

test("assess confirms fields if the second reader's lines agree with the page", () => {
  const text = answer({ id: "a", reading: buildReading(), reader: linesOf({}) });
  assert.match(
    text,
    /^{"id":"a","assessment":{"verdict":"passport","fields":{"surname":{"value":"SMITH","state":"confirmed"/,
  );
  assert.match(text, /"needsSecondReading":false}}$/);
});

test("without the second reader's lines, assess confirms no field", () => {
  for (const reader of [null, undefined, { line1: null, line2: null }, "off"]) {
    const text = answer({ id: 1, reading: buildReading(), reader });
    assert.ok(text.includes('"state":"agreed"') && !text.includes('"state":"confirmed"'), text);
  }
  assert.match(
    answer({ id: 1, reading: buildReading(), reader: { line1: null, line2: null, reason: "no_zone" } }),
    /reader_found_no_zone/,
  );
});

test("an invalid line is an error that names the place and repeats no value", () => {
  assert.equal(answer("{"), '{"id":null,"error":"The line is not JSON."}');
  assert.match(
    answer({ id: 7, reading: { ...buildReading(), documentKind: "SECRET" } }),
    /^{"id":7,"error":"[^"]*reading.documentKind[^"]*"}$/,
  );
  assert.match(
    answer({ id: 8, reading: buildReading(), reader: { line1: "P<SHORT", line2: null } }),
    /^{"id":8,"error":"[^"]*reader/,
  );
  assert.doesNotMatch(answer({ id: 7, reading: { ...buildReading(), documentKind: "SECRET" } }), /SECRET/);
  assert.match(answer("[]"), /^{"id":null,"error"/);
});

test("assess answers each line, and a bad line does not stop the lines after it", async () => {
  const lines = [
    JSON.stringify({ id: "one", reading: buildReading(), reader: null }),
    "{",
    "",
    JSON.stringify({ id: "two", reading: buildReading() }),
  ];
  const { promise, resolve } = Promise.withResolvers<{ code: number; stdout: string }>();
  const main = join(import.meta.dirname, "../main.ts");
  const child = execFile(process.execPath, [main, "assess", "--today", "2026-11-22"], (error, stdout) =>
    resolve({ code: error === null ? 0 : 1, stdout }),
  );
  child.stdin?.end(lines.join("\n"));
  const { code, stdout } = await promise;
  assert.equal(code, 0);
  const starts = stdout
    .trim()
    .split("\n")
    .map((line) => line.slice(0, 14));
  assert.deepEqual(starts, ['{"id":"one","a', '{"id":null,"er', '{"id":"two","a']);
});
