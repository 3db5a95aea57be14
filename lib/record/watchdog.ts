/**
 * The watchdog: fails the records that are in review for too long, so that nobody waits for a verdict that will not come,
 * and puts back jobs that no worker can find.
 *
 * A record may be submitted again long after it was created. So a record whose job is in the queue and whose last submission
 * is younger than the timeout is left alone. A submission that arrives while the watchdog decides is not lost either: the
 * verdict `processing_timeout` counts only for submissions that were older than the timeout (see `may-verify.ts`), and the
 * job waits for the locked row before it reads its fence. The watchdog takes no job out of the queue: a job of a decided
 * record ends without doing anything.
 */
import type { Database } from "./database.ts";
import type { Envelope } from "./envelope.ts";
import { FinalError } from "../errors.ts";
import type { Logger } from "../observe/logger.ts";
import type { VerificationQueue } from "../queue/queue.ts";
import { failureResult } from "../result.ts";

interface WatchdogOptions {
  readonly database: Pick<Database, "failStuckBatch" | "listInReview">;
  readonly queue: Pick<VerificationQueue, "inspectJobs">;
  readonly envelope: Envelope;
  readonly timeoutMinutes: number;
  readonly sinceColumn: string;
  /** The service's version, as results name it. */
  readonly version: string;
  readonly log: Logger;
  readonly now?: () => number;
  readonly batchSize?: number;
}

/** What a sweep did. `finished` is false if time ran out; the next sweep goes on. */
export interface SweepOutcome {
  /** Jobs that were put back into the queue. */
  readonly repaired: number;
  readonly failed: number;
  readonly leftAlone: number;
  readonly finished: boolean;
}

/** Makes the sweep that the schedule runs. */
export function createWatchdog({
  database,
  queue,
  envelope,
  timeoutMinutes,
  sinceColumn,
  version,
  log,
  now = Date.now,
  batchSize = 100,
}: WatchdogOptions) {
  /** Seals the verdicts for those of these records that no young submission waits for. */
  async function decide(kycIds: readonly number[]) {
    const jobs = await queue.inspectJobs(kycIds);
    const youngerThan = now() - timeoutMinutes * 60_000;
    const stuck = kycIds.filter((kycId) => (jobs.get(kycId)?.submittedAt ?? 0) <= youngerThan);
    return stuck.map((kycId) => ({ kycId, sealed: envelope.seal(kycId, JSON.stringify(verdict(kycId))) }));
  }

  /**
   * Puts back the jobs of the longest waiting records, if no worker can find them. It goes on only while it finds such jobs:
   * a queue that is intact costs one look at a few records, however long it is.
   */
  async function repair(hasTime: () => boolean): Promise<number> {
    let repaired = 0;
    for (let offset = 0; hasTime(); offset += batchSize) {
      const kycIds = await database.listInReview({ sinceColumn, offset, limit: batchSize });
      const jobs = await queue.inspectJobs(kycIds);
      const lost = kycIds.filter((kycId) => jobs.get(kycId)?.wasLost === true);
      repaired += lost.length;
      if (lost.length === 0) break;
      log.warn({ kycIds: lost }, "Redis lost the lists of these jobs: they were put back");
    }
    return repaired;
  }

  /** Fails one batch. What goes wrong while it is decided comes out as it is: it says nothing about PostgreSQL. */
  async function failBatch(afterId: string) {
    let undecided: { readonly error: unknown } | undefined;
    let decided: readonly number[] = [];
    const batch = { sinceColumn, timeoutMinutes, afterId, limit: batchSize };
    try {
      const outcome = await database.failStuckBatch({
        ...batch,
        async decide(kycIds) {
          try {
            const verdicts = await decide(kycIds);
            decided = verdicts.map(({ kycId }) => kycId);
            return verdicts;
          } catch (error) {
            undecided = { error };
            throw error;
          }
        },
      });
      const refused = new Set(outcome.refused.map(({ kycId }) => kycId));
      return { ...outcome, kycIds: decided.filter((kycId) => !refused.has(kycId)) };
    } catch (error) {
      throw undecided === undefined ? error : undecided.error;
    }
  }

  function verdict(kycId: number) {
    const about = { kycId, submission: undefined, attempts: 0, completedAt: new Date(now()), version };
    const facts = { timeoutMinutes };
    return failureResult(about, new FinalError("processing_timeout", "processing_timeout", { facts }));
  }

  /** Works through all stuck records, batch by batch. */
  async function failStuck(hasTime: () => boolean) {
    let afterId = "0";
    let failed = 0;
    let found = 0;
    let finished = false;
    while (!finished && hasTime()) {
      const batch = await failBatch(afterId);
      failed += batch.failed;
      found += batch.found;
      finished = batch.found < batchSize;
      for (const refusal of batch.refused) log.error({ ...refusal }, "the table refuses the verdict of a stuck record");
      if (batch.failed > 0)
        log.warn(
          { failed: batch.failed, kycIds: batch.kycIds, failureCode: "processing_timeout" },
          "stuck records failed",
        );
      if (batch.lastId !== undefined) afterId = String(batch.lastId);
    }
    return { failed, leftAlone: found - failed, finished };
  }

  return {
    /**
     * Fails stuck records and puts back lost jobs until all is done or `hasTime` says that time runs out.
     *
     * @throws {DatabaseUnavailableError} {@link QueueUnavailableError} {@link StuckColumnError}
     */
    async sweep({ hasTime }: { hasTime: () => boolean }): Promise<SweepOutcome> {
      const outcome = await failStuck(hasTime);
      return { ...outcome, repaired: await repair(hasTime) };
    },
  };
}
