/** The rule that says whether a record still waits for a verdict. It holds before a job runs and again before it saves. */
import type { QueuedSubmission } from "../submission.ts";

/** The submission that a verdict of ours is about. The watchdog's are about all submissions up to a time. */
export interface VerdictSubject {
  readonly id?: string;
  /** Milliseconds since 1970. */
  readonly submittedAt: number;
}

/** What the rule looks at in a row of `kyc_verification`. */
export interface DecidedRecord {
  readonly status: string;
  /** Milliseconds since 1970; `null` if nobody has decided. */
  readonly decidedAt: number | null;
  /** What the result in the row is about; `undefined` if there is none, or it is not one of ours. */
  readonly subject: VerdictSubject | undefined;
}

/**
 * Whether a submission may be verified and its verdict written.
 *
 * - `in_review`: yes. The backend asks for a verdict.
 * - `approved` and `rejected`: no. A person has decided, however late the request is repeated.
 * - `ocr_failed`: if the submission came after the one that failed: a backend that tries again without `in_review`.
 * - `ocr_complete`: only if the verdict is about the submission `replaces`: this one came with other pictures while that
 *   verdict was written. To have a complete record verified again, the backend sets it to `in_review`.
 * - Any other status belongs to the backend: if nobody has ever decided.
 *
 * This is the only place that compares clocks: of the API's hosts with each other, or with the watchdog's.
 */
export function mayVerify(
  { status, decidedAt, subject }: DecidedRecord,
  { submittedAt }: QueuedSubmission,
  replaces?: string,
): boolean {
  switch (status) {
    case "in_review":
      return true;
    case "approved":
    case "rejected":
      return false;
    case "ocr_failed":
      return decidedAt === null || submittedAt > (subject?.submittedAt ?? decidedAt);
    case "ocr_complete":
      return replaces !== undefined && subject?.id === replaces;
    default:
      return decidedAt === null;
  }
}
