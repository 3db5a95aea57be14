/**
 * The watchdog: fails the records that are in review for too long, so that nobody waits for a verdict that will not come.
 *
 * A record may be submitted again long after it was created, so a record whose job is in the queue and was submitted less
 * than the timeout ago is left alone. The batch's rows are locked while the queue is asked: a job that starts meanwhile
 * waits for the lock before it takes down its fence, and one that finishes waits before it writes.
 */
import type { Database } from "./database.ts";
import type { Envelope } from "./envelope.ts";
import { FinalError } from "../errors.ts";
import type { Logger } from "../observe/logger.ts";
import type { VerificationQueue } from "../queue/queue.ts";
import { failureResult } from "../result.ts";

interface WatchdogOptions {
  readonly database: Pick<Database, "failStuckBatch">;
  readonly queue: Pick<VerificationQueue, "findJobs" | "takeOut">;
  readonly envelope: Envelope;
  readonly timeoutMinutes: number;
  readonly sinceColumn: string;
  /** The service's version, as results name it. */
  readonly version: string;
  readonly log: Logger;
  readonly now?: () => number;
  readonly batchSize?: number;
}

/** What a sweep did. `finished` is false where time ran out; the next sweep goes on. */
export interface SweepOutcome {
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
  /** Takes the jobs of stuck records out of the queue and seals the verdicts for those that have no young job. */
  async function decide(kycIds: readonly number[]) {
    const jobs = await queue.findJobs(kycIds);
    const youngerThan = now() - timeoutMinutes * 60_000;
    const old = kycIds.filter((kycId) => (jobs.get(kycId)?.enqueuedAt ?? 0) <= youngerThan);
    const left = await Promise.all(
      old.map(async (kycId) => (jobs.has(kycId) ? queue.takeOut(kycId, youngerThan) : "out")),
    );
    // A job that has only just started would overwrite the verdict: it is left to the next sweep.
    const stuck = old.filter((_, index) => left[index] !== "unfenced");
    return stuck.map((kycId) => ({ kycId, sealed: envelope.seal(kycId, JSON.stringify(verdict(kycId))) }));
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
    const about = { kycId, userId: null, attempts: 0, completedAt: new Date(now()), timings: undefined, version };
    const facts = { timeoutMinutes };
    return failureResult(about, new FinalError("processing_timeout", "processing_timeout", { facts }));
  }

  return {
    /**
     * Works through all stuck records, batch by batch, until none is left or `hasTime` says that time runs out.
     *
     * @throws {DatabaseUnavailableError} {@link QueueUnavailableError} {@link StuckColumnError}
     */
    async sweep({ hasTime }: { hasTime: () => boolean }): Promise<SweepOutcome> {
      let afterId = "0";
      let failed = 0;
      let found = 0;
      let finished = false;
      while (!finished && hasTime()) {
        const batch = await failBatch(afterId);
        failed += batch.failed;
        found += batch.found;
        finished = batch.found < batchSize;
        for (const refusal of batch.refused)
          log.error({ ...refusal }, "the table refuses the verdict of a stuck record");
        if (batch.failed > 0)
          log.warn(
            { failed: batch.failed, kycIds: batch.kycIds, failureCode: "processing_timeout" },
            "stuck records failed",
          );
        if (batch.lastId !== undefined) afterId = String(batch.lastId);
      }
      return { failed, leftAlone: found - failed, finished };
    },
  };
}
