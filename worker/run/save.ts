/**
 * Saves a verdict only if the record still needs it, if no other decision came in between, and if there is no later
 * submission. See `lib/queue/LIFECYCLE.md`.
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
 * The end of a run. `decided`: the record needs no verdict about this submission, or it was decided meanwhile. `later`:
 * the record has a later submission, for which this one makes way.
 */
export type JobOutcome =
  | ({ readonly outcome: "saved" } & Omit<SealedVerdict, "sealed">)
  | { readonly outcome: "decided" }
  | { readonly outcome: "later"; readonly submission: QueuedSubmission };

/**
 * The field that names the submission whose success may be replaced. A submission with other pictures can arrive after
 * a run's last check for one, and before the run's verdict is committed. Only that run knows that the submission came
 * before the verdict, so only that run writes the field, sealed with our key. Otherwise a repeated request could have a
 * complete record verified again.
 */
const REPLACEABLE = "replaceable";

export interface SaveOptions {
  readonly database: Pick<Database, "saveVerdict">;
  readonly cache: Pick<RecordCache, "readLatest" | "setFence" | "keep">;
  readonly envelope: Envelope;
}

/** Creates the verbs that check the fence and save a verdict. */
export function createSave({ database, cache, envelope }: SaveOptions) {
  const isOpen = (state: RecordState, submission: QueuedSubmission, cached: CachedRecord) => {
    const { kycId } = submission;
    const open = (sealed: Uint8Array) => envelope.open(kycId, sealed);
    return mayVerify(state, submission, open, openField(envelope, kycId, REPLACEABLE, cached));
  };

  return {
    /** Whether the submission still needs a verdict, and the record was not decided since the submission first ran. */
    passesFence: async (submission: QueuedSubmission, cached: CachedRecord, state: RecordState): Promise<boolean> =>
      isOpen(state, submission, cached) &&
      (await cache.setFence(submission, state.reviewedAt, cached)) === state.reviewedAt,

    /** Writes a verdict, unless the record was decided since `before` was read or a later submission arrived. */
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

    /** Marks a saved success as replaceable if a submission with other pictures arrived after the run's last check. */
    async markIfReplaceable(submission: QueuedSubmission): Promise<void> {
      const { kycId, id } = submission;
      const latest = await cache.readLatest(kycId);
      if (latest === undefined || hasSamePictures(latest, submission)) return;
      await cache.keep(kycId, REPLACEABLE, sealField(envelope, kycId, REPLACEABLE, id));
    },
  };
}

/** Returns the record's latest submission if it is another one. "Latest" is the last that reached Redis. */
export const otherThan = ({ id }: QueuedSubmission, latest: QueuedSubmission | undefined) =>
  latest === undefined || latest.id === id ? undefined : latest;
