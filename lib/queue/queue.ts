/**
 * The queue `kyc-jobs`. A job only wakes a worker: the record in PostgreSQL says whether there is anything to do. See
 * LIFECYCLE.md.
 */
import { randomUUID } from "node:crypto";
import { Queue } from "bullmq";
import type { ProcessConfig } from "../config.ts";
import { jobIdOf, type Origin, type QueuedSubmission, type Submission } from "../submission.ts";
import { describeJob, readJob } from "./describe.ts";
import { createJobs, type FoundJob } from "./jobs.ts";
import { countJobs, countWorkers, oldestAgeMs } from "./measure.ts";
import { withinPatience } from "./patience.ts";
import { createRecordCache, type CachedRecord } from "./record-cache.ts";
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

/** Opens the queue of a configuration on an existing connection. */
export const openQueueOn = (redis: RedisConnection, config: QueueConfig) =>
  createQueue({
    redis,
    prefix: config.KYC_QUEUE_PREFIX,
    attempts: config.KYC_JOB_ATTEMPTS,
    backoffMs: config.KYC_JOB_BACKOFF_MS,
  });

/** Opens the queue of a configuration on a new connection for a caller. */
export const openQueue = (config: QueueConfig, onError: (error: Error) => void) =>
  openQueueOn(connectForCaller(config.REDIS_URL, { cluster: config.REDIS_CLUSTER === "on", onError }), config);

/** Opens the queue for callers that add and read jobs. Every verb throws {@link QueueUnavailableError}. */
export function createQueue(options: QueueOptions) {
  const { redis, prefix, patienceMs = 2_500 } = options;
  const cache = createRecordCache({ redis, prefix });
  const queue = openBullQueue(options);
  const jobs = createJobs({ queue, redis, cache });
  const patiently = <T>(ask: () => Promise<T>) => withinPatience(patienceMs, ask);

  /** Adds a submission's job and notes the submission in the same write, so that the job finds the note when it runs. */
  function submit<T>(queued: QueuedSubmission, note: () => Promise<T>): Promise<[noted: T, isNew: boolean]> {
    return patiently(() => {
      sendTogether(redis);
      return Promise.all([note(), jobs.addRunnable(queued)]);
    });
  }

  return {
    /**
     * Puts a submission into the queue. If the record already has a job that waits, is delayed or runs, it adds no
     * second one and `isNew` is false: that job finds the later submission and makes way for it.
     */
    enqueue: async (submission: Submission, origin: Origin = {}): Promise<{ jobId: string; isNew: boolean }> => {
      const queued = toQueued(submission, origin);
      const [, isNew] = await submit(queued, () => cache.setLatest(queued));
      return { jobId: jobIdOf(submission.kycId), isNew };
    },

    /** Does the same, unless the record was submitted again after `seen` was read. Resolves with whether it did. */
    resubmit: async (submission: Submission, seen: CachedRecord): Promise<boolean> => {
      const queued = toQueued(submission);
      // If this submission is not noted, its job makes way for the noted one.
      const [isNoted] = await submit(queued, () => cache.replaceLatest(queued, seen));
      return isNoted;
    },

    /** Adds the job of a record's later submission, when the job of an earlier submission makes way for it. */
    handOver: (later: QueuedSubmission): Promise<void> => patiently(async () => void (await jobs.add(later))),

    /** Finds the jobs of these records. Records without a job are left out. */
    findJobs: (kycIds: readonly number[]): Promise<readonly FoundJob[]> =>
      withinPatience(patienceMs * 2, () => jobs.findAll(kycIds)),

    /** Adds a lost job again, with the record's latest submission. Resolves with `false` if a worker still holds it. */
    putBack: (job: FoundJob): Promise<boolean> => patiently(() => jobs.putBack(job)),

    /** Describes a record's job; `undefined` if it has no job that a worker can find. */
    describeJob: (kycId: number) => patiently(() => describeJob({ queue, redis, cache }, kycId)),

    /** Runs a delayed job now. */
    runNow: (kycId: number): Promise<"promoted" | "running" | "missing"> =>
      patiently(async () => {
        const job = await readJob(queue, kycId);
        if (job === undefined) return "missing";
        if (!(await job.isDelayed())) return "running";
        await job.promote();
        return "promoted";
      }),

    /** Counts the jobs that wait, run, or wait for their next attempt. */
    depth: () => patiently(() => countJobs(queue)),

    /** The age of the oldest waiting or delayed job, in milliseconds; `null` if no job waits. */
    oldestAgeMs: () => patiently(() => oldestAgeMs(queue, redis)),

    /** Counts the connected workers, busy or not; `null` if Redis does not list its clients. */
    countWorkers: () => patiently(() => countWorkers(queue)),

    /** Reads everything that Redis holds of a record except its job. */
    readRecord: (kycId: number): Promise<CachedRecord> => cache.read(kycId),

    /** Pauses the queue until {@link resume}: running jobs end, and no worker takes another one. */
    pauseUntilResumed: () => patiently(() => queue.pause()),

    /** Ends {@link pauseUntilResumed}. */
    resume: () => patiently(() => queue.resume()),

    /** Whether an operator has paused the queue. */
    isPaused: () => patiently(() => queue.isPaused()),

    /** Pauses all workers for this long, unless they already pause for longer. */
    pause: (durationMs: number): Promise<void> =>
      patiently(async () => {
        if ((await queue.getRateLimitTtl()) >= durationMs) return;
        // Workers obey a pause only if the queue has a rate limit, so set one that is never reached. It stays, and
        // costs each later job three or four commands.
        await queue.setGlobalRateLimit(1_000_000, 1_000);
        await queue.rateLimit(durationMs);
      }),

    /** Ends the connection. */
    close: async (): Promise<void> => {
      await queue.close();
      redis.disconnect();
    },
  };
}

const toQueued = (submission: Submission, origin: Origin = {}): QueuedSubmission => ({
  ...submission,
  ...origin,
  id: randomUUID(),
  submittedAt: Date.now(),
});

function openBullQueue({ redis, prefix, attempts, backoffMs }: QueueOptions): Queue<QueuedSubmission> {
  const queue = new Queue<QueuedSubmission>(QUEUE_NAME, {
    connection: redis,
    prefix,
    // Otherwise BullMQ waits for a ready connection without a limit while Redis is down.
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
  // The failed command rejects anyway. Without a listener, the same error would end the process.
  queue.on("error", () => {});
  return queue;
}

export type VerificationQueue = ReturnType<typeof createQueue>;
