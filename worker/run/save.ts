/**
 * What stands between a run and the record: whether there is anything to do, whether somebody has decided in between, and
 * whether a later submission has come. See `lib/queue/LIFECYCLE.md`.
 */
import { RecordMissingError } from "../../lib/errors.ts";
import type { CachedRecord, RecordCache } from "../../lib/queue/record-cache.ts";
import type { Database, RecordState } from "../../lib/record/database.ts";
import type { Envelope } from "../../lib/record/envelope.ts";
import { mayVerify } from "../../lib/record/may-verify.ts";
import { hasSamePictures, type QueuedSubmission } from "../../lib/submission.ts";
import type { SealedVerdict } from "./decide.ts";
import { openField, sealField } from "./sealed-field.ts";

/**
 * How a job ended. `decided`: the record needs no verdict of this submission, or somebody decided meanwhile. `later`: the
 * record has a later submission, which goes into the queue in this one's place.
 */
export type JobOutcome =
  | ({ readonly outcome: "saved" } & Omit<SealedVerdict, "sealed">)
  | { readonly outcome: "decided" }
  | { readonly outcome: "later"; readonly submission: QueuedSubmission };

/**
 * The field that names the submission whose success may be replaced. A submission with other pictures can arrive after a run
 * has looked for it, and before the run's verdict is committed. Only that run can know that it came before the verdict, so
 * only that run writes the field: no repeated request, and nobody without our key, has a complete record verified again.
 */
const REPLACEABLE = "replaceable";

export interface SaveOptions {
  readonly database: Pick<Database, "saveVerdict">;
  readonly cache: Pick<RecordCache, "readLatest" | "setFence" | "keep">;
  readonly envelope: Envelope;
}

/** Opens the way to the record. */
export function createSave({ database, cache, envelope }: SaveOptions) {
  const isOpen = (state: RecordState, submission: QueuedSubmission, cached: CachedRecord) => {
    const { kycId } = submission;
    const open = (sealed: Uint8Array) => envelope.open(kycId, sealed);
    return mayVerify(state, submission, open, openField(envelope, kycId, REPLACEABLE, cached));
  };

  return {
    /** Whether there is anything to do for a submission, and nobody has decided since it first ran. */
    passesFence: async (submission: QueuedSubmission, cached: CachedRecord, state: RecordState): Promise<boolean> =>
      isOpen(state, submission, cached) &&
      (await cache.setFence(submission, state.reviewedAt, cached)) === state.reviewedAt,

    /** Writes a verdict, if the record is still as it was (`before`) for all that counts. */
    async save(
      submission: QueuedSubmission,
      { sealed, ...verdict }: SealedVerdict,
      before: RecordState,
      cached: CachedRecord,
    ): Promise<JobOutcome> {
      const { kycId } = submission;
      let later: QueuedSubmission | undefined;
      const outcome = await database.saveVerdict({
        kycId,
        sealed,
        status: verdict.status,
        async mayWrite(state) {
          later = otherThan(submission, await cache.readLatest(kycId));
          const isSame = state.reviewedAt === before.reviewedAt;
          return later === undefined && isSame && isOpen(state, submission, cached);
        },
      });
      if (outcome === "missing") throw new RecordMissingError(kycId);
      if (later !== undefined) return { outcome: "later", submission: later };
      return outcome === "saved" ? { outcome, ...verdict } : { outcome: "decided" };
    },

    /** After the save of a success: lets it be replaced, if other pictures came after the last look for them. */
    async replaceIfOutdated(submission: QueuedSubmission): Promise<void> {
      const { kycId, id } = submission;
      const latest = await cache.readLatest(kycId);
      if (latest === undefined || hasSamePictures(latest, submission)) return;
      await cache.keep(kycId, REPLACEABLE, sealField(envelope, kycId, REPLACEABLE, id));
    },
  };
}

/** The record's latest submission, if it is another one than this. The order in which Redis took them in counts. */
export const otherThan = ({ id }: QueuedSubmission, latest: QueuedSubmission | undefined) =>
  latest === undefined || latest.id === id ? undefined : latest;
