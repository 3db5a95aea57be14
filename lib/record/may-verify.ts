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

/** What the rule looks at in a submission. */
interface Candidate extends Pick<QueuedSubmission, "submittedAt"> {
  /** The earlier submission whose run ended without having seen this one, which had arrived with other pictures. */
  readonly missedBy?: string | undefined;
}

/**
 * Whether a submission may be verified and its verdict written.
 *
 * - `in_review`: yes. The backend asks for a verdict.
 * - `approved` and `rejected`: no. A person has decided, however late the request is repeated.
 * - `ocr_failed`: if the submission came after the one that failed: a backend that tries again without `in_review`.
 * - `ocr_complete`: only if the submission arrived while that very verdict was being written. To have a complete record
 *   verified again, the backend sets it to `in_review`.
 * - Any other status belongs to the backend: if nobody has ever decided.
 *
 * `ocr_failed` is the only place that compares clocks (of the API's hosts with each other, and of these with PostgreSQL's).
 */
export function mayVerify(
  { status, decidedAt, subject }: DecidedRecord,
  { submittedAt, missedBy }: Candidate,
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
      return missedBy !== undefined && missedBy === subject?.id;
    default:
      return decidedAt === null;
  }
}
