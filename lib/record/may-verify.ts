/** The rule whether a record still waits for a verdict. A job applies it before it runs and again before it saves. */
import * as z from "zod/mini";
import type { QueuedSubmission } from "../submission.ts";
import type { RecordState } from "./database.ts";

const MINUTE_MS = 60_000;

const isoTime = z.pipe(
  z.string(),
  z.transform((text) => Date.parse(text)),
);
const submissionSchema = z.object({ id: z.string(), submittedAt: isoTime });
const timeoutSchema = z.object({ completedAt: isoTime, facts: z.object({ timeoutMinutes: z.number() }) });
const resultSchema = z.union([z.object({ submission: submissionSchema }), timeoutSchema]);

/**
 * The submission that a result is about. The watchdog's results are about all submissions up to a time, and have no id.
 */
interface Subject {
  readonly id?: string;
  readonly submittedAt: number;
}

/** Reads the subject from a result's JSON. Throws if it is not a result of ours. */
function subjectOf(json: string): Subject {
  const result = resultSchema.parse(JSON.parse(json));
  if ("submission" in result) return result.submission;
  return { submittedAt: result.completedAt - result.facts.timeoutMinutes * MINUTE_MS };
}

/**
 * Whether a submission may be verified and its verdict written.
 *
 * - `in_review`: yes. The backend asks for a verdict.
 * - `approved` and `rejected`: no. A person has decided, even if the request is repeated much later.
 * - `ocr_failed`: if the submission is later than the failed one: the backend tries again without setting `in_review`.
 *   A verdict of the watchdog is about submissions that were older than the timeout when it decided, so any younger one
 *   is later. If the result does not open, a submission after `"reviewedAt"` is later.
 * - `ocr_complete`: only if the verdict is about the submission `replaceable`: another one came with other pictures
 *   while that verdict was written. To have a complete record verified again, the backend sets it to `in_review`.
 * - Any other status belongs to the backend: only if nobody has ever decided.
 *
 * "Later" compares two clocks: that of the API's host that accepted the submission, and that of the host that accepted
 * the failed one, the watchdog or PostgreSQL. `open` opens the result in the record, and throws if it is not one of
 * ours.
 */
export function mayVerify(
  record: RecordState,
  { submittedAt }: QueuedSubmission,
  open: (sealed: Uint8Array) => string,
  replaceable?: unknown,
): boolean {
  switch (record.status) {
    case "in_review":
      return true;
    case "approved":
    case "rejected":
      return false;
    case "ocr_failed":
      if (record.reviewedAt === null) return true;
      return submittedAt > (readSubject(record, open)?.submittedAt ?? Number(record.reviewedAt) * 1_000);
    case "ocr_complete":
      return replaceable !== undefined && readSubject(record, open)?.id === replaceable;
    default:
      return record.reviewedAt === null;
  }
}

function readSubject({ sealed }: RecordState, open: (sealed: Uint8Array) => string): Subject | undefined {
  try {
    return sealed === null ? undefined : subjectOf(open(sealed));
  } catch {
    return undefined;
  }
}
