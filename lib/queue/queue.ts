/**
 * The queue `kyc-jobs`. A job only wakes a worker: the record in PostgreSQL says whether there is anything to do. See
 * LIFECYCLE.md.
 */
import { randomUUID } from "node:crypto";
import { Queue } from "bullmq";
import { bullJobIdOf, jobIdOf, parseJobText } from "../submission.ts";
import type { Origin, QueuedSubmission, Submission } from "../submission.ts";
import { describeJob } from "./describe.ts";
import { countJobs, oldestAgeMs } from "./measure.ts";
import { withinPatience } from "./patience.ts";
import { createRecordCache } from "./record-cache.ts";
import { sendTogether, unlessWrongType, type RedisConnection } from "./redis.ts";

export const QUEUE_NAME = "kyc-jobs";
export const JOB_NAME = "verify";

/** The job of a record, as the watchdog sees it. */
export interface InspectedJob {
  /** When the record was last submitted, in milliseconds since 1970; 0 if nobody can tell. */
  readonly submittedAt: number;
  /** Whether no worker could take it up, because it stood in none of the queue's lists or cannot be read, and it was replaced. */
  readonly wasLost: boolean;
}

interface QueueOptions {
  readonly redis: RedisConnection;
  readonly prefix: string;
  readonly attempts: number;
  readonly backoffMs: number;
  /** How long a caller waits for Redis before {@link QueueUnavailableError}. */
  readonly patienceMs?: number;
}

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

  /** Adds a job, unless the record has one; resolves with the id of the job that it has then. */
  async function add(submission: QueuedSubmission): Promise<string | undefined> {
    const deduplication = { id: jobIdOf(submission.kycId), keepLastIfActive: true };
    const job = await queue.add(JOB_NAME, submission, { jobId: bullJobIdOf(submission), deduplication });
    return job.id;
  }

  /** What a job holds, if it is ours, and whether a worker can take it up: Redis may have lost the list that it stood in. */
  async function look(id: string) {
    const data = unlessWrongType(redis.hget(queue.toKey(id), "data"));
    const [text, state] = await Promise.all([data, queue.getJobState(id)]);
    const submission = parseJobText(id, text);
    return { submission, isGone: text === null, isRunnable: submission !== undefined && state !== "unknown" };
  }

  /** Puts a submission in the place of a job that no worker can take up, and says whether it did: a worker may hold it. */
  async function replace(id: string, submission: QueuedSubmission): Promise<boolean> {
    // The id is never used again, so this cannot take away a job that somebody has just added.
    if ((await queue.remove(id)) === 0) return false;
    await add(submission);
    return true;
  }

  /** Adds a job in the place of one that no worker can take up, and beside no other. */
  async function addRunnable(submission: QueuedSubmission): Promise<boolean> {
    const found = await add(submission);
    if (found === undefined || found === bullJobIdOf(submission)) return true;
    return !(await look(found)).isRunnable && replace(found, submission);
  }

  async function inspect(kycId: number): Promise<[number, InspectedJob][]> {
    const id = await unlessWrongType(queue.getDeduplicationJobId(jobIdOf(kycId)));
    if (id == null) return [];
    const [job, latest] = await Promise.all([look(id), cache.readLatest(kycId)]);
    // It has just ended. To add it again would verify old pictures, if the backend has reopened the record meanwhile.
    if (job.isGone) return [];
    const submission = latest ?? job.submission;
    if (submission === undefined) return [[kycId, { submittedAt: 0, wasLost: false }]];
    const wasLost = !job.isRunnable && (await replace(id, submission));
    return [[kycId, { submittedAt: submission.submittedAt, wasLost }]];
  }

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
        const [, isNew] = await Promise.all([cache.setLatest(queued), addRunnable(queued)]);
        return { jobId: jobIdOf(submission.kycId), isNew };
      });
    },

    /** Puts the later submission of a record into the queue when the job of an earlier one makes way for it. */
    handOver: (later: QueuedSubmission): Promise<void> => patiently(async () => void (await add(later))),

    /** The jobs of those of these records that have one. A job that stood in a list that Redis lost is put back. */
    inspectJobs: (kycIds: readonly number[]): Promise<ReadonlyMap<number, InspectedJob>> =>
      withinPatience(patienceMs * 2, async () => new Map((await Promise.all(kycIds.map(inspect))).flat())),

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
