/**
 * What stands between a run and the record: whether there is anything to do, whether somebody has decided in between, and
 * whether a later submission has come. See `lib/queue/LIFECYCLE.md`.
 */
import { RecordMissingError } from "../../lib/errors.ts";
import { fenceOf, type CachedRecord, type RecordCache } from "../../lib/queue/record-cache.ts";
import type { Database, RecordState } from "../../lib/record/database.ts";
import type { Envelope } from "../../lib/record/envelope.ts";
import { mayVerify } from "../../lib/record/may-verify.ts";
import { hasSamePictures, type QueuedSubmission } from "../../lib/submission.ts";
import type { SealedVerdict } from "./decide.ts";
import { createSuccession } from "./succession.ts";

/**
 * How a job ended. `decided`: the record needs no verdict of this submission, or somebody decided meanwhile. `later`: the
 * record has a later submission, which goes into the queue in this one's place. A `successor` came with other pictures while
 * the verdict was saved, and goes into the queue to replace it.
 */
export type JobOutcome =
  | ({ readonly outcome: "saved"; readonly successor?: QueuedSubmission } & Omit<SealedVerdict, "sealed">)
  | { readonly outcome: "decided" }
  | { readonly outcome: "later"; readonly submission: QueuedSubmission };

export interface SaveOptions {
  readonly database: Pick<Database, "saveVerdict">;
  readonly cache: Pick<RecordCache, "readLatest" | "setFence" | "keep" | "settle">;
  readonly envelope: Envelope;
}

/** Opens the way to the record. */
export function createSave({ database, cache, envelope }: SaveOptions) {
  const succession = createSuccession({ cache, envelope });

  const isOpen = (state: RecordState, submission: QueuedSubmission, cached: CachedRecord) => {
    const open = (sealed: Uint8Array) => envelope.open(submission.kycId, sealed);
    return mayVerify(state, submission, open, succession.replacedBy(submission, cached));
  };

  /** Whether there is anything to do for a submission, and nobody has decided since it first ran. */
  async function passesFence(submission: QueuedSubmission, cached: CachedRecord, state: RecordState) {
    if (!isOpen(state, submission, cached)) return false;
    const known = fenceOf(cached, submission);
    const fence = known === undefined ? await cache.setFence(submission, state.reviewedAt, cached) : known;
    return fence === state.reviewedAt;
  }

  const laterThan = async (submission: QueuedSubmission) =>
    otherThan(submission, await cache.readLatest(submission.kycId));

  /** Writes a verdict, if the record is still as it was (`before`) for all that counts. */
  async function save(
    submission: QueuedSubmission,
    verdict: SealedVerdict,
    before: RecordState,
    cached: CachedRecord,
  ): Promise<JobOutcome> {
    const { kycId } = submission;
    let later: QueuedSubmission | undefined;
    const outcome = await database.saveVerdict({
      kycId,
      ...verdict,
      async mayWrite(state) {
        later = await laterThan(submission);
        const isSame = state.reviewedAt === before.reviewedAt;
        return later === undefined && isSame && isOpen(state, submission, cached);
      },
    });
    if (outcome === "missing") throw new RecordMissingError(kycId);
    if (later !== undefined) return makeWay(submission, later, cached);
    if (outcome === "refused") return { outcome: "decided" };
    const { sealed: _, ...told } = verdict;
    return { outcome, ...told };
  }

  /** The submission that came with other pictures after the last look before the save of a success. */
  async function findSuccessor(submission: QueuedSubmission, cached: CachedRecord) {
    const later = await laterThan(submission);
    if (later === undefined || hasSamePictures(later, submission)) return undefined;
    await succession.passOn(later, submission, cached, [submission.id]);
    return later;
  }

  /** Ends the job of a submission for a later one. */
  async function makeWay(submission: QueuedSubmission, later: QueuedSubmission, cached: CachedRecord) {
    await succession.passOn(later, submission, cached);
    return { outcome: "later", submission: later } as const;
  }

  return { passesFence, save, findSuccessor, makeWay };
}

/** The record's latest submission, if it is another one than this. The order in which Redis took them in counts. */
export const otherThan = ({ id }: QueuedSubmission, latest: QueuedSubmission | undefined) =>
  latest === undefined || latest.id === id ? undefined : latest;
