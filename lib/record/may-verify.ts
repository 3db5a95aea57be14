/** The rule that says whether a record still waits for a verdict. It holds before a job runs and again before it saves. */
import * as z from "zod/mini";
import { hasSamePictures, type QueuedSubmission } from "../submission.ts";
import type { RecordState } from "./database.ts";

const MINUTE_MS = 60_000;

const isoTime = z.pipe(
  z.string(),
  z.transform((text) => Date.parse(text)),
);
const submissionSchema = z.object({
  submittedAt: isoTime,
  passportKey: z.string(),
  selfieKey: z.string(),
  stampKey: z.nullable(z.string()),
});
const timeoutSchema = z.object({ completedAt: isoTime, facts: z.object({ timeoutMinutes: z.number() }) });
const resultSchema = z.union([z.object({ submission: submissionSchema }), timeoutSchema]);

/** What a result is about. The watchdog's are about all submissions up to a time, whatever their pictures. */
type Subject = Pick<z.infer<typeof submissionSchema>, "submittedAt"> & Partial<z.infer<typeof submissionSchema>>;

/** What a result of ours is about, by its JSON; `undefined` if it cannot be told. */
function subjectOf(json: string): Subject {
  const result = resultSchema.parse(JSON.parse(json));
  if ("submission" in result) return result.submission;
  return { submittedAt: result.completedAt - result.facts.timeoutMinutes * MINUTE_MS };
}

/**
 * Whether a submission may be verified and its verdict written.
 *
 * - `in_review`: yes. The backend asks for a verdict.
 * - `approved` and `rejected`: no. A person has decided, however late the request is repeated.
 * - `ocr_failed`: if the submission came after the one that failed: a backend that tries again without `in_review`.
 * - `ocr_complete`: only if the submission has other pictures and came before that verdict was written, but too late for the
 *   run to see it. To have a complete record verified again, the backend sets it to `in_review`.
 * - Any other status belongs to the backend: if nobody has ever decided.
 *
 * This is the only place that compares clocks (of the API's hosts with each other, and of these with PostgreSQL's).
 * `open` opens the result in the record, and throws if it is not one of ours.
 */
export function mayVerify(record: RecordState, submission: QueuedSubmission, open: (sealed: Uint8Array) => string) {
  const { submittedAt } = submission;
  const decidedAt = Number(record.reviewedAt) * 1_000;
  switch (record.status) {
    case "in_review":
      return true;
    case "approved":
    case "rejected":
      return false;
    case "ocr_failed":
      return record.reviewedAt === null || submittedAt > (readSubject(record, open)?.submittedAt ?? decidedAt);
    case "ocr_complete": {
      const subject = readSubject(record, open);
      const isLater =
        record.reviewedAt !== null &&
        subject !== undefined &&
        subject.submittedAt < submittedAt &&
        submittedAt <= decidedAt;
      return isLater && !hasSamePictures(subject, submission);
    }
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
