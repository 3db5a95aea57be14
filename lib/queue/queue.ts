/**
 * The queue `kyc-jobs`. A job only wakes a worker: the record in PostgreSQL says whether there is anything to do. See
 * LIFECYCLE.md.
 *
 * `kyc-{kycId}` is the job's deduplication id with `keepLastIfActive`: at most one job of a record waits or runs, and what
 * is submitted while it runs becomes the next job in the same script that ends the running one.
 */
import { randomUUID } from "node:crypto";
import { Queue } from "bullmq";
import { bullJobIdOf, jobIdOf, parseJob } from "../submission.ts";
import type { Origin, QueuedSubmission, Submission } from "../submission.ts";
import { createJobInspection } from "./describe.ts";
import { createQueueMeasures } from "./measure.ts";
import { withinPatience } from "./patience.ts";
import { createRecordCache } from "./record-cache.ts";
import { sendTogether, type RedisConnection } from "./redis.ts";

export const QUEUE_NAME = "kyc-jobs";
export const JOB_NAME = "verify";

/** `isNew` is false if the record's job was in the queue already. */
export interface Enqueued {
  readonly jobId: string;
  readonly isNew: boolean;
}

/** The job of a record, as the watchdog sees it. */
export interface InspectedJob {
  /** When the record was last submitted, in milliseconds since 1970; 0 if nobody can tell. */
  readonly submittedAt: number;
  /** Whether it stood in none of the queue's lists, and was put back. */
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
  async function add(submission: QueuedSubmission): Promise<string> {
    const job = await queue.add(JOB_NAME, submission, {
      jobId: bullJobIdOf(submission),
      deduplication: { id: jobIdOf(submission.kycId), keepLastIfActive: true },
    });
    return job.id ?? "";
  }

  /**
   * Puts a submission in the place of a job that no worker can find, because Redis lost the list that it stood in. A job
   * that runs is locked, and stays. Resolves with whether the submission has a job of its own now.
   */
  async function replace(lostId: string, submission: QueuedSubmission): Promise<boolean> {
    // Removed first: a job id that exists swallows what is added under it.
    const isRemoved = (await queue.remove(lostId)) === 1;
    return (await add(submission)) === bullJobIdOf(submission) && isRemoved;
  }

  /** Adds a job, and removes one that no worker can find. */
  async function addRunnable(submission: QueuedSubmission): Promise<{ readonly isNew: boolean }> {
    const found = await add(submission);
    if (found === bullJobIdOf(submission)) return { isNew: true };
    if ((await queue.getJobState(found)) !== "unknown") return { isNew: false };
    return { isNew: await replace(found, submission) };
  }

  /** The job of a record; `undefined` if it has none. A job that no worker can find is replaced. */
  async function inspect(kycId: number): Promise<InspectedJob | undefined> {
    const id = await queue.getDeduplicationJobId(jobIdOf(kycId));
    if (id === null) return undefined;
    const [job, latest, state] = await Promise.all([queue.getJob(id), cache.readLatest(kycId), queue.getJobState(id)]);
    if (job === undefined) return undefined;
    const submission = latest ?? parseJob(id, job.data);
    const wasLost = state === "unknown" && submission !== undefined && (await replace(id, submission));
    return { submittedAt: submission?.submittedAt ?? 0, wasLost };
  }

  return {
    /**
     * Puts a submission into the queue. If the record's job waits, is delayed or runs, no second one is added: the job (or
     * the one that follows a running job) takes the pictures of the latest submission.
     */
    enqueue: (submission: Submission, origin: Origin = {}): Promise<Enqueued> => {
      const queued = { ...submission, ...origin, id: randomUUID(), submittedAt: Date.now() };
      return patiently(async () => {
        sendTogether(redis);
        // Both are written at once, the latest submission first: a job that takes this one up finds it there.
        const [, { isNew }] = await Promise.all([cache.setLatest(queued), addRunnable(queued)]);
        return { jobId: jobIdOf(submission.kycId), isNew };
      });
    },

    /** Puts the later submission of a record into the queue when the job of an earlier one makes way for it. */
    handOver: (later: QueuedSubmission): Promise<void> => patiently(async () => void (await add(later))),

    /** The jobs of those of these records that have one. A job that stood in a list that Redis lost is put back. */
    inspectJobs: (kycIds: readonly number[]): Promise<ReadonlyMap<number, InspectedJob>> =>
      withinPatience(patienceMs * 2, async () => {
        const jobs = await Promise.all(kycIds.map(async (kycId) => [kycId, await inspect(kycId)] as const));
        return new Map(jobs.flatMap(([kycId, job]) => (job === undefined ? [] : [[kycId, job]])));
      }),

    ...createJobInspection({ queue, redis, patiently }),
    ...createQueueMeasures({ queue, redis, patiently }),

    /** Pauses all workers for this long, unless they already pause for longer. */
    pause: async (durationMs: number): Promise<void> => {
      if ((await queue.getRateLimitTtl()) < durationMs) await queue.rateLimit(durationMs);
    },

    /** Resolves when Redis answers. */
    ping: (): Promise<void> => patiently(async () => void (await redis.ping())),

    /** Ends the connection. */
    close: async (): Promise<void> => {
      await queue.close();
      redis.disconnect();
    },
  };
}

export type VerificationQueue = ReturnType<typeof createQueue>;
