/** What the result in a record is about. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FinalError } from "../errors.ts";
import { failureResult, successResult } from "../result.ts";
import { sampleVerification } from "../../test/sample-verification.ts";
import { createEnvelope } from "./envelope.ts";
import { toDecidedRecord } from "./verdict-subject.ts";

const KYC_ID = 456;
const NOW = new Date("2026-11-28T12:00:00.000Z");
const envelope = createEnvelope({ keys: [{ id: 1, key: Buffer.alloc(32, "k") }] });
const SUBMISSION = {
  userId: 1,
  kycId: KYC_ID,
  passportKey: "p.jpg",
  selfieKey: "s.jpg",
  id: "0b8c64c8-3a5f-4b11-9a57-2a6f3a7f0c11",
  submittedAt: NOW.getTime() - 5_000,
};
const ABOUT = { kycId: KYC_ID, submission: SUBMISSION, attempts: 1, completedAt: NOW, version: "1" };
const SUBJECT = { id: SUBMISSION.id, submittedAt: SUBMISSION.submittedAt };

const seal = (result: unknown, kycId = KYC_ID) => envelope.seal(kycId, JSON.stringify(result));
const subjectOf = (sealed: Uint8Array | null) =>
  toDecidedRecord(KYC_ID, { status: "ocr_failed", reviewedAt: "1.5", sealed }, envelope).subject;

const mismatch = new FinalError("FACE_MISMATCH", "face_mismatch");
const timeout = new FinalError("processing_timeout", "processing_timeout", { facts: { timeoutMinutes: 15 } });

describe("the subject", () => {
  test("of a worker's verdict is its submission", () => {
    assert.deepEqual(subjectOf(seal(successResult(ABOUT, sampleVerification(NOW)))), SUBJECT);
    assert.deepEqual(subjectOf(seal(failureResult(ABOUT, mismatch))), SUBJECT);
  });

  test("of the watchdog's verdict is every submission that was older than the timeout", () => {
    const result = failureResult({ ...ABOUT, submission: undefined, attempts: 0 }, timeout);
    assert.deepEqual(subjectOf(seal(result)), { submittedAt: NOW.getTime() - 15 * 60_000 });
  });

  test("is unknown where there is no result, or none of ours for this record", () => {
    const result = failureResult(ABOUT, mismatch);
    const stranger = createEnvelope({ keys: [{ id: 1, key: Buffer.alloc(32, "x") }] });
    for (const sealed of [
      null,
      Buffer.of(),
      Buffer.from("somebody else's bytes"),
      stranger.seal(KYC_ID, JSON.stringify(result)),
      seal(result, 457),
      envelope.seal(KYC_ID, JSON.stringify(result), "kyc_paid:x"),
      envelope.seal(KYC_ID, "not JSON"),
      seal({}),
      seal({ ...result, submission: null }),
    ]) {
      assert.equal(subjectOf(sealed), undefined);
    }
  });
});

test("the time of a decision is that of the row, in milliseconds", () => {
  const of = (reviewedAt: string | null) =>
    toDecidedRecord(KYC_ID, { status: "approved", reviewedAt, sealed: null }, envelope);
  assert.deepEqual(of("1774751400.123456"), { status: "approved", decidedAt: 1774751400123.456, subject: undefined });
  assert.equal(of(null).decidedAt, null);
});
