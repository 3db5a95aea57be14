/** The messages of our own errors, and what may be logged about any other error. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DatabaseUnavailableError,
  describeError,
  FinalError,
  invalidPhoto,
  RateLimitError,
  RecordMissingError,
  TransientError,
} from "./errors.ts";

const CANARY = "CANARY-MUSTERMANN";

test("each kind of error has its own class and name", () => {
  for (const [error, name] of [
    [new FinalError("a", "face_mismatch"), "FinalError"],
    [new TransientError("a", "ocr_unavailable"), "TransientError"],
    [new RateLimitError(1), "RateLimitError"],
    [new DatabaseUnavailableError("57P01"), "DatabaseUnavailableError"],
    [new RecordMissingError(1), "RecordMissingError"],
  ] as const) {
    assert.equal(error.name, name);
    assert.equal(describeError(error).kind, name);
  }
  const transient: Error = new TransientError("a", "ocr_unavailable");
  assert.ok(!(transient instanceof FinalError));
});

test("an invalid photo's message has the form INVALID_PHOTO:picture:reason", () => {
  const error = invalidPhoto("image_too_small", "stamp", { width: 3 });
  assert.equal(error.message, "INVALID_PHOTO:stamp:image_too_small");
  assert.equal(error.reason, "image_too_small");
  assert.equal(error.image, "stamp");
  assert.deepEqual(error.facts, { width: 3 });
});

test("a rate limit carries its delay in a field, in its message and in its facts", () => {
  const error = new RateLimitError(44_098);
  assert.equal(error.retryAfterMs, 44_098);
  assert.equal(error.message, "Gemini's rate limit: retry in 44.098s");
  assert.equal(error.reason, "ocr_rate_limited");
  assert.deepEqual(error.facts, { retryAfterMs: 44_098 });
});

test("an unknown error is described by kind, code and place only", () => {
  const error = Object.assign(new TypeError(`cannot read ${CANARY}\nof ${CANARY}`, { cause: new Error(CANARY) }), {
    code: "ECONNRESET",
    detail: CANARY,
  });
  const described = describeError(error);
  assert.equal(described.kind, "TypeError");
  assert.equal(described.code, "ECONNRESET");
  assert.match(described.at ?? "", /^at .*errors\.test\.ts/);
  assert.ok(!JSON.stringify(described).includes(CANARY));
});

test("the message of a JSON.parse error is not described", () => {
  try {
    JSON.parse(CANARY);
  } catch (error) {
    assert.ok(String(error).includes("CANARY"), "this is the danger");
    assert.ok(!JSON.stringify(describeError(error)).includes("CANARY"));
    return;
  }
  assert.fail("it parsed");
});

test("an error without a stack, and a thrown value that is not an error, can be described", () => {
  const bare = new Error(CANARY);
  delete bare.stack;
  assert.deepEqual(describeError(bare), { kind: "Error" });
  assert.deepEqual(describeError(Object.assign(new Error(CANARY), { code: 7, stack: CANARY })), { kind: "Error" });
  assert.deepEqual(describeError(CANARY), { kind: "string" });
  assert.deepEqual(describeError(undefined), { kind: "undefined" });
});
