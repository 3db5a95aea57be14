/**
 * The queue `kyc-jobs`. A job only wakes a worker: the record in PostgreSQL says whether there is anything to do. See
 * LIFECYCLE.md.
 */
import { randomUUID } from "node:crypto";
import { Queue } from "bullmq";
import type { ProcessConfig } from "../config.ts";
import { jobIdOf, type Origin, type QueuedSubmission, type Submission } from "../submission.ts";
import { describeJob } from "./describe.ts";
import { createJobs, type FoundJob } from "./jobs.ts";
import { countJobs, oldestAgeMs } from "./measure.ts";
import { withinPatience } from "./patience.ts";
import { createRecordCache } from "./record-cache.ts";
import { connectForCaller, sendTogether, type RedisConnection } from "./redis.ts";

export const QUEUE_NAME = "kyc-jobs";

interface QueueOptions {
  readonly redis: RedisConnection;
  readonly prefix: string;
  readonly attempts: number;
  readonly backoffMs: number;
  /** How long a caller waits for Redis before {@link QueueUnavailableError}. */
  readonly patienceMs?: number;
}

type QueueConfig = Pick<
  ProcessConfig,
  "REDIS_URL" | "REDIS_CLUSTER" | "KYC_QUEUE_PREFIX" | "KYC_JOB_ATTEMPTS" | "KYC_JOB_BACKOFF_MS"
>;

/** The queue with a caller's connection of its own, as a configuration describes it. */
export const openQueue = (config: QueueConfig, onError: (error: Error) => void) =>
  createQueue({
    redis: connectForCaller(config.REDIS_URL, { cluster: config.REDIS_CLUSTER === "on", onError }),
    prefix: config.KYC_QUEUE_PREFIX,
    attempts: config.KYC_JOB_ATTEMPTS,
    backoffMs: config.KYC_JOB_BACKOFF_MS,
  });

/** Opens the queue for those who add to it and look at it. Every verb throws {@link QueueUnavailableError}. */
export function createQueue({ redis, prefix, attempts, backoffMs, patienceMs = 2_500 }: QueueOptions) {
  const queue = new Queue<QueuedSubmission>(QUEUE_NAME, {
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
  // The failed command rejects too. Without a listener, the same error would end the process.
  queue.on("error", () => {});
  const cache = createRecordCache({ redis, prefix });
  const patiently = <T>(ask: () => Promise<T>) => withinPatience(patienceMs, ask);

  const jobs = createJobs({ queue, redis, cache });

  return {
    /**
     * Puts a submission into the queue. If the record's job waits, is delayed or runs, it makes way for this one, and no
     * second job is added: then `isNew` is false.
     */
    enqueue: (submission: Submission, origin: Origin = {}): Promise<{ jobId: string; isNew: boolean }> => {
      const queued = { ...submission, ...origin, id: randomUUID(), submittedAt: Date.now() };
      return patiently(async () => {
        sendTogether(redis);
        // Both are written at once, the latest submission first: a job that takes this one up finds it there.
        const [, isNew] = await Promise.all([cache.setLatest(queued), jobs.addRunnable(queued)]);
        return { jobId: jobIdOf(submission.kycId), isNew };
      });
    },

    /** Puts the later submission of a record into the queue when the job of an earlier one makes way for it. */
    handOver: (later: QueuedSubmission): Promise<void> => patiently(async () => void (await jobs.add(later))),

    /** The jobs of those of these records that have one. */
    findJobs: (kycIds: readonly number[]): Promise<ReadonlyMap<number, FoundJob>> =>
      withinPatience(patienceMs * 2, () => jobs.findAll(kycIds)),

    /** Adds a lost job again, with the record's latest submission, and says whether it did. */
    putBack: (job: FoundJob): Promise<boolean> => patiently(() => jobs.putBack(job)),

    /** How a record's job stands; `undefined` if it has no job that a worker can find. */
    describeJob: (kycId: number) => patiently(() => describeJob(queue, redis, kycId)),

    /** Lets a job that waits for its next attempt run now. */
    runNow: (kycId: number): Promise<"promoted" | "running" | "missing"> =>
      patiently(async () => {
        const job = await queue.getJob((await queue.getDeduplicationJobId(jobIdOf(kycId))) ?? "");
        if (job === undefined) return "missing";
        if (!(await job.isDelayed())) return "running";
        await job.promote();
        return "promoted";
      }),

    /** How many jobs wait, run, or wait for their next attempt. */
    depth: () => patiently(() => countJobs(queue)),

    /** How long ago the oldest job that waits was added, in milliseconds; `null` if no job waits. */
    oldestAgeMs: () => patiently(() => oldestAgeMs(queue, redis)),

    /** How many workers are connected, busy or not. */
    countWorkers: () => patiently(() => queue.getWorkersCount()),

    /** The latest submission of a record; `undefined` if it is not known (any more). */
    readLatest: (kycId: number): Promise<QueuedSubmission | undefined> => cache.readLatest(kycId),

    /** Pauses the queue until {@link resume}: running jobs end, and no worker takes another one. */
    pauseUntilResumed: () => patiently(() => queue.pause()),

    /** Ends {@link pauseUntilResumed}. */
    resume: () => patiently(() => queue.resume()),

    /** Whether somebody has paused the queue until further notice. */
    isPaused: () => patiently(() => queue.isPaused()),

    /** Pauses all workers for this long, unless they already pause for longer. */
    pause: async (durationMs: number): Promise<void> => {
      if ((await queue.getRateLimitTtl()) < durationMs) await queue.rateLimit(durationMs);
    },

    /** Resolves when Redis answers. */
    ping: () => patiently(async () => void (await redis.ping())),

    /** Ends the connection. */
    close: async (): Promise<void> => {
      await queue.close();
      redis.disconnect();
    },
  };
}

export type VerificationQueue = ReturnType<typeof createQueue>;
