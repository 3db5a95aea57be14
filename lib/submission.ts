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

/** Whatever a URL parser would take for a URL: a scheme and a slash of either kind, `https:host`, `data:`, after spaces. */
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

/** The body of `POST /api/v1/process`. Unknown fields are dropped; a `stampKey` of `null` means there is none. */
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

/**
 * The data of a job in Redis.
 *
 * `baseline` is the record's `"reviewedAt"` when the job first ran, the fence against overwriting a newer verdict;
 * `kept` and `verdict` hold paid work, sealed with the result's key, so that a retry does not pay for it again.
 * `suspicion` counts how often the job took its worker down since it last got further; `stalls` is the queue's own count
 * when it last ran.
 */
export const jobDataSchema = z.extend(submissionSchema, {
  requestId: z.optional(z.string()),
  /** When API Gateway took the request in, in milliseconds since 1970. */
  receivedAt: z.optional(z.number()),
  /** The W3C trace context of the caller, and later of the request's own span, so that a trace goes on in the worker. */
  traceparent: z.optional(z.string()),
  baseline: z.optional(z.object({ reviewedAt: z.nullable(z.string()) })),
  kept: z.optional(z.string()),
  suspicion: z.optional(z.object({ stalls: z.int(), crashes: z.int() })),
  verdict: z.optional(
    z.object({
      status: z.enum(["ocr_complete", "ocr_failed"]),
      sealed: z.string(),
      failedReason: z.optional(z.string()),
      reason: z.optional(z.string()),
    }),
  ),
});

export type JobData = z.infer<typeof jobDataSchema>;

/** The id of the one job that a record may have in the queue. */
export const jobIdOf = (kycId: number) => `kyc-${kycId}`;

/** The record a job id belongs to; `undefined` where the id is not one of ours. */
export function kycIdOf(jobId: string): number | undefined {
  const digits = /^kyc-([1-9]\d{0,15})$/.exec(jobId)?.[1];
  return digits !== undefined && Number.isSafeInteger(Number(digits)) ? Number(digits) : undefined;
}
