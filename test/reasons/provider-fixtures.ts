/** Reasons that reading and comparing give: real HTTP to the stand-ins of Gemini and CompreFace, with scripted faults. */
import { stampReadingOf } from "../../dev/samples/stamps.ts";
import type { FaceMatch } from "../../lib/providers/face-match.ts";
import type { StampReading } from "../../lib/passport/reading.ts";
import { successResult } from "../../lib/result.ts";
import { sampleVerification } from "../readings/sample-verification.ts";
import { reasonOf, type Fixture } from "./fixture.ts";

const TODAY = new Date("2026-11-22T12:00:00Z");
const ABOUT = { kycId: 1, submission: undefined, attempts: 1, completedAt: TODAY, version: "1.0.0" };

/** The codes of a whole result with this face match or this stamp. */
function codesOf(parts: { faceMatch: FaceMatch } | { stamp: StampReading }): readonly string[] {
  const { checks } = successResult(ABOUT, sampleVerification(TODAY, parts));
  return checks.flatMap(({ reasons }) => reasons.map(({ code }) => code));
}

export const PROVIDER_FIXTURES = {
  ocr_unavailable: ({ geminiAnswers, readPassport }) => {
    geminiAnswers({ fault: "overloaded" });
    return reasonOf(readPassport());
  },
  ocr_bad_output: ({ geminiAnswers, readPassport }) => {
    geminiAnswers({ fault: "finish", reason: "MAX_TOKENS", text: "half" });
    return reasonOf(readPassport());
  },
  ocr_refused: ({ geminiAnswers, readPassport }) => {
    geminiAnswers({ fault: "blockedPrompt", reason: "PROHIBITED_CONTENT" });
    return reasonOf(readPassport());
  },
  ocr_quota_exhausted: ({ geminiAnswers, readPassport }) => {
    geminiAnswers({ fault: "quotaPerDay", delaySeconds: 20 });
    return reasonOf(readPassport());
  },
  ocr_misconfigured: ({ geminiAnswers, readPassport }) => {
    geminiAnswers({ fault: "invalidKey" });
    return reasonOf(readPassport());
  },
  face_not_found: ({ compareFaces, pictures }) => reasonOf(compareFaces(pictures.nobody, "compreface")),
  face_mismatch: ({ compareFaces, pictures }) => reasonOf(compareFaces(pictures.stranger, "compreface")),
  face_multiple: async ({ compareFaces, pictures }) => {
    return codesOf({ faceMatch: await compareFaces(pictures.crowd, "compreface") });
  },
  face_uncertain: async ({ comprefaceAnswers, compareFaces, pictures }) => {
    comprefaceAnswers({ fault: "badGateway" });
    return codesOf({ faceMatch: await compareFaces(pictures.selfie, "both") });
  },
  face_not_comparable: ({ geminiAnswers, compareFaces, pictures }) => {
    geminiAnswers({ fault: "finish", reason: "SAFETY", text: "none" });
    return reasonOf(compareFaces(pictures.selfie, "gemini"));
  },
  face_match_unavailable: ({ comprefaceAnswers, compareFaces, pictures }) => {
    comprefaceAnswers({ fault: "badGateway" });
    return reasonOf(compareFaces(pictures.selfie, "compreface"));
  },
  face_match_misconfigured: ({ comprefaceAnswers, compareFaces, pictures }) => {
    comprefaceAnswers({ fault: "unknownKey" });
    return reasonOf(compareFaces(pictures.selfie, "compreface"));
  },
  stamp_not_found: () => codesOf({ stamp: { ...stampReadingOf(1), stampPresent: false } }),
  stamp_not_legible: () => {
    const date = { printed: null, value: null, unreadable: "blurred" } as const;
    return codesOf({ stamp: { ...stampReadingOf(1), date } });
  },
} as const satisfies Readonly<Record<string, Fixture>>;
