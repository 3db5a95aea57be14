/**
 * The queue `kyc-jobs`: one job `kyc-{kycId}` for a record, from its submission to its verdict.
 *
 * A job leaves Redis when it is finished, because the record in PostgreSQL is what counts, and because a finished job
 * that stayed would swallow the next submission of the same id.
 */
import { Queue } from "bullmq";
import { QueueUnavailableError } from "./errors.ts";
import type { RedisConnection } from "./redis.ts";
import { jobIdOf, type JobData, type Submission } from "./submission.ts";

/** Where a submission came from: what correlates its job with the request. */
type Origin = Pick<JobData, "requestId" | "traceparent">;

export const QUEUE_NAME = "kyc-jobs";
export const JOB_NAME = "verify";

interface QueueOptions {
  readonly redis: RedisConnection;
  readonly prefix: string;
  readonly attempts: number;
  readonly backoffMs: number;
  /** How long a caller waits for Redis before {@link QueueUnavailableError}. */
  readonly patienceMs?: number;
}

/** The producer's and the watchdog's side of the queue. Every verb throws {@link QueueUnavailableError}. */
export function createQueue({ redis, prefix, attempts, backoffMs, patienceMs = 2_500 }: QueueOptions) {
  const queue = new Queue<JobData>(QUEUE_NAME, {
    connection: redis,
    prefix,
    // BullMQ's own wait for a ready connection has no end while Redis is away.
    skipWaitingForReady: true,
    skipVersionCheck: true,
    skipMetasUpdate: true,
    defaultJobOptions: {
      attempts,
      backoff: { type: "exponential", delay: backoffMs, jitter: 0.5 },
      removeOnComplete: true,
      removeOnFail: true,
      stackTraceLimit: 0,
    },
  });
  // The failed command rejects by itself; without a listener, the same error would end the process.
  queue.on("error", () => {});

  async function add(jobId: string, data: JobData): Promise<{ finished: boolean }> {
    // Both commands leave in one write. A job that was already there and has finished was kept by somebody's tool.
    const [, finishedOn] = await Promise.all([
      queue.add(JOB_NAME, data, { jobId }),
      redis.hget(queue.toKey(jobId), "finishedOn"),
    ]);
    return { finished: finishedOn !== null };
  }

  return {
    /** Puts a submission into the queue, unless its job is waiting, delayed or running already. */
    enqueue: (submission: Submission, origin: Origin = {}): Promise<string> =>
      withinPatience(patienceMs, async () => {
        const jobId = jobIdOf(submission.kycId);
        const data: JobData = { ...submission, ...origin };
        if ((await add(jobId, data)).finished) {
          // Cleaning takes finished jobs only, in one atomic step each: unlike removing the job by its id, it cannot
          // take a job that an equal submission has just added.
          await queue.clean(0, 0, "completed");
          await queue.clean(0, 0, "failed");
          await add(jobId, data);
        }
        return jobId;
      }),

    /** The records' jobs that are in the queue, with the time of their submission in milliseconds since 1970. */
    findJobs: (kycIds: readonly number[]): Promise<ReadonlyMap<number, { enqueuedAt: number }>> =>
      withinPatience(patienceMs * 2, async () => {
        const jobs = await Promise.all(
          kycIds.map(async (kycId) => ({ kycId, job: await queue.getJob(jobIdOf(kycId)) })),
        );
        return new Map(
          jobs.flatMap(({ kycId, job }) =>
            job === undefined || job.finishedOn !== undefined ? [] : [[kycId, { enqueuedAt: job.timestamp }]],
          ),
        );
      }),

    /** Takes a record's job out of the queue, unless it is running. */
    takeOut: (kycId: number): Promise<void> =>
      withinPatience(patienceMs, async () => {
        const job = await queue.getJob(jobIdOf(kycId));
        if (job === undefined || (await job.isActive())) return;
        await job.remove().catch(async (error: unknown) => {
          // A worker may have taken it just now: then it is locked, and stays.
          if (!(await job.isActive())) throw error;
        });
      }),

    /** Lets a job that waits for its next attempt run now. */
    runNow: (kycId: number): Promise<"promoted" | "running" | "missing"> =>
      withinPatience(patienceMs, async () => {
        const job = await queue.getJob(jobIdOf(kycId));
        if (job === undefined) return "missing";
        if (!(await job.isDelayed())) return "running";
        await job.promote();
        return "promoted";
      }),

    /** How many jobs wait, run, or wait for their next attempt. */
    depth: (): Promise<{ waiting: number; active: number; delayed: number }> =>
      withinPatience(patienceMs, async () => {
        const { waiting = 0, active = 0, delayed = 0 } = await queue.getJobCounts("waiting", "active", "delayed");
        return { waiting, active, delayed };
      }),

    /** How long ago the oldest job that waits was submitted, in milliseconds; `null` where none waits. */
    oldestAgeMs: (): Promise<number | null> =>
      withinPatience(patienceMs, async () => {
        const jobs = await Promise.all([queue.getWaiting(0, 0), queue.getDelayed(0, 0)]);
        const submitted = jobs.flat().map(({ timestamp }) => timestamp);
        return submitted.length === 0 ? null : Math.max(0, Date.now() - Math.min(...submitted));
      }),

    /** How many workers are connected, busy or not. */
    countWorkers: (): Promise<number> => withinPatience(patienceMs, () => queue.getWorkersCount()),

    /** Pauses all workers for this long, unless they already pause for longer. */
    pause: async (durationMs: number): Promise<void> => {
      if ((await queue.getRateLimitTtl()) < durationMs) await queue.rateLimit(durationMs);
    },

    /** Resolves when Redis answers. */
    ping: (): Promise<void> => withinPatience(patienceMs, async () => void (await redis.ping())),

    /** Ends the connection. */
    close: async (): Promise<void> => {
      await queue.close();
      redis.disconnect();
    },
  };
}

export type VerificationQueue = ReturnType<typeof createQueue>;

async function withinPatience<T>(patienceMs: number, ask: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new QueueUnavailableError("Redis did not answer in time")), patienceMs);
  });
  try {
    return await Promise.race([ask(), patience]);
  } catch (error) {
    if (error instanceof QueueUnavailableError) throw error;
    throw new QueueUnavailableError("Redis refused or could not be reached", { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
