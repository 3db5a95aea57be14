/** The sample cases: what a backend submits, what goes wrong on the way, and how each must end. */
import type { ReasonCode, ImageRole } from "../../lib/reasons.ts";
import type { ComprefaceRule } from "../stand-ins/compreface/compreface.ts";
import type { GeminiRule } from "../stand-ins/gemini/gemini.ts";
import { drawDrivingLicence, drawPassportPhoto, drawSelfie, drawStampPage } from "./drawing-threads.ts";
import { heicFile, notAnImage } from "./files.ts";
import { samplePassport } from "./passports.ts";

type Draw = () => Promise<Uint8Array> | Uint8Array;

/** One sample case. */
export interface SampleCase {
  readonly name: string;
  /** The sample passport that is shown, by which the stand-ins know the case. */
  readonly person: number;
  /** What is in the bucket; a picture that is left out is not there, although the submission names it. */
  readonly pictures: Readonly<Partial<Record<ImageRole, Draw>>>;
  /** Whether the submission names a stamp page. */
  readonly withStamp?: boolean;
  /** How the request is sent; a sound one, once, unless told otherwise. */
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
  readonly image?: ImageRole;
  readonly engine?: "compreface" | "gemini";
  /** What the second reading of the machine readable zone must come to. */
  readonly secondReading?: "agrees" | "differs";
  /** How often Gemini must have been asked to read the passport, where that matters. */
  readonly passportReadings?: number;
}

const passport = (person: number, exifOrientation?: 1 | 3 | 6 | 8) => () =>
  drawPassportPhoto({ passport: samplePassport(person), ...(exifOrientation && { exifOrientation }) });
const selfie = (person: number, exifOrientation?: 1 | 3 | 6 | 8) => () =>
  drawSelfie({ faces: [person], ...(exifOrientation && { exifOrientation }) });

const genuine = (person: number) => ({ passport: passport(person), selfie: selfie(person) });
const complete = { http: 202, status: "ocr_complete", engine: "compreface" } as const;
const failed = { http: 202, status: "ocr_failed" } as const;

/** A fault of Gemini when it is asked to read the passport of this person. */
const geminiFault = (person: number, times: number, answer: GeminiRule["answer"]): readonly GeminiRule[] => [
  { match: { kind: "passport", number: person }, times, answer },
];

/** The second line of a person's machine readable zone with one digit of the date of birth misread. */
function misread(person: number): string {
  const [, line] = samplePassport(person).mrz;
  return line.slice(0, 15) + String((Number(line.charAt(15)) + 1) % 10) + line.slice(16);
}

export const SAMPLE_CASES: readonly SampleCase[] = [
  { name: "genuine and matching", person: 1, pictures: genuine(1), expected: complete },
  {
    name: "with a stamp page",
    person: 2,
    pictures: { ...genuine(2), stamp: () => drawStampPage({ number: 2 }) },
    withStamp: true,
    expected: complete,
  },
  {
    name: "pictures turned by EXIF",
    person: 3,
    pictures: { passport: passport(3, 6), selfie: selfie(3, 8) },
    expected: complete,
  },
  {
    name: "another person's selfie",
    person: 4,
    pictures: { passport: passport(4), selfie: selfie(104) },
    expected: { ...failed, failureCode: "face_mismatch", image: "selfie" },
  },
  {
    name: "no face in the passport",
    person: 5,
    pictures: { passport: () => drawPassportPhoto({ passport: samplePassport(5), face: null }), selfie: selfie(5) },
    expected: { ...failed, failureCode: "face_not_found", image: "passport" },
  },
  {
    name: "no face in the selfie",
    person: 6,
    pictures: { passport: passport(6), selfie: () => drawSelfie({ faces: [] }) },
    expected: { ...failed, failureCode: "face_not_found", image: "selfie" },
  },
  {
    name: "not a passport",
    person: 7,
    pictures: { passport: () => drawDrivingLicence({ number: 7 }), selfie: selfie(7) },
    expected: { ...failed, failureCode: "document_not_passport", image: "passport" },
  },
  {
    name: "selfie not in the bucket",
    person: 8,
    pictures: { passport: passport(8) },
    expected: { ...failed, failureCode: "image_not_found", image: "selfie" },
  },
  {
    name: "not an image",
    person: 9,
    pictures: { passport: passport(9), selfie: notAnImage },
    expected: { ...failed, failureCode: "image_unsupported_format", image: "selfie" },
  },
  {
    name: "HEIC from an iPhone",
    person: 10,
    pictures: { passport: heicFile, selfie: selfie(10) },
    expected: { ...failed, failureCode: "image_unsupported_format", image: "passport" },
  },
  {
    name: "no such record",
    person: 11,
    pictures: genuine(11),
    hasRecord: false,
    expected: { http: 202, status: null, passportReadings: 0 },
  },
  {
    name: "submitted twice",
    person: 12,
    pictures: genuine(12),
    request: "twice",
    expected: { ...complete, passportReadings: 1 },
  },
  {
    name: "Gemini: 429 with a delay",
    person: 13,
    pictures: genuine(13),
    gemini: geminiFault(13, 1, { fault: "quotaPerMinute", delaySeconds: 1.5 }),
    expected: { ...complete, passportReadings: 2 },
  },
  {
    name: "Gemini: daily quota used up",
    person: 14,
    pictures: genuine(14),
    gemini: geminiFault(14, 1, { fault: "quotaPerDay", delaySeconds: 22 }),
    expected: { ...failed, failureCode: "ocr_quota_exhausted" },
  },
  {
    name: "Gemini: answer in a code fence",
    person: 15,
    pictures: genuine(15),
    gemini: geminiFault(15, 1, { fault: "fenced" }),
    expected: { ...complete, passportReadings: 1 },
  },
  {
    name: "Gemini: nonsense once",
    person: 16,
    pictures: genuine(16),
    gemini: geminiFault(16, 1, { fault: "text", text: "I see a lovely passport!" }),
    expected: { ...complete, passportReadings: 2 },
  },
  {
    name: "Gemini: one character misread",
    person: 18,
    pictures: genuine(18),
    gemini: geminiFault(18, 1, { fault: "edit", patch: { mrz: { line2: misread(18) } } }),
    expected: { ...complete, passportReadings: 1, secondReading: "differs" },
  },
  {
    name: "CompreFace down: fallback",
    person: 17,
    pictures: genuine(17),
    compreface: [{ match: { kind: "verify", number: 17 }, times: null, answer: { fault: "badGateway" } }],
    expected: { ...complete, engine: "gemini", passportReadings: 1 },
  },
  {
    name: "wrong token",
    person: 18,
    pictures: {},
    request: "wrong token",
    expected: { http: 401, status: "in_review" },
  },
  { name: "bad body", person: 19, pictures: {}, request: "bad body", expected: { http: 400, status: "in_review" } },
];
