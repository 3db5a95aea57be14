import assert from "node:assert/strict";
import { test } from "node:test";
import { readable } from "./log-line.ts";

const line = (fields: object) =>
  JSON.stringify({ level: "info", time: "2026-11-28T19:20:01.000Z", msg: "", ...fields });
const TIME = /^\d\d:\d\d:\d\d {2}/;
const shown = (fields: object) => readable("worker", line(fields))?.replace(TIME, "");

test("the terminal of npm start shows what became of a submission", () => {
  assert.equal(shown({ msg: "queued", kycId: 456 }), "record 456: queued");
  assert.equal(shown({ msg: "verdict", kycId: 456, status: "ocr_complete" }), "record 456: ocr_complete");
  const failed = { msg: "verdict", kycId: 457, status: "ocr_failed", reason: "face_mismatch" };
  assert.equal(shown(failed), "record 457: ocr_failed (face_mismatch)");
  const decided = "nothing to do: the record has been decided";
  assert.equal(shown({ msg: decided, kycId: 456 }), `record 456: ${decided}`);
});

test("the terminal of npm start shows warnings and errors, and of serverless offline only errors", () => {
  assert.equal(shown({ level: "warn", msg: "CompreFace is not there" }), "worker: warn: CompreFace is not there");
  assert.equal(shown({ msg: "step done", kycId: 456, step: "read_passport" }), undefined);
  assert.equal(readable("functions", "Successfully invoked scheduled function: [watchdog]"), undefined);
  assert.equal(readable("functions", " TypeError: no such thing "), "functions: TypeError: no such thing");
});
