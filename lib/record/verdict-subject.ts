/** What the result in a record is about, for the rule in `may-verify.ts`. */
import * as z from "zod/mini";
import type { RecordState } from "./database.ts";
import type { Envelope } from "./envelope.ts";
import type { DecidedRecord, VerdictSubject } from "./may-verify.ts";

const MINUTE_MS = 60_000;

const isoTime = z.pipe(
  z.string(),
  z.transform((text) => Date.parse(text)),
);

const resultSchema = z.union([
  z.object({
    submission: z.object({ id: z.string(), submittedAt: isoTime }),
  }),
  z.object({
    failureCode: z.literal("processing_timeout"),
    completedAt: isoTime,
    facts: z.object({ timeoutMinutes: z.number() }),
  }),
]);

/** The state of a record as the rule needs it, its result opened. */
export function toDecidedRecord(kycId: number, state: RecordState, envelope: Envelope): DecidedRecord {
  const { status, reviewedAt, sealed } = state;
  const decidedAt = reviewedAt === null ? null : Number(reviewedAt) * 1_000;
  return { status, decidedAt, subject: sealed === null ? undefined : subjectOf(kycId, sealed, envelope) };
}

/** A result that does not open was written by somebody else, or with a key that is gone. */
function subjectOf(kycId: number, sealed: Uint8Array, envelope: Envelope): VerdictSubject | undefined {
  try {
    const result = resultSchema.parse(JSON.parse(envelope.open(kycId, sealed)));
    if ("submission" in result) return result.submission;
    // The watchdog decides about all submissions that are older than the timeout, and about no later one.
    return { submittedAt: result.completedAt - result.facts.timeoutMinutes * MINUTE_MS };
  } catch {
    return undefined;
  }
}
