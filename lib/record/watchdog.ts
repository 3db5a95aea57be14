/**
 * The watchdog fails records that have been in review for too long, so that nobody waits for a verdict that never
 * comes. It also puts back jobs that no worker can find.
 *
 * A record may be submitted again long after it was created. So the watchdog leaves a record alone if its job is in the
 * queue and its last submission is younger than the timeout. A submission that arrives while the watchdog decides is
 * not lost either: the verdict `processing_timeout` counts only for submissions that were older than the timeout (see
 * `may-verify.ts`), and the job waits for the locked row before it reads its fence. The watchdog does not remove the
 * job of a record that it fails: the job of a decided record ends without doing anything.
 */
import pLimit from "p-limit";
import type { Database } from "./database.ts";
import type { Envelope } from "./envelope.ts";
import { DatabaseUnavailableError, FinalError } from "../errors.ts";
import type { Logger } from "../observe/logger.ts";
import type { FoundJob } from "../queue/jobs.ts";
import type { VerificationQueue } from "../queue/queue.ts";
import { failureResult } from "../result.ts";

/** Equal to the number of the watchdog's connections. */
const RECORDS_AT_ONCE = 4;

/**
 * How often a sweep looks at all records. The backend's table may have no index on the status, so that look reads the
 * whole table. In between, a sweep begins by primary key at the oldest record that was in review then, less a margin.
 */
const FULL_LOOK_EVERY_MS = 10 * 60_000;
/** The margin covers older records that are set in review later. A smaller table is always read as a whole. */
const MARGIN_IDS = 10_000;

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

/** The outcome of a sweep. `finished` is false if time ran out; the next sweep continues. */
export interface SweepOutcome {
  readonly failed: number;
  readonly leftAlone: number;
  /** Jobs that were put back into the queue. */
  readonly repaired: number;
  readonly finished: boolean;
}

/** The decision about one stuck record. */
interface Decision {
  readonly kycId: number;
  readonly isFailed: boolean;
  /** Its job, if it has one. */
  readonly job?: FoundJob | undefined;
}

/** Creates the sweep that the schedule runs. */
export function createWatchdog(options: WatchdogOptions) {
  const { database, queue, timeoutMinutes, sinceColumn, log, now = Date.now, batchSize = 100 } = options;
  const decideOrLog = createDeciding(options);
  const someAtOnce = pLimit(RECORDS_AT_ONCE);
  let next = { afterId: 0, fullLookAt: 0 };

  /** Yields records that have been in review for longer than some minutes, in batches by id, while time is left. */
  async function* batchesInReview(minutes: number, hasTime: () => boolean): AsyncGenerator<readonly number[]> {
    const firstId = now() < next.fullLookAt ? next.afterId : 0;
    for (let afterId: number | undefined = firstId; afterId !== undefined && hasTime();) {
      const kycIds = await database.listInReview({ column: sinceColumn, minutes }, afterId, batchSize);
      yield kycIds;
      afterId = kycIds[batchSize - 1];
    }
  }

  /** Notes after a full look where the next sweeps begin; without a record in review, the next look is full again. */
  function noteOldest(kycId: number | undefined): void {
    if (kycId === undefined || now() < next.fullLookAt) return;
    next = { afterId: Math.max(0, kycId - MARGIN_IDS), fullLookAt: now() + FULL_LOOK_EVERY_MS };
  }

  /** Adds the lost ones of these jobs again. Resolves with their number. */
  async function putBack(jobs: readonly FoundJob[]): Promise<number> {
    const isBack = await Promise.all(jobs.map((job) => queue.putBack(job)));
    const kycIds = jobs.filter((_, index) => isBack[index]).map(({ kycId }) => kycId);
    if (kycIds.length > 0) log.warn({ kycIds }, "no worker could find these jobs: they were put back");
    return kycIds.length;
  }

  return {
    /**
     * Fails stuck records and puts back lost jobs, until everything is done or `hasTime` returns false.
     *
     * @throws {DatabaseUnavailableError} {@link QueueUnavailableError} {@link StuckColumnError}
     */
    async sweep({ hasTime }: { hasTime: () => boolean }): Promise<SweepOutcome> {
      let [failed, leftAlone, repaired, finished] = [0, 0, 0, false];
      for await (const kycIds of batchesInReview(timeoutMinutes, hasTime)) {
        const decisions = await Promise.all(kycIds.map((kycId) => someAtOnce(() => decideOrLog(kycId))));
        const failedIds = decisions.flatMap(({ kycId, isFailed }) => (isFailed ? [kycId] : []));
        if (failedIds.length > 0)
          log.warn({ kycIds: failedIds, failureCode: "processing_timeout" }, "stuck records failed");
        failed += failedIds.length;
        leftAlone += kycIds.length - failedIds.length;
        // After a reopening, the job of a failed record would verify old pictures: do not bring it back.
        repaired += await putBack(decisions.flatMap(({ isFailed, job }) => (isFailed ? [] : (job ?? []))));
        finished = kycIds.length < batchSize;
      }
      // Stop at the first batch without a lost job: an intact queue costs one look at one batch, at any length.
      for await (const kycIds of batchesInReview(0, hasTime)) {
        noteOldest(kycIds[0]);
        const count = await putBack(await queue.findJobs(kycIds));
        if (count === 0) break;
        repaired += count;
      }
      return { failed, leftAlone, repaired, finished };
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
      // Under the lock: a job that starts after this look waits for the row, so it reads the fence after this verdict.
      async mayWrite() {
        [job] = await queue.findJobs([kycId]);
        return (job?.submission?.submittedAt ?? 0) <= completedAt.getTime() - timeoutMinutes * 60_000;
      },
    });
    return { kycId, isFailed: outcome === "saved", job };
  }

  /**
   * Decides, and logs a failed decision: one record must not stop the others. The table may refuse its verdict (a
   * constraint or a trigger of the owner), or only its connection may be lost. If PostgreSQL is down, the ping fails
   * too, and the sweep ends.
   */
  return async function decideOrLog(kycId: number): Promise<Decision> {
    try {
      return await decide(kycId);
    } catch (error) {
      if (!(error instanceof DatabaseUnavailableError)) throw error;
      await database.ping();
      log.error(
        { kycId, code: error.code },
        "the verdict of a stuck record was not written: the next sweep tries again",
      );
      return { kycId, isFailed: false };
    }
  };
}
