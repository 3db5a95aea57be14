/**
 * The watchdog: fails the records that are in review for too long, so that nobody waits for a verdict that will not come,
 * and puts back jobs that no worker can find.
 *
 * A record may be submitted again long after it was created. So a record whose job is in the queue and whose last submission
 * is younger than the timeout is left alone. A submission that arrives while the watchdog decides is not lost either: the
 * verdict `processing_timeout` counts only for submissions that were older than the timeout (see `may-verify.ts`), and the
 * job waits for the locked row before it reads its fence. The watchdog leaves the job of a record that it fails in the queue:
 * the job of a decided record ends without doing anything.
 */
import pLimit from "p-limit";
import type { Database } from "./database.ts";
import type { Envelope } from "./envelope.ts";
import { DatabaseUnavailableError, FinalError, StatementRefusedError } from "../errors.ts";
import type { Logger } from "../observe/logger.ts";
import type { FoundJob } from "../queue/jobs.ts";
import type { VerificationQueue } from "../queue/queue.ts";
import { failureResult } from "../result.ts";

/** As many as the watchdog has connections. */
const RECORDS_AT_ONCE = 4;

interface WatchdogOptions {
  readonly database: Pick<Database, "listInReview" | "saveVerdict" | "ping">;
  readonly queue: Pick<VerificationQueue, "findJobs" | "putBack">;
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

/** What became of one stuck record. */
interface Decision {
  readonly isFailed: boolean;
  /** Its job, if it has one. */
  readonly job?: FoundJob | undefined;
}

/** Makes the sweep that the schedule runs. */
export function createWatchdog(options: WatchdogOptions) {
  const { database, queue, timeoutMinutes, sinceColumn, log, batchSize = 100 } = options;
  const decideOrLog = createDeciding(options);
  const someAtOnce = pLimit(RECORDS_AT_ONCE);
  const stuckSince = { column: sinceColumn, minutes: timeoutMinutes };

  /** Adds the lost ones of these jobs again; resolves with their number. */
  async function putBack(jobs: readonly (FoundJob | undefined)[]): Promise<number> {
    const found = jobs.filter((job) => job !== undefined);
    const isBack = await Promise.all(found.map((job) => queue.putBack(job)));
    const kycIds = found.flatMap(({ submission }, index) => (isBack[index] && submission ? [submission.kycId] : []));
    if (kycIds.length > 0) log.warn({ kycIds }, "no worker could find these jobs: they were put back");
    return kycIds.length;
  }

  /** Fails all stuck records, batch by batch. A lost job is put back only when its record's row is no longer locked. */
  async function failStuck(hasTime: () => boolean): Promise<SweepOutcome> {
    let [failed, leftAlone, repaired] = [0, 0, 0];
    for (let afterId = 0; hasTime();) {
      const kycIds = await database.listInReview(stuckSince, afterId, batchSize);
      const decisions = await Promise.all(kycIds.map((kycId) => someAtOnce(() => decideOrLog(kycId))));
      const failedIds = kycIds.filter((_, index) => decisions[index]?.isFailed);
      if (failedIds.length > 0)
        log.warn({ kycIds: failedIds, failureCode: "processing_timeout" }, "stuck records failed");
      failed += failedIds.length;
      leftAlone += kycIds.length - failedIds.length;
      repaired += await putBack(decisions.map(({ job }) => job));
      if (kycIds.length < batchSize) return { failed, leftAlone, repaired, finished: true };
      afterId = kycIds.at(-1) ?? afterId;
    }
    return { failed, leftAlone, repaired, finished: false };
  }

  /**
   * Puts back the lost jobs of records in review, by id, batch by batch. It goes on only while a batch has lost jobs: an
   * intact queue costs one look at the first batch, however long it is.
   */
  async function repair(hasTime: () => boolean): Promise<number> {
    const since = { column: sinceColumn, minutes: 0 };
    let repaired = 0;
    for (let afterId = 0; hasTime();) {
      const kycIds = await database.listInReview(since, afterId, batchSize);
      const count = await putBack([...(await queue.findJobs(kycIds)).values()]);
      if (count === 0) return repaired;
      repaired += count;
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
      const outcome = await failStuck(hasTime);
      return { ...outcome, repaired: outcome.repaired + (await repair(hasTime)) };
    },
  };
}

/** Returns the function that decides about one stuck record. */
function createDeciding(options: WatchdogOptions) {
  const { database, queue, timeoutMinutes, sinceColumn, log, now = Date.now } = options;

  /** Fails a record, unless it was decided, reopened or submitted since it was listed. */
  async function decide(kycId: number): Promise<Decision> {
    const completedAt = new Date(now());
    const failure = new FinalError("processing_timeout", "processing_timeout", { facts: { timeoutMinutes } });
    const about = { kycId, submission: undefined, attempts: 0, completedAt, version: options.version };
    let job: FoundJob | undefined;
    const outcome = await database.saveVerdict({
      kycId,
      status: "ocr_failed",
      sealed: options.envelope.seal(kycId, JSON.stringify(failureResult(about, failure))),
      stuckSince: { column: sinceColumn, minutes: timeoutMinutes },
      // Under the lock: a job that starts after this look waits for the row, and does not take a fence that will be broken.
      async mayWrite() {
        job = (await queue.findJobs([kycId])).get(kycId);
        return (job?.submission?.submittedAt ?? 0) <= completedAt.getTime() - timeoutMinutes * 60_000;
      },
    });
    return { isFailed: outcome === "saved", job };
  }

  /**
   * One record must not hold up the others: the table may refuse its verdict (a constraint or a trigger of its owner's), or
   * only its connection may be lost. If PostgreSQL is away, it does not answer the ping either, and the sweep ends.
   */
  return async function decideOrLog(kycId: number): Promise<Decision> {
    try {
      return await decide(kycId);
    } catch (error) {
      if (!(error instanceof DatabaseUnavailableError)) throw error;
      if (!(error instanceof StatementRefusedError)) await database.ping();
      log.error(
        { kycId, code: error.code },
        "the verdict of a stuck record was not written: the next sweep tries again",
      );
      return { isFailed: false };
    }
  };
}
