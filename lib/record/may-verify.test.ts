/** The rule that says whether a record still waits for a verdict, as a table. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FinalError } from "../errors.ts";
import { failureResult, successResult } from "../result.ts";
import { sampleVerification } from "../../test/readings/sample-verification.ts";
import { createEnvelope } from "./envelope.ts";
import { mayVerify } from "./may-verify.ts";

const SUBMITTED_AT = 1_700_000_000_000;
const SAME = { passportKey: "p.jpg", selfieKey: "s.jpg" };
const SUBMISSION = {
  userId: 1,
  kycId: 456,
  ...SAME,
  id: "0b8c64c8-3a5f-4b11-9a57-2a6f3a7f0c11",
  submittedAt: SUBMITTED_AT,
};

const ABOUT = { kycId: SUBMISSION.kycId, attempts: 1, completedAt: new Date(SUBMITTED_AT), version: "1" };
const MISMATCH = new FinalError("FACE_MISMATCH", "face_mismatch");
const TIMEOUT = new FinalError("processing_timeout", "processing_timeout", { facts: { timeoutMinutes: 15 } });
const envelope = createEnvelope({ keys: [{ id: 1, key: Buffer.alloc(32, "k") }] });
const seal = (result: object) => envelope.seal(SUBMISSION.kycId, JSON.stringify(result));
const open = (sealed: Uint8Array) => envelope.open(SUBMISSION.kycId, sealed);

/** Times relative to the submission. */
const TIMES = { before: SUBMITTED_AT - 1, "at once": SUBMITTED_AT, after: SUBMITTED_AT + 1 } as const;

type Time = keyof typeof TIMES;
/** The submission that the record's verdict is about: its time, and whether it named the same pictures. */
type Subject = "none" | `${"same" | "other"} ${Time}`;

const SUBJECTS: readonly Subject[] = [
  "none",
  "same before",
  "same at once",
  "same after",
  "other before",
  "other at once",
  "other after",
];

/** A result that is about such a submission. */
function toResult(subject: Exclude<Subject, "none">): Buffer {
  const { pictures, time } = /^(?<pictures>\w+) (?<time>.+)$/.exec(subject)?.groups ?? {};
  const submittedAt = TIMES[time === "before" || time === "after" ? time : "at once"];
  const selfieKey = pictures === "other" ? "other.jpg" : SAME.selfieKey;
  return seal(failureResult({ ...ABOUT, submission: { ...SUBMISSION, selfieKey, submittedAt } }, MISMATCH));
}

/** The rows of the table in which the submission may be verified: status, when it was decided, what that was about. */
const YES: readonly (readonly [status: string, decided: Time | "never", subjects: readonly Subject[]])[] = [
  ["in_review", "never", SUBJECTS],
  ["in_review", "before", SUBJECTS],
  ["in_review", "at once", SUBJECTS],
  ["in_review", "after", SUBJECTS],
  ["pending", "never", SUBJECTS],
  ["ocr_failed", "never", SUBJECTS],
  ["ocr_failed", "before", ["none", "same before", "other before"]],
  ["ocr_failed", "at once", ["same before", "other before"]],
  ["ocr_failed", "after", ["same before", "other before"]],
];

for (const status of ["in_review", "pending", "", "ocr_failed", "ocr_complete", "approved", "rejected"]) {
  describe(`a record that is ${status || "of no status"}`, () => {
    for (const decided of ["never", "before", "at once", "after"] as const) {
      for (const subject of SUBJECTS) {
        const row = YES.find(
          ([of, time]) => (of === status || (of === "pending" && status === "")) && time === decided,
        );
        const expected = row?.[2].includes(subject) ?? false;
        test(`decided ${decided}, about ${subject}: ${expected ? "yes" : "no"}`, () => {
          const reviewedAt = decided === "never" ? null : String(TIMES[decided] / 1_000);
          const sealed = subject === "none" ? null : toResult(subject);
          assert.equal(mayVerify({ status, reviewedAt, sealed }, SUBMISSION, open), expected);
        });
      }
    }
  });
}

const isOpenAfter = (sealed: Uint8Array, status = "ocr_failed") =>
  mayVerify({ status, reviewedAt: String(TIMES.after / 1_000), sealed }, SUBMISSION, open);

test("the watchdog's verdict is about all submissions that were older than the timeout", () => {
  const verdictAt = (time: number) =>
    seal(failureResult({ ...ABOUT, submission: undefined, completedAt: new Date(time) }, TIMEOUT));
  assert.equal(isOpenAfter(verdictAt(SUBMITTED_AT + 15 * 60_000 - 1)), true);
  assert.equal(isOpenAfter(verdictAt(SUBMITTED_AT + 15 * 60_000)), false);
});

test("a complete record is verified again only for the submission that its verdict has just missed", () => {
  const earlier = { ...SUBMISSION, id: "5d1c0a2b-6a0e-4b54-8f3e-0a5b6c7d8e9f", submittedAt: TIMES.before };
  const record = {
    status: "ocr_complete",
    reviewedAt: String(TIMES.after / 1_000),
    sealed: seal(successResult({ ...ABOUT, submission: earlier }, sampleVerification(new Date(SUBMITTED_AT)))),
  };
  assert.equal(mayVerify(record, SUBMISSION, open), false);
  assert.equal(mayVerify(record, SUBMISSION, open, earlier.id), true);
  assert.equal(mayVerify(record, SUBMISSION, open, SUBMISSION.id), false);
  assert.equal(mayVerify({ ...record, sealed: null }, SUBMISSION, open, earlier.id), false);
});

test("a result that is not one of ours for this record says nothing: the time of the decision counts", () => {
  const result = failureResult({ ...ABOUT, submission: { ...SUBMISSION, submittedAt: TIMES.before } }, MISMATCH);
  const stranger = createEnvelope({ keys: [{ id: 1, key: Buffer.alloc(32, "x") }] });
  assert.equal(isOpenAfter(seal(result)), true);
  for (const sealed of [
    Buffer.of(),
    Buffer.from("somebody else's bytes"),
    stranger.seal(SUBMISSION.kycId, JSON.stringify(result)),
    envelope.seal(457, JSON.stringify(result)),
    envelope.seal(SUBMISSION.kycId, JSON.stringify(result), "kyc_paid:x"),
    envelope.seal(SUBMISSION.kycId, "not JSON"),
    seal({}),
    seal({ ...result, submission: null }),
  ]) {
    assert.equal(isOpenAfter(sealed), false);
    assert.equal(isOpenAfter(sealed, "ocr_complete"), false);
  }
});
