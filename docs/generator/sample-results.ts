/** The results in `docs/sample-results.json`: what the service writes for a drawn passport, for the author of a reader. */
import { FinalError } from "../../lib/errors.ts";
import { failureResult, successResult } from "../../lib/result.ts";
import { sampleVerification } from "../../test/readings/sample-verification.ts";

const TODAY = new Date("2026-11-22T12:00:00Z");
const SUBMISSION = {
  id: "5f6f3c1e-0d3a-4b8e-9a55-3f0f6d1c2b47",
  submittedAt: TODAY.getTime() - 4_000,
  userId: 123,
  kycId: 456,
  passportKey: "kyc/456/passport.jpg",
  selfieKey: "kyc/456/selfie.jpg",
};
const ABOUT = { kycId: 456, submission: SUBMISSION, attempts: 1, completedAt: TODAY, version: "0.1.0" };

/** One result of each status. */
export const sampleResults = () => ({
  complete: successResult(ABOUT, sampleVerification(TODAY)),
  failed: failureResult(
    ABOUT,
    new FinalError("", "face_mismatch", { image: "selfie", facts: { similarity: 0.41, threshold: 0.75 } }),
  ),
});
