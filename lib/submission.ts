/** What a caller submits, and what of it goes into the queue: ids and object keys, never a personal datum. */
import * as z from "zod/mini";

const MAX_KEY_BYTES = 1_024;

const id = z
  .number("must be an integer from 1 to 9007199254740991")
  .check(
    z.refine((value) => Number.isSafeInteger(value) && value >= 1, "must be an integer from 1 to 9007199254740991"),
  );

const KEY_RULE =
  "must be an object key: 1 to 1024 bytes of UTF-8 without control characters, a leading slash, '.' or '..' segments, and not a URL";

/** Anything that a URL parser would take for a URL: a scheme and a slash of either kind, `https:host`, `data:`, after spaces. */
const URL_START = /^\s*(?:[a-z][a-z0-9+.-]*:[/\\]|(?:https?|data):)/i;

function isObjectKey(value: string): boolean {
  const bytes = Buffer.byteLength(value, "utf8");
  return (
    value.isWellFormed() &&
    bytes >= 1 &&
    bytes <= MAX_KEY_BYTES &&
    !/\p{Cc}/u.test(value) &&
    !value.startsWith("/") &&
    !value.split("/").some((segment) => segment === "." || segment === "..") &&
    !URL_START.test(value)
  );
}

const objectKey = z.string(KEY_RULE).check(z.refine(isObjectKey, KEY_RULE));

/** The body of `POST /api/v1/process`. Unknown fields are dropped; a `stampKey` of `null` is a missing one. */
export const submissionSchema = z.object(
  {
    userId: id,
    kycId: id,
    passportKey: objectKey,
    selfieKey: objectKey,
    stampKey: z.optional(z.nullable(objectKey)),
  },
  "must be a JSON object",
);

export type Submission = z.infer<typeof submissionSchema>;

/** What correlates a job with the request that submitted it. */
const originSchema = z.object({
  requestId: z.optional(z.string()),
  /** When API Gateway took the request in, in milliseconds since 1970. */
  receivedAt: z.optional(z.number()),
  /** The caller's W3C trace context, so that a trace goes on in the worker. */
  traceparent: z.optional(z.string()),
});

export type Origin = z.infer<typeof originSchema>;

/** A submission as it stands in Redis: as the data of its job, and as the latest one of its record. It never changes. */
const queuedSubmissionSchema = z.extend(submissionSchema, {
  ...originSchema.shape,
  /** New for each request, so that two equal submissions differ. */
  id: z.uuid(),
  /** Milliseconds since 1970. */
  submittedAt: z.int(),
});

export type QueuedSubmission = z.infer<typeof queuedSubmissionSchema>;

/** The id that callers see: BullMQ's deduplication id, so that a record has one job at most. */
export const jobIdOf = (kycId: number) => `kyc-${kycId}`;

/** BullMQ's own job id. It must be new each time: a job id that exists swallows what is added under it. */
export const bullJobIdOf = ({ kycId, id }: Pick<QueuedSubmission, "kycId" | "id">) => `${jobIdOf(kycId)}.${id}`;

/** The record that a job id (either of the two) belongs to; `undefined` for any other id. */
export function kycIdOf(jobId: string): number | undefined {
  const digits = /^kyc-([1-9]\d{0,15})(?:\.[0-9a-f-]{36})?$/.exec(jobId)?.[1];
  return digits !== undefined && Number.isSafeInteger(Number(digits)) ? Number(digits) : undefined;
}

/** A submission from Redis, as BullMQ has parsed it or as text; `undefined` if it is not a submission. */
function parseQueued(data: unknown): QueuedSubmission | undefined {
  try {
    return queuedSubmissionSchema.safeParse(typeof data === "string" ? JSON.parse(data) : data).data;
  } catch {
    return undefined;
  }
}

/** The submission that a job holds; `undefined` if its data is not a submission, or belongs to another job. */
export function parseJob(jobId: string | undefined, data: unknown): QueuedSubmission | undefined {
  const submission = parseQueued(data);
  return submission !== undefined && bullJobIdOf(submission) === jobId ? submission : undefined;
}

/** The submission that a record's hash in Redis holds as its latest; `undefined` if it is not this record's. */
export function parseLatest(kycId: number, text: string | null | undefined): QueuedSubmission | undefined {
  const submission = parseQueued(text);
  return submission?.kycId === kycId ? submission : undefined;
}

/** Whether two submissions name the same pictures. */
export const hasSamePictures = (one: Partial<PictureKeys>, other: Partial<PictureKeys>): boolean =>
  one.passportKey === other.passportKey &&
  one.selfieKey === other.selfieKey &&
  (one.stampKey ?? null) === (other.stampKey ?? null);

/** The object keys of a submission. */
export type PictureKeys = Pick<Submission, "passportKey" | "selfieKey" | "stampKey">;
