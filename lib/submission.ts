/** A caller's submission, and its form in the queue: ids and object keys, never personal data. */
import * as z from "zod/mini";

const MAX_KEY_BYTES = 1_024;
const DAY_MS = 24 * 3_600_000;

const id = z
  .number("must be an integer from 1 to 9007199254740991")
  .check(
    z.refine((value) => Number.isSafeInteger(value) && value >= 1, "must be an integer from 1 to 9007199254740991"),
  );

const KEY_RULE =
  "must be an object key: 1 to 1024 bytes of UTF-8 without control characters, a leading slash, '.' or '..' segments, and not a URL";

/**
 * The start of a text that a URL parser takes for a URL: spaces, then a scheme and `/` or `\`, `https:host` or `data:`.
 */
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

/** The body of `POST /api/v1/process`. Unknown fields are dropped. `"stampKey": null` means no stamp page. */
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

/** Data that correlates a job with the request that submitted it. */
const originSchema = z.object({
  requestId: z.optional(z.string()),
  /** When API Gateway received the request, in milliseconds since 1970. */
  receivedAt: z.optional(z.number()),
  /** The caller's W3C trace context, so that the trace continues in the worker. */
  traceparent: z.optional(z.string()),
});

export type Origin = z.infer<typeof originSchema>;

/** A submission as stored in Redis: as its job's data, and as its record's latest submission. It never changes. */
const queuedSubmissionSchema = z.extend(submissionSchema, {
  ...originSchema.shape,
  /** New for each request, so that two equal submissions differ. */
  id: z.uuid(),
  /**
   * Milliseconds since 1970. Hosts' clocks differ, but not by a day: a time in the far future would keep the watchdog
   * from the record, and every later submission from counting as later.
   */
  submittedAt: z.int().check(z.refine((time) => time < Date.now() + DAY_MS)),
});

export type QueuedSubmission = z.infer<typeof queuedSubmissionSchema>;

/** The id that callers see: BullMQ's deduplication id, so that a record has one job at most. */
export const jobIdOf = (kycId: number) => `kyc-${kycId}`;

/** BullMQ's own job id. It must be new each time: BullMQ drops a job whose id exists already. */
export const bullJobIdOf = ({ kycId, id }: Pick<QueuedSubmission, "kycId" | "id">) => `${jobIdOf(kycId)}.${id}`;

/** The `kycId` in a job id of either kind; `undefined` for any other text. */
export function kycIdOf(jobId: string): number | undefined {
  const digits = /^kyc-([1-9]\d{0,15})(?:\.[0-9a-f-]{36})?$/.exec(jobId)?.[1];
  return digits !== undefined && Number.isSafeInteger(Number(digits)) ? Number(digits) : undefined;
}

/** Parses a submission from Redis, given as text or as an object; `undefined` if it is not a submission. */
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

/** The latest submission from a record's hash in Redis; `undefined` if it belongs to another record. */
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
