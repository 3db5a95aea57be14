/** A sample submission, and what the pipeline would find out about its passport and its holder's selfie. */
import { genuineReading, samplePassport } from "../../dev/samples/passports.ts";
import { assessPassport } from "../../lib/passport/assess.ts";
import type { Verification } from "../../lib/result.ts";
import type { QueuedSubmission } from "../../lib/submission.ts";

/** A submission as it stands in the queue. */
export const sampleSubmission = (kycId = 456): QueuedSubmission => ({
  userId: 123,
  kycId,
  passportKey: `kyc/${kycId}/passport.jpg`,
  selfieKey: `kyc/${kycId}/selfie.jpg`,
  id: "0b8c64c8-3a5f-4b11-9a57-2a6f3a7f0c11",
  submittedAt: Date.parse("2026-11-22T11:59:59.000Z"),
});

/** A call to Gemini that was answered. */
export const SAMPLE_CALL = {
  provider: "gemini",
  purpose: "passport",
  outcome: "answered",
  durationMs: 400,
  tokens: { model: "gemini-3-flash-preview", inputTokens: 1_500, outputTokens: 300 },
};

/** A verification that passes; `overrides` replace parts of it. */
export function sampleVerification(today: Date, overrides: Partial<Verification> = {}): Verification {
  const passport = samplePassport(7, today);
  const reading = genuineReading(passport);
  const [line1, line2] = passport.mrz;
  const reader = { line1, line2, reason: null };
  return {
    assessment: assessPassport({
      reading,
      reader,
      today,
      policy: { minimumAgeYears: 18, expiresSoonDays: 90, allowSpecimen: false },
    }),
    evidence: { passport: reading, reader },
    stamp: undefined,
    faceMatch: { engine: "compreface", similarity: 0.97, threshold: 0.75, facesInPassport: 1, facesInSelfie: 1 },
    ...overrides,
  };
}
