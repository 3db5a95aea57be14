/**
 * The result that is sealed into `"ocrResult"`: the one document that the backend reads. Its JSON Schema is published
 * in `docs/result.schema.json`, generated from the schemas here.
 */
import * as z from "zod/mini";
import type { FinalError, RateLimitError, TransientError } from "./errors.ts";
import { faceMatchSchema, type FaceMatch } from "./providers/face-match.ts";
import { assessmentSchema, type Assessment } from "./passport/assess.ts";
import { mrzReadingSchema, passportReadingSchema, readerReadingSchema, type StampReading } from "./passport/reading.ts";
import { checkSchema, explainCheck, type Check } from "./checks.ts";
import { describeReason, IMAGE_ROLES, type ReasonCode } from "./reasons.ts";
import { REASON_CLASSES } from "./reasons/reason.ts";
import { callSchema, type Call } from "./observe/calls.ts";
import type { QueuedSubmission } from "./submission.ts";

/** The version of the result's format. Raise it only if a reader of this version would misread the new format. */
const VERSION = 2 as const;
/** Versions that can still be opened. Version 1 had no second reader of the MRZ, no `submission` and no `calls`. */
const OPENED_VERSIONS = [1, VERSION] as const;

const timingsSchema = z.object({
  /** From the submission to the start of the run that reached this verdict. */
  queuedMs: z.number(),
  /** The duration of each step of that run. */
  stepsMs: z.record(z.string(), z.number()),
});

const submissionSchema = z.object({
  /** New for each request. */
  id: z.string(),
  /** ISO 8601, UTC. */
  submittedAt: z.string(),
  passportKey: z.string(),
  selfieKey: z.string(),
  stampKey: z.nullable(z.string()),
});

const common = {
  version: z.literal(VERSION),
  kycId: z.number(),
  /** `null` in the watchdog's verdicts. */
  userId: z.nullable(z.number()),
  /** The submission that this verdict is about; `null` in the watchdog's verdicts. */
  submission: z._default(z.nullable(submissionSchema), null),
  /** ISO 8601, UTC. */
  completedAt: z.string(),
  /** The attempt that reached this verdict, counted from 1; 0 in the watchdog's verdicts. */
  attempts: z.number(),
  timings: z.optional(timingsSchema),
  /**
   * Calls to providers, in the order in which they ended. Of earlier runs, only calls that the vision model charged
   * for.
   */
  calls: z._default(z.array(callSchema), []),
  /** The service and its version that produced this result. */
  producedBy: z.object({ service: z.string(), version: z.string() }),
};

const stampFieldSchema = z.object({ printed: z.nullable(z.string()), value: z.nullable(z.string()) });

const stampSchema = z.object({
  present: z.boolean(),
  kind: z.nullable(z.string()),
  country: stampFieldSchema,
  date: stampFieldSchema,
  place: stampFieldSchema,
  text: z.nullable(z.string()),
});

export const successSchema = z.object({
  ...common,
  status: z.literal("ocr_complete"),
  passport: z.pick(assessmentSchema, { fields: true, mrz: true }),
  /** `null` if the submission had no stamp page. */
  stamp: z.nullable(stampSchema),
  faceMatch: faceMatchSchema,
  checks: z.array(checkSchema),
  /**
   * The answers of the vision model and the MRZ reader, word for word, so that the rules can be run over them again.
   */
  evidence: z.object({
    passport: passportReadingSchema,
    secondMrz: z.optional(mrzReadingSchema),
    /** Absent if the reader gave no answer. */
    reader: z.optional(readerReadingSchema),
  }),
});

export const failureSchema = z.object({
  ...common,
  status: z.literal("ocr_failed"),
  /** A code of the catalogue of reasons. */
  failureCode: z.string(),
  /** Who can do what about it. */
  class: z.enum(REASON_CLASSES),
  /** The picture that the failure is about; `null` if it is about no picture. */
  image: z.nullable(z.enum(IMAGE_ROLES)),
  /** For the operator: what happened. */
  message: z.string(),
  /** For the person: what to do. */
  personMessage: z.string(),
  /** Facts about the failure, such as a similarity or an HTTP status. */
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});

/** The content of `"ocrResult"`. */
export const resultSchema = z.discriminatedUnion("status", [successSchema, failureSchema]);

const openedVersion = { version: z.literal(OPENED_VERSIONS) };

/** The content of `"ocrResult"` from this release or an earlier one. */
export const openedResultSchema = z.discriminatedUnion("status", [
  z.extend(successSchema, openedVersion),
  z.extend(failureSchema, openedVersion),
]);

export type SuccessResult = z.infer<typeof successSchema>;
export type FailureResult = z.infer<typeof failureSchema>;

interface Timings {
  readonly queuedMs: number;
  readonly steps: Readonly<Record<string, number>>;
}

interface About {
  readonly kycId: number;
  /** `undefined` in the watchdog's verdicts, which are about no single submission. */
  readonly submission: QueuedSubmission | undefined;
  readonly attempts: number;
  readonly completedAt: Date;
  readonly timings?: Timings;
  readonly calls?: readonly Call[];
  readonly version: string;
}

/** The pipeline's findings about one submission. */
export interface Verification {
  readonly assessment: Assessment;
  readonly evidence: z.infer<typeof successSchema>["evidence"];
  readonly stamp: StampReading | undefined;
  readonly faceMatch: FaceMatch;
}

/** Builds the result of a completed verification. */
export function successResult(about: About, { assessment, evidence, stamp, faceMatch }: Verification): SuccessResult {
  return {
    ...describe(about),
    status: "ocr_complete",
    passport: { fields: assessment.fields, mrz: assessment.mrz },
    stamp: stamp === undefined ? null : toStamp(stamp),
    faceMatch,
    checks: [
      ...assessment.checks.map(explainCheck),
      faceCheck(faceMatch),
      stampCheck(stamp),
      ...NOT_DONE.map(notExecuted),
    ],
    evidence,
  };
}

/** Builds the result of a job that ended without a verification. */
export function failureResult(about: About, failure: FinalError | TransientError | RateLimitError): FailureResult {
  const { reason, image, facts } = failure;
  const { class: reasonClass, operator, person } = describeReason(reason, image);
  return {
    ...describe(about),
    status: "ocr_failed",
    failureCode: reason,
    class: reasonClass,
    image: image ?? null,
    message: operator,
    personMessage: person,
    facts: { ...facts },
  };
}

/** Builds the fields that all results have. */
function describe({ kycId, submission, attempts, completedAt, timings, calls = [], version }: About) {
  return {
    version: VERSION,
    kycId,
    userId: submission?.userId ?? null,
    submission: submission === undefined ? null : toSubmission(submission),
    attempts,
    completedAt: completedAt.toISOString(),
    ...(timings && { timings: { queuedMs: timings.queuedMs, stepsMs: { ...timings.steps } } }),
    calls: [...calls],
    producedBy: { service: "kyc-service", version },
  };
}

const toSubmission = ({ id, submittedAt, passportKey, selfieKey, stampKey = null }: QueuedSubmission) => ({
  id,
  submittedAt: new Date(submittedAt).toISOString(),
  passportKey,
  selfieKey,
  stampKey,
});

function toStamp({ stampPresent, kind, country, date, place, text }: StampReading): z.infer<typeof stampSchema> {
  const both = ({ printed, value }: StampReading["country"]) => ({ printed, value });
  return { present: stampPresent, kind, country: both(country), date: both(date), place: both(place), text };
}

/**
 * Checks that this service never does. The result lists them, so that nobody takes a missing check for a passed one.
 */
const NOT_DONE = ["liveness", "forgery", "sanctions", "chip"] as const;

const notExecuted = (name: Check["name"]) => explainCheck({ name, state: "not_executed", reasons: [] });

function faceCheck({ engine, facesInSelfie }: FaceMatch): Check {
  const codes: ReasonCode[] = [];
  if (engine === "gemini") codes.push("face_uncertain");
  if (facesInSelfie > 1) codes.push("face_multiple");
  return warnOf("face_match", codes, "selfie");
}

function stampCheck(stamp: StampReading | undefined): Check {
  if (stamp === undefined) return notExecuted("stamp");
  const codes: ReasonCode[] = [];
  if (!stamp.stampPresent) codes.push("stamp_not_found");
  else if (stamp.date.value === null || stamp.country.value === null) codes.push("stamp_not_legible");
  if (stamp.instructionsSeen !== null && stamp.instructionsSeen.trim() !== "") codes.push("text_addressed_to_reader");
  return warnOf("stamp", codes, "stamp");
}

function warnOf(name: Check["name"], codes: readonly ReasonCode[], image: "selfie" | "stamp"): Check {
  return explainCheck({
    name,
    state: codes.length === 0 ? "passed" : "warning",
    reasons: codes.map((code) => ({ code, image })),
  });
}
