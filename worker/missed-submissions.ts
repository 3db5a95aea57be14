/**
 * Submissions that arrive while the success of an earlier one is being written: after that run's last look, and before its
 * commit. The run marks them, and the next job may then replace that verdict. No clock could tell them from submissions that
 * came later: PostgreSQL's `NOW()` is the time at which the save began.
 *
 * The mark is sealed, so that nobody who writes to Redis can have a complete record verified again.
 */
import type { CachedRecord, RecordCache } from "../lib/queue/record-cache.ts";
import type { Envelope } from "../lib/record/envelope.ts";
import { hasSamePictures, type QueuedSubmission } from "../lib/submission.ts";

interface MissedSubmissionsOptions {
  readonly cache: Pick<RecordCache, "keep">;
  readonly envelope: Envelope;
}

const fieldOf = (id: string) => `missed:${id}`;
const purposeOf = (id: string) => `kyc_missed:${id}`;

/** Opens the marks. */
export function createMissedSubmissions({ cache, envelope }: MissedSubmissionsOptions) {
  return {
    /** Marks a later submission that the run of an earlier one has missed, if it names other pictures. */
    async mark(earlier: QueuedSubmission, later: QueuedSubmission): Promise<void> {
      if (hasSamePictures(earlier, later)) return;
      const { kycId, id } = later;
      await cache.keep(kycId, fieldOf(id), envelope.seal(kycId, earlier.id, purposeOf(id)).toString("base64"));
    },

    /** The id of the submission whose run missed this one; `undefined` if none did. */
    missedBy({ kycId, id }: QueuedSubmission, { fields }: CachedRecord): string | undefined {
      const sealed = fields[fieldOf(id)];
      if (sealed === undefined) return undefined;
      try {
        return envelope.open(kycId, Buffer.from(sealed, "base64"), purposeOf(id));
      } catch {
        return undefined;
      }
    },
  };
}
