/** The rule that says whether a record still waits for a verdict, as a table. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { mayVerify, type VerdictSubject } from "./may-verify.ts";

const SUBMITTED_AT = 1_700_000_000_000;
const SAME = { passportKey: "p.jpg", selfieKey: "s.jpg" };
const SUBMISSION = {
  userId: 1,
  kycId: 456,
  ...SAME,
  id: "0b8c64c8-3a5f-4b11-9a57-2a6f3a7f0c11",
  submittedAt: SUBMITTED_AT,
};

/** When something else happened, seen from the submission. */
const TIMES = { before: SUBMITTED_AT - 1, "at once": SUBMITTED_AT, after: SUBMITTED_AT + 1 } as const;

type Time = keyof typeof TIMES;
/** When the submission came that the record's verdict is about, and whether it named the same pictures. */
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

function toSubject(subject: Subject): VerdictSubject | undefined {
  if (subject === "none") return undefined;
  const { pictures, time } = /^(?<pictures>\w+) (?<time>.+)$/.exec(subject)?.groups ?? {};
  const submittedAt = TIMES[time === "before" || time === "after" ? time : "at once"];
  return { id: "1", ...SAME, ...(pictures === "other" && { selfieKey: "other.jpg" }), submittedAt };
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
  ["ocr_complete", "at once", ["other before"]],
  ["ocr_complete", "after", ["other before"]],
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
          const decidedAt = decided === "never" ? null : TIMES[decided];
          assert.equal(mayVerify({ status, decidedAt, subject: toSubject(subject) }, SUBMISSION), expected);
        });
      }
    }
  });
}

test("the watchdog's verdict is about all submissions up to a time, whatever their pictures", () => {
  const failed = { status: "ocr_failed", decidedAt: TIMES.after };
  assert.equal(mayVerify({ ...failed, subject: { submittedAt: TIMES.before } }, SUBMISSION), true);
  assert.equal(mayVerify({ ...failed, subject: { submittedAt: TIMES["at once"] } }, SUBMISSION), false);
});
