/** The sample cases: what a backend submits, what goes wrong on the way, and how each must end. */
import type { ReasonCode, ImageRole } from "../../lib/reasons.ts";
import type { ComprefaceRule } from "../stand-ins/compreface/compreface.ts";
import type { GeminiRule } from "../stand-ins/gemini/gemini.ts";
import { drawDrivingLicence, drawPassportPhoto, drawSelfie, drawStampPage } from "./drawing/draw.ts";
import { heicFile, notAnImage } from "./files.ts";
import { samplePassport } from "./passports.ts";

type Draw = () => Promise<Uint8Array> | Uint8Array;

/** One sample case. */
export interface SampleCase {
  readonly name: string;
  /** The sample passport that is shown, by which the stand-ins know the case. */
  readonly person: number;
  /** What is in the bucket; the submission also names a picture that is left out. */
  readonly pictures: Readonly<Partial<Record<ImageRole, Draw | undefined>>>;
  /** The pictures have no marks: they are really read, and their faces really compared. */
  readonly isUnmarked?: boolean;
  /** Whether the submission names a stamp page. */
  readonly withStamp?: boolean;
  /** How the request is sent; a sound one, once, by default. */
  readonly request?: "sound" | "twice" | "wrong token" | "bad body";
  /** Whether the backend's table has the record. */
  readonly hasRecord?: boolean;
  readonly gemini?: readonly GeminiRule[];
  readonly compreface?: readonly ComprefaceRule[];
  readonly expected: Expected;
}

/** How a case must end. */
export interface Expected {
  readonly http: number;
  /** The record's final status; `null` where there is no record. */
  readonly status: "ocr_complete" | "ocr_failed" | "in_review" | null;
  readonly failureCode?: ReasonCode;
  readonly image?: ImageRole | undefined;
  readonly engine?: "compreface" | "gemini";
  /** The second line of the machine readable zone that the result must have: the reader's, or Gemini's second reading. */
  readonly line2?: string;
  /** How often Gemini must have been asked to read the passport, where that matters. */
  readonly passportReadings?: number;
}

function passport(person: number, shot: Partial<Parameters<typeof drawPassportPhoto>[0]> = {}) {
  return () => drawPassportPhoto({ passport: samplePassport(person), ...shot });
}
function selfie(person: number, shot: Partial<Parameters<typeof drawSelfie>[0]> = {}) {
  return () => drawSelfie({ faces: [person], ...shot });
}

const complete = { http: 202, status: "ocr_complete", engine: "compreface" } as const;
/** Complete after so many readings of the passport. */
const completeAfter = (passportReadings: number) => ({ ...complete, passportReadings });
const failed = (failureCode: ReasonCode, image?: ImageRole) =>
  ({ http: 202, status: "ocr_failed", failureCode, image }) as const;

/** A case with genuine pictures of a person, unless it names others. */
const sampleCase = (name: string, person: number, expected: Expected, rest: Partial<SampleCase> = {}) => ({
  name,
  person,
  expected,
  ...rest,
  pictures: { passport: passport(person), selfie: selfie(person), ...rest.pictures },
});
const NO_PICTURES = { passport: undefined, selfie: undefined };

/** A case in which Gemini answers once with a fault when it is asked to read the person's passport. */
const withGeminiFault = (name: string, person: number, expected: Expected, answer: GeminiRule["answer"]) =>
  sampleCase(name, person, expected, { gemini: [{ match: { kind: "passport", number: person }, times: 1, answer }] });

/** The second line of a person's machine readable zone with one digit of the date of birth misread. */
function misread(person: number): string {
  const [, line] = samplePassport(person).mrz;
  return line.slice(0, 15) + String((Number(line.charAt(15)) + 1) % 10) + line.slice(16);
}

const down = { match: { kind: "verify", number: 17 }, times: null, answer: { fault: "badGateway" } } as const;

export const SAMPLE_CASES: readonly SampleCase[] = [
  sampleCase("genuine and matching", 1, complete),
  sampleCase("without marks: really read and compared", 1, complete, {
    isUnmarked: true,
    pictures: { passport: passport(1, { marked: false }), selfie: selfie(1, { marked: false }) },
  }),
  sampleCase("with a stamp page", 2, complete, {
    pictures: { stamp: () => drawStampPage({ number: 2 }) },
    withStamp: true,
  }),
  sampleCase("pictures turned by EXIF", 3, complete, {
    pictures: { passport: passport(3, { exifOrientation: 6 }), selfie: selfie(3, { exifOrientation: 8 }) },
  }),
  sampleCase("another person's selfie", 4, failed("face_mismatch", "selfie"), { pictures: { selfie: selfie(104) } }),
  sampleCase("no face in the passport", 5, failed("face_not_found", "passport"), {
    pictures: { passport: passport(5, { face: null }) },
  }),
  sampleCase("no face in the selfie", 6, failed("face_not_found", "selfie"), {
    pictures: { selfie: selfie(6, { faces: [] }) },
  }),
  sampleCase("not a passport", 7, failed("document_not_passport", "passport"), {
    pictures: { passport: () => drawDrivingLicence({ number: 7 }) },
  }),
  sampleCase("selfie not in the bucket", 8, failed("image_not_found", "selfie"), { pictures: { selfie: undefined } }),
  sampleCase("not an image", 9, failed("image_unsupported_format", "selfie"), { pictures: { selfie: notAnImage } }),
  sampleCase("HEIC from an iPhone", 10, failed("image_unsupported_format", "passport"), {
    pictures: { passport: heicFile },
  }),
  sampleCase("no such record", 11, { http: 202, status: null, passportReadings: 0 }, { hasRecord: false }),
  sampleCase("submitted twice", 12, completeAfter(1), { request: "twice" }),
  withGeminiFault("Gemini: 429 with a delay", 13, completeAfter(2), { fault: "quotaPerMinute", delaySeconds: 1.5 }),
  withGeminiFault("Gemini: daily quota used up", 14, failed("ocr_quota_exhausted"), {
    fault: "quotaPerDay",
    delaySeconds: 22,
  }),
  withGeminiFault("Gemini: answer in a code fence", 15, completeAfter(1), { fault: "fenced" }),
  withGeminiFault("Gemini: nonsense once", 16, completeAfter(2), { fault: "text", text: "I see a lovely passport!" }),
  withGeminiFault(
    "Gemini: one character misread",
    18,
    { ...completeAfter(1), line2: samplePassport(18).mrz[1] },
    { fault: "edit", patch: { mrz: { line2: misread(18) } } },
  ),
  sampleCase("CompreFace down: fallback", 17, { ...completeAfter(1), engine: "gemini" }, { compreface: [down] }),
  sampleCase("wrong token", 18, { http: 401, status: "in_review" }, { pictures: NO_PICTURES, request: "wrong token" }),
  sampleCase("bad body", 19, { http: 400, status: "in_review" }, { pictures: NO_PICTURES, request: "bad body" }),
];
