/** The text that explains a result. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FinalError } from "../lib/errors.ts";
import { failureResult, successResult, type Verification } from "../lib/result.ts";
import { SAMPLE_CALL, sampleSubmission, sampleVerification } from "../test/readings/sample-verification.ts";
import { explain } from "./explain.ts";

const TODAY = new Date("2026-11-23T12:00:00Z");
const about = {
  kycId: 456,
  submission: sampleSubmission(456),
  attempts: 2,
  completedAt: TODAY,
  version: "1.2.3",
  timings: {
    queuedMs: 5,
    steps: { fetch_pictures: 100, read_passport: 2_000, read_mrz_again: 700, read_stamp: 2_100, compare_faces: 300 },
  },
};
const explained = (overrides: Partial<Verification> = {}, now = TODAY) =>
  explain(successResult({ ...about, calls: [SAMPLE_CALL], completedAt: now }, sampleVerification(TODAY, overrides)));

const gemini = { engine: "gemini", similarity: null, threshold: 0.75, facesInPassport: 1, facesInSelfie: 1 } as const;

/** A success whose check of the dates has another outcome than the sample's. */
function withDates(state: "warning" | "failed", code: "document_expires_soon" | "document_expired") {
  const { assessment } = sampleVerification(TODAY);
  const checks = assessment.checks.map((check) =>
    check.name === "dates" ? { name: check.name, state, reasons: [{ code }] } : check,
  );
  return { assessment: { ...assessment, checks } };
}

test("if no check failed or warned, the first line says that the record was verified", () => {
  assert.match(explained(), /^Record 456 was verified at 2026-11-23T12:00:00\.000Z, attempt 2\.\n/);
});

test("a check with a warning is named, with its reason, and a human has to look", () => {
  const text = explained({ faceMatch: gemini });
  assert.match(text, /^Record 456 was read and compared at \S+, attempt 2, but a human has to look: face_match\.\n/);
  assert.match(text, /^ {2}face_match: The fallback engine compared the faces/m);
  assert.doesNotMatch(text, /verified/);
});

test("failed checks are named before warnings, with their reasons", () => {
  const expired = withDates("failed", "document_expired");
  assert.match(
    explained(expired),
    /compared at \S+, attempt 2, but 1 check failed: dates\.\n {2}dates: The passport has expired\.\n/,
  );
  assert.match(
    explained({ ...expired, faceMatch: gemini }),
    /but 1 check failed: dates; a human also has to look at face_match\.\n/,
  );
});

test("one line gives time, calls and tokens, and parallel steps count as long as the longest of them", () => {
  assert.match(explained(), /^Took 2\.8 s, 1 call to Gemini, 1,800 tokens\.$/m);
  const failure = new FinalError("processing_timeout", "processing_timeout");
  const { timings: _, ...untimed } = about;
  assert.doesNotMatch(explain(failureResult({ ...untimed, calls: [] }, failure)), /Took/);
  assert.match(explain(failureResult(about, failure)), /^Took 2\.8 s, 0 calls to Gemini, 0 tokens\.$/m);
});

test("the stamp has a section of its own if a stamp page was submitted", () => {
  assert.doesNotMatch(explained(), /^Stamp$/m);
  const unread = { printed: null, value: null, unreadable: null };
  const stamp = {
    quality: [],
    stampPresent: true,
    kind: "entry" as const,
    country: { ...unread, printed: "THAILAND", value: "THA" },
    date: { ...unread, printed: "12 JAN 2026", value: "2026-01-12" },
    place: unread,
    text: null,
    instructionsSeen: null,
  };
  const text = explained({ stamp });
  assert.match(text, /^Stamp\n {2}kind +entry\n {2}country +THA\n {2}date +2026-01-12\n {2}place +-\n {2}text +-$/m);
  assert.match(explained({ stamp: { ...stamp, stampPresent: false } }), /^Stamp\n {2}no stamp was found on the page$/m);
});
