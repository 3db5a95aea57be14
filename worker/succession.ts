/**
 * Which verdict a submission may replace, although it is `ocr_complete`. A submission with other pictures can arrive after a
 * run has looked for it, and before the run's verdict is committed. The run looks again after its save, and leaves a sealed
 * note for that submission: nobody without our key can have a complete record verified again.
 */
import type { CachedRecord, RecordCache } from "../lib/queue/record-cache.ts";
import type { Envelope } from "../lib/record/envelope.ts";
import { hasSamePictures, type QueuedSubmission } from "../lib/submission.ts";

interface SuccessionOptions {
  readonly cache: Pick<RecordCache, "keep">;
  readonly envelope: Envelope;
}

const fieldOf = ({ id }: QueuedSubmission) => `replaces:${id}`;
const purposeOf = (submission: QueuedSubmission) => `kyc_${fieldOf(submission)}`;

/** Writes and reads the notes. */
export function createSuccession({ cache, envelope }: SuccessionOptions) {
  return {
    /** Lets `later` replace the verdict about `earlier`, if it has other pictures; resolves with whether it has. */
    async allow(later: QueuedSubmission, earlier: QueuedSubmission): Promise<boolean> {
      if (hasSamePictures(later, earlier)) return false;
      const sealed = envelope.seal(later.kycId, earlier.id, purposeOf(later)).toString("base64");
      await cache.keep(later.kycId, fieldOf(later), sealed);
      return true;
    },

    /** The id of the submission whose verdict this one may replace. */
    replacedBy(submission: QueuedSubmission, { fields }: CachedRecord): string | undefined {
      const sealed = fields[fieldOf(submission)];
      if (sealed === undefined) return undefined;
      try {
        return envelope.open(submission.kycId, Buffer.from(sealed, "base64"), purposeOf(submission));
      } catch {
        return undefined;
      }
    },
  };
}
