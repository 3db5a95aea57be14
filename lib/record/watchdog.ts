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
import pLimit from "p-limit";
import type { Database } from "./database.ts";
import type { Envelope } from "./envelope.ts";
import { DatabaseUnavailableError, FinalError, StatementRefusedError } from "../errors.ts";
import type { Logger } from "../observe/logger.ts";
import type { VerificationQueue } from "../queue/queue.ts";
import { failureResult } from "../result.ts";

/** As many as the watchdog has connections. */
const RECORDS_AT_ONCE = 4;

interface WatchdogOptions {
  readonly database: Pick<Database, "listInReview" | "saveVerdict" | "ping">;
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
  readonly failed: number;
  readonly leftAlone: number;
  /** Jobs that were put back into the queue. */
  readonly repaired: number;
  readonly finished: boolean;
}

/** Makes the sweep that the schedule runs. */
export function createWatchdog(options: WatchdogOptions) {
  const { database, queue, timeoutMinutes, sinceColumn, log, batchSize = 100 } = options;
  const failOrLog = createFailing(options);
  const someAtOnce = pLimit(RECORDS_AT_ONCE);
  const stuckSince = { column: sinceColumn, minutes: timeoutMinutes };

  /** Fails all stuck records, batch by batch. */
  async function failStuck(hasTime: () => boolean) {
    let failed = 0;
    let leftAlone = 0;
    for (let afterId = 0; hasTime();) {
      const kycIds = await database.listInReview(stuckSince, afterId, batchSize);
      const outcomes = await Promise.all(kycIds.map((kycId) => someAtOnce(() => failOrLog(kycId))));
      const failedIds = kycIds.filter((_, index) => outcomes[index] === "failed");
      if (failedIds.length > 0)
        log.warn({ kycIds: failedIds, failureCode: "processing_timeout" }, "stuck records failed");
      failed += failedIds.length;
      leftAlone += kycIds.length - failedIds.length;
      if (kycIds.length < batchSize) return { failed, leftAlone, finished: true };
      afterId = kycIds.at(-1) ?? afterId;
    }
    return { failed, leftAlone, finished: false };
  }

  /**
   * Puts back the jobs of the oldest records, if no worker can find them. It goes on only while it finds such jobs: a queue
   * that is intact costs one look at a few records, however long it is.
   */
  async function repair(hasTime: () => boolean): Promise<number> {
    const since = { column: sinceColumn, minutes: 0 };
    let repaired = 0;
    for (let afterId = 0; hasTime();) {
      const kycIds = await database.listInReview(since, afterId, batchSize);
      const jobs = await queue.inspectJobs(kycIds);
      const lost = kycIds.filter((kycId) => jobs.get(kycId)?.wasLost === true);
      if (lost.length === 0) return repaired;
      log.warn({ kycIds: lost }, "no worker could find these jobs: they were put back");
      repaired += lost.length;
      afterId = kycIds.at(-1) ?? afterId;
    }
    return repaired;
  }

  return {
    /**
     * Fails stuck records and puts back lost jobs until all is done or `hasTime` says that time runs out.
     *
     * @throws {DatabaseUnavailableError} {@link QueueUnavailableError} {@link StuckColumnError}
     */
    async sweep({ hasTime }: { hasTime: () => boolean }): Promise<SweepOutcome> {
      return { ...(await failStuck(hasTime)), repaired: await repair(hasTime) };
    },
  };
}

/** Returns the function that fails one stuck record. */
function createFailing(options: WatchdogOptions) {
  const { database, queue, timeoutMinutes, sinceColumn, log, now = Date.now } = options;

  /** Fails a record, unless it was decided, reopened or submitted since it was listed. */
  async function fail(kycId: number): Promise<"failed" | "left"> {
    const completedAt = new Date(now());
    const failure = new FinalError("processing_timeout", "processing_timeout", { facts: { timeoutMinutes } });
    const about = { kycId, submission: undefined, attempts: 0, completedAt, version: options.version };
    const outcome = await database.saveVerdict({
      kycId,
      status: "ocr_failed",
      sealed: options.envelope.seal(kycId, JSON.stringify(failureResult(about, failure))),
      stuckSince: { column: sinceColumn, minutes: timeoutMinutes },
      mayWrite: async () => {
        const job = (await queue.inspectJobs([kycId])).get(kycId);
        return job === undefined || job.submittedAt <= completedAt.getTime() - timeoutMinutes * 60_000;
      },
    });
    return outcome === "saved" ? "failed" : "left";
  }

  /**
   * One record must not hold up the others: the table may refuse its verdict (a constraint or a trigger of its owner's), or
   * only its connection may be lost. If PostgreSQL is away, it does not answer the ping either, and the sweep ends.
   */
  return async function failOrLog(kycId: number): Promise<"failed" | "left"> {
    try {
      return await fail(kycId);
    } catch (error) {
      if (!(error instanceof DatabaseUnavailableError)) throw error;
      if (!(error instanceof StatementRefusedError)) await database.ping();
      log.error(
        { kycId, code: error.code },
        "the verdict of a stuck record was not written: the next sweep tries again",
      );
      return "left";
    }
  };
}
