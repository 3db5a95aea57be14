/** What the pipeline would find out about a sample passport and its holder's selfie. */
import { genuineReading, samplePassport } from "../dev/samples/passports.ts";
import { assessPassport } from "../lib/passport/assess.ts";
import type { Verification } from "../lib/result.ts";

/** A verification that passes; `overrides` replace parts of it. */
export function sampleVerification(today: Date, overrides: Partial<Verification> = {}): Verification {
  const reading = genuineReading(samplePassport(7, today));
  return {
    assessment: assessPassport({
      reading,
      today,
      policy: { minimumAgeYears: 18, expiresSoonDays: 90, allowSpecimen: false },
    }),
    evidence: { passport: reading },
    stamp: undefined,
    faceMatch: { engine: "compreface", similarity: 0.97, threshold: 0.75, facesInPassport: 1, facesInSelfie: 1 },
    ...overrides,
  };
}
