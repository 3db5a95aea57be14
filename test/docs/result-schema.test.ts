import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as z from "zod/mini";
import { resultJsonSchema } from "../../docs/generator/result-schema.ts";
import type { PassportReading } from "../../lib/passport/reading.ts";
import { assessPassport } from "../../lib/passport/assess.ts";
import { genuineReading, samplePassport } from "../../dev/samples/passports.ts";
import { FinalError } from "../../lib/errors.ts";
import type { FaceMatch } from "../../lib/providers/face-match.ts";
import { IMAGE_ROLES, isReasonCode, REASONS } from "../../lib/reasons.ts";
import { failureResult, successResult } from "../../lib/result.ts";
import { sampleSubmission } from "../readings/sample-verification.ts";
import { MISREADINGS } from "../../eval/misreadings.ts";
import { edited, POLICY } from "../../eval/run-rules.ts";
import { stampReadingOf } from "../../dev/samples/stamps.ts";
import { ROOT } from "./openapi-file.ts";

const TODAY = new Date("2026-11-22T12:00:00Z");
const CALL = { provider: "gemini", purpose: "passport", outcome: "answered", durationMs: 900 };
const ABOUT = {
  kycId: 456,
  submission: sampleSubmission(),
  attempts: 1,
  completedAt: TODAY,
  timings: { queuedMs: 12, steps: { read_passport: 900 } },
  calls: [CALL, { ...CALL, tokens: { model: "gemini-3-flash-preview", inputTokens: 1_500, outputTokens: 500 } }],
  version: "0.1.0",
};
const COMPREFACE: FaceMatch = {
  engine: "compreface",
  similarity: 0.98132,
  threshold: 0.75,
  facesInPassport: 2,
  facesInSelfie: 1,
};

const published: unknown = JSON.parse(await readFile(join(ROOT, "docs/result.schema.json"), "utf8"));
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
const validate = ajv.compile(z.record(z.string(), z.unknown()).parse(published));

const GENUINE = genuineReading(samplePassport(1, TODAY));

/** A result as its reader gets it. */
const opened = (result: object): unknown => JSON.parse(JSON.stringify(result));

function completeResult(reading: PassportReading, index: number) {
  return successResult(ABOUT, {
    assessment: assessPassport({ reading, today: TODAY, policy: POLICY }),
    evidence: { passport: reading, ...(index % 3 === 0 && { secondMrz: reading.mrz }) },
    stamp: index % 2 === 0 ? stampReadingOf(index) : undefined,
    faceMatch: index % 5 === 0 ? { ...COMPREFACE, engine: "gemini", similarity: null } : COMPREFACE,
  });
}

test("docs/result.schema.json matches the code (update it with: npm run docs)", () => {
  assert.deepEqual(published, opened(resultJsonSchema()));
});

test("a complete result matches the published schema with any reading", () => {
  for (const edit of [() => true, ...Object.values(MISREADINGS)]) {
    let index = 0;
    for (const { reading } of edited(edit, { count: 15, seed: 1, today: TODAY })) {
      const result = opened(completeResult(reading, index++));
      assert.ok(validate(result), ajv.errorsText(validate.errors));
    }
  }
});

test("a failed result matches the published schema with any reason", () => {
  const { timings: _, ...about } = ABOUT;
  for (const reason of Object.keys(REASONS).filter(isReasonCode)) {
    for (const image of [undefined, ...IMAGE_ROLES]) {
      const facts = { status: 404, code: "NoSuchKey", similarity: null };
      const failure = new FinalError(reason, reason, { facts, ...(image && { image }) });
      const result = opened(failureResult({ ...about, submission: undefined }, failure));
      assert.ok(validate(result), ajv.errorsText(validate.errors));
    }
  }
});

test("the published schema refuses a result of another form", () => {
  const genuine = completeResult(GENUINE, 1);
  const broken = [
    {},
    { ...genuine, version: 1 },
    { ...genuine, status: "ocr_failed" },
    { ...genuine, checks: undefined },
    { ...genuine, faceMatch: { ...genuine.faceMatch, similarity: "0.98" } },
    { ...genuine, checks: [{ name: "liveness", state: "skipped", reasons: [] }] },
  ];
  for (const result of broken) assert.ok(!validate(opened(result)));
});

test("the published schema accepts a property that a later release adds", () => {
  const genuine = completeResult(GENUINE, 1);
  assert.ok(validate(opened({ ...genuine, added: true, faceMatch: { ...genuine.faceMatch, added: 1 } })));
});
