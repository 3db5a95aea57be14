/**
 * The queue `kyc-jobs`: one job `kyc-{kycId}` for a record, from its submission to its verdict.
 *
 * A job leaves Redis when it is finished, because the record in PostgreSQL is what counts, and because a finished job
 * that stayed would swallow the next submission of the same id.
 */
import { setTimeout as delay } from "node:timers/promises";
import { Queue } from "bullmq";
import * as z from "zod/mini";
import { QueueUnavailableError } from "../errors.ts";
import { sendTogether, type RedisConnection } from "./redis.ts";
import { ABANDONED, markAbandoned, noteResubmission } from "./superseded-job.ts";
import { jobDataSchema, jobIdOf, type JobData, type Submission } from "../submission.ts";

/** Where a submission came from: what correlates its job with the request. */
type Origin = Pick<JobData, "requestId" | "receivedAt" | "traceparent">;

export const QUEUE_NAME = "kyc-jobs";
export const JOB_NAME = "verify";

/** How long a caller whose record's last job is just ending waits before it asks again. */
const ENDING_POLL_MS = 20;

/** A job may have been ended by a clock that is ahead of this one: its age is no reason to leave it. */
const ANY_AGE = Number.MIN_SAFE_INTEGER;

/** About as long as it takes to replace a connection. */
const RECONNECT_MS = 100;

/** How far a job has come: it has run, once it has a fence; and it has reached its verdict, which may show already. */
const progressSchema = z.object({ baseline: z.optional(z.unknown()), verdict: z.optional(z.unknown()) });

/** Where a job is that has been put aside until PostgreSQL is back. */
const PUT_ASIDE: ReadonlySet<string> = new Set(["delayed", "waiting", "prioritized"]);

/** Where BullMQ counts how often a job was taken up. */
const TAKEN_COUNTER = "ats";

/** Where BullMQ counts how often a job was found without a living worker. */
const STALLED_COUNTER = "stc";

/** Why a job that is in the queue stands in no submission's way. */
type JobEnd = "finished" | "ending" | "abandoned";

/** `isNew` is false where the record's job was in the queue already. */
export interface Enqueued {
  readonly jobId: string;
  readonly isNew: boolean;
}

/** How a job stands; times are in milliseconds since 1970. */
export interface JobDescription {
  readonly state: "waiting" | "active" | "delayed" | "prioritized" | "waiting-children";
  readonly enqueuedAt: number;
  /** The attempt that runs or is next, counted from 1. */
  readonly attempt: number;
  readonly attempts: number;
  /** When a delayed job runs again; `null` for the others. */
  readonly runsAt: number | null;
  /** The message of the last attempt that failed: one of ours, without personal data. */
  readonly lastFailure: string | null;
  /** How often it was found without a living worker. */
  readonly stalls: number;
  /** For how long all workers pause (0: they do not), and whether somebody has paused the queue until further notice. */
  readonly queue: { readonly isPaused: boolean; readonly pausedForMs: number };
}

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

  /**
   * Adds a job, and says whether it, or an earlier one that has not reached its verdict, is in the queue now.
   *
   * The look goes first, and both leave together: what the look does not find, the submission cannot vanish behind, and
   * a verdict that is reached between the two was not to be seen when the submission was made.
   */
  async function add(jobId: string, data: JobData): Promise<"new" | "queued" | JobEnd> {
    sendTogether(redis);
    const [earlier] = await Promise.all([redis.hgetall(queue.toKey(jobId)), queue.add(JOB_NAME, data, { jobId })]);
    if (Object.keys(earlier).length === 0) return "new";
    if (earlier["progress"] === ABANDONED) return "abandoned";
    // What has finished and is still there was kept by somebody's tool.
    if (earlier["finishedOn"] !== undefined) return "finished";
    const before = readJson(earlier["data"]);
    // What cannot be read comes to no verdict: no worker can so much as take it up.
    if (before === undefined) return "ending";
    const { baseline, verdict } = progressSchema.safeParse(before).data ?? {};
    if (verdict !== undefined && !(await isStillToBeSaved(jobId, before, data))) return "ending";
    // A job that was never taken up will find the record as this submission's caller has left it.
    const wasTaken = baseline !== undefined || earlier[TAKEN_COUNTER] !== undefined;
    return !wasTaken || (await noteResubmission(redis, queue.toKey(jobId), data)) ? "queued" : "ending";
  }

  /**
   * Whether an equal submission's verdict waits for PostgreSQL, so that nobody can have seen it: a new job would only pay
   * for the same verdict again. A job whose worker has died may have been saved just before, and does not count.
   */
  async function isStillToBeSaved(jobId: string, before: unknown, next: Submission): Promise<boolean> {
    const earlier = jobDataSchema.safeParse(before).data;
    if (earlier === undefined || !isEqual(earlier, next)) return false;
    if ((await redis.hget(queue.toKey(jobId), STALLED_COUNTER)) !== null) return false;
    return PUT_ASIDE.has(await queue.getJobState(jobId));
  }

  /** Makes room for a new job of a record whose last one has ended, or is about to. */
  async function makeRoom(jobId: string, last: JobEnd): Promise<void> {
    // The run goes on without its job, and writes nothing: the record's fence and the lost lock both keep it from that.
    if (last === "abandoned") await redis.del(`${queue.toKey(jobId)}:lock`);
    if (last === "finished") {
      // Cleaning takes finished jobs only, in one atomic step each: unlike removing the job by its id, it cannot take
      // a job that an equal submission has just added.
      const cleaned = [...(await queue.clean(ANY_AGE, 0, "completed")), ...(await queue.clean(ANY_AGE, 0, "failed"))];
      if (cleaned.length === 0) await delay(ENDING_POLL_MS);
    }
    // A job that runs is locked and stays; one whose worker has died would keep the caller waiting until it runs again.
    if (last !== "finished" && (await queue.remove(jobId)) === 0) await delay(ENDING_POLL_MS);
  }

  return {
    /**
     * Puts a submission into the queue, unless its job is waiting, delayed or running already. A job that has reached its
     * verdict counts no more, unless it is about the same pictures and waits for PostgreSQL: who submits again because the
     * verdict can be seen would vanish behind it.
     */
    enqueue: (submission: Submission, origin: Origin = {}): Promise<Enqueued> =>
      withinPatience(patienceMs, async () => {
        const jobId = jobIdOf(submission.kycId);
        const data: JobData = { ...submission, ...origin };
        const until = performance.now() + patienceMs;
        for (;;) {
          const state = await add(jobId, data);
          if (state === "new" || state === "queued") return { jobId, isNew: state === "new" };
          if (performance.now() > until) throw new QueueUnavailableError("The record's last job did not end in time");
          await makeRoom(jobId, state);
        }
      }),

    /** The records' jobs that are in the queue, with the time of their submission in milliseconds since 1970. */
    findJobs: (kycIds: readonly number[]): Promise<ReadonlyMap<number, { enqueuedAt: number }>> =>
      withinPatience(patienceMs * 2, async () => {
        const jobs = await Promise.all(
          kycIds.map(async (kycId) => {
            const enqueuedAt = await readSubmissionTime(redis, queue.toKey(jobIdOf(kycId)));
            return enqueuedAt === undefined ? [] : [[kycId, { enqueuedAt }] as const];
          }),
        );
        return new Map(jobs.flat());
      }),

    /** How a record's job stands; `undefined` where it has none that still has something to do. */
    describeJob: (kycId: number) => withinPatience(patienceMs, () => describeJob(queue, redis, jobIdOf(kycId))),

    /**
     * Takes a record's job that was submitted before this time (in milliseconds since 1970) out of the queue, unless it is
     * running: then a new submission need not wait for it. `unfenced` is a job that stays and could still overwrite a
     * verdict that is written now: it is younger, or has only just started.
     */
    takeOut: (kycId: number, submittedBefore: number): Promise<"out" | "running" | "unfenced"> =>
      withinPatience(patienceMs, async () => {
        const jobId = jobIdOf(kycId);
        const key = queue.toKey(jobId);
        const submittedAt = await readSubmissionTime(redis, key);
        if (submittedAt !== undefined && submittedAt > submittedBefore) return "unfenced";
        // A job that runs is locked and stays; that of a worker that has died is not.
        if ((await queue.remove(jobId)) !== 0) return "out";
        const data = jobDataSchema.safeParse(readJson(await redis.hget(key, "data"))).data;
        // What a job writes whose data makes no sense can overwrite no verdict.
        if (data !== undefined && data.baseline === undefined) return "unfenced";
        const marked = await markAbandoned(redis, key).then(
          () => true,
          () => false,
        );
        // Unmarked (a Redis that is full refuses it), it would swallow the record's next submission.
        return marked ? "running" : "unfenced";
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
    depth: () => withinPatience(patienceMs, () => countJobs(queue)),

    /** How long ago the oldest job that waits was submitted, in milliseconds; `null` where none waits. */
    oldestAgeMs: (): Promise<number | null> =>
      withinPatience(patienceMs, async () => {
        const submitted = await readOldestTimes(queue, redis);
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

async function countJobs(queue: Queue<JobData>): Promise<{ waiting: number; active: number; delayed: number }> {
  const { waiting = 0, active = 0, delayed = 0 } = await queue.getJobCounts("waiting", "active", "delayed");
  return { waiting, active, delayed };
}

/** When the jobs were submitted that have waited for longest, each in its state. */
async function readOldestTimes(queue: Queue<JobData>, redis: RedisConnection): Promise<number[]> {
  const jobIds = await queue.getRanges(["waiting", "delayed"], 0, 0, true);
  const times = await Promise.all(jobIds.map((jobId) => readSubmissionTime(redis, queue.toKey(jobId))));
  return times.flatMap((time) => (time === undefined || time === 0 ? [] : [time]));
}

/**
 * When a job that has not finished was submitted; 0 where somebody has written over that. Nothing else of it is read, and
 * what is no job, although it stands where one would, is none: neither must hide the other records' jobs.
 */
async function readSubmissionTime(redis: RedisConnection, key: string): Promise<number | undefined> {
  try {
    const [timestamp, finishedOn] = await redis.hmget(key, "timestamp", "finishedOn");
    if (timestamp == null || finishedOn != null) return undefined;
    return Number.isFinite(Number(timestamp)) ? Number(timestamp) : 0;
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("WRONGTYPE")) return undefined;
    throw error;
  }
}

/** The sorted set of the delayed jobs has a job's time times this, plus a counter. */
const DELAYED_SCORE_FACTOR = 0x1000;

const attemptsSchema = z.object({ attempts: z.optional(z.int()) });

async function describeJob(
  queue: Queue<JobData>,
  redis: RedisConnection,
  jobId: string,
): Promise<JobDescription | undefined> {
  const key = queue.toKey(jobId);
  const enqueuedAt = await readSubmissionTime(redis, key);
  if (enqueuedAt === undefined) return undefined;
  const [state, score, fields, pauseMs, isPaused] = await Promise.all([
    queue.getJobState(jobId),
    redis.zscore(queue.toKey("delayed"), jobId),
    redis.hmget(key, "atm", "opts", "failedReason", STALLED_COUNTER),
    queue.getRateLimitTtl(),
    queue.isPaused(),
  ]);
  // It has ended since it was looked for.
  if (state === "unknown" || state === "completed" || state === "failed") return undefined;
  const [attemptsMade, options, failedReason, stalls] = fields;
  return {
    state,
    enqueuedAt,
    attempt: Number(attemptsMade ?? 0) + 1,
    attempts: attemptsSchema.safeParse(readJson(options)).data?.attempts ?? 1,
    runsAt: state !== "delayed" || score == null ? null : Math.floor(Number(score) / DELAYED_SCORE_FACTOR),
    lastFailure: failedReason ?? null,
    stalls: Number(stalls ?? 0),
    queue: { isPaused, pausedForMs: Math.max(0, pauseMs) },
  };
}

/** `undefined` where there is nothing, or nothing that can be read: somebody else's tool has written it. */
function readJson(text: string | null | undefined): unknown {
  try {
    return text == null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether two submissions are about the same person and the same pictures. */
const isEqual = (one: Submission, other: Submission): boolean =>
  one.userId === other.userId &&
  one.kycId === other.kycId &&
  one.passportKey === other.passportKey &&
  one.selfieKey === other.selfieKey &&
  (one.stampKey ?? null) === (other.stampKey ?? null);

export type VerificationQueue = ReturnType<typeof createQueue>;

/**
 * Asks, and where that fails asks once more: a connection that has died shows it at the first use. Both are safe, because
 * a job's id makes adding it idempotent, and what has been taken out stays out.
 */
async function withinPatience<T>(patienceMs: number, ask: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const askAgain = async (error: unknown) => {
    if (error instanceof QueueUnavailableError) throw error;
    await delay(RECONNECT_MS);
    if (timer === undefined) throw error;
    return ask();
  };
  const patience = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      timer = undefined;
      reject(new QueueUnavailableError("Redis did not answer in time"));
    }, patienceMs);
  });
  try {
    return await Promise.race([ask().catch(askAgain), patience]);
  } catch (error) {
    if (error instanceof QueueUnavailableError) throw error;
    throw new QueueUnavailableError("Redis refused or could not be reached", { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
