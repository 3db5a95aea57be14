/** How the job of a record stands, for the operator. */
import type { Queue } from "bullmq";
import * as z from "zod/mini";
import { jobIdOf } from "../submission.ts";
import { readTimestamp } from "./measure.ts";
import type { RedisConnection } from "./redis.ts";

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

interface InspectionOptions {
  readonly queue: Queue;
  readonly redis: RedisConnection;
  readonly patiently: <T>(ask: () => Promise<T>) => Promise<T>;
}

/** BullMQ's scores of delayed jobs are a time in milliseconds times this, plus a counter. */
const DELAYED_SCORE_FACTOR = 0x1000;

const optionsSchema = z.object({ attempts: z.optional(z.int()) });

/** The verbs of the queue that look at the job of one record. */
export function createJobInspection({ queue, redis, patiently }: InspectionOptions) {
  async function describe(jobId: string): Promise<JobDescription | undefined> {
    const key = queue.toKey(jobId);
    const enqueuedAt = await readTimestamp(redis, key);
    if (enqueuedAt === undefined) return undefined;
    const [state, score, fields, pauseMs, isPaused] = await Promise.all([
      queue.getJobState(jobId),
      redis.zscore(queue.toKey("delayed"), jobId),
      redis.hmget(key, "atm", "opts", "failedReason", "stc"),
      queue.getRateLimitTtl(),
      queue.isPaused(),
    ]);
    // It has ended since, or no worker can find it.
    if (state === "unknown" || state === "completed" || state === "failed") return undefined;
    const [attemptsMade, options, failedReason, stalls] = fields;
    return {
      state,
      enqueuedAt,
      attempt: Number(attemptsMade ?? 0) + 1,
      attempts: attemptsIn(options),
      runsAt: state !== "delayed" || score == null ? null : Math.floor(Number(score) / DELAYED_SCORE_FACTOR),
      lastFailure: failedReason ?? null,
      stalls: Number(stalls ?? 0),
      queue: { isPaused, pausedForMs: Math.max(0, pauseMs) },
    };
  }

  return {
    /** How a record's job stands; `undefined` if it has no job that a worker can find. */
    describeJob: (kycId: number): Promise<JobDescription | undefined> =>
      patiently(async () => {
        const jobId = await queue.getDeduplicationJobId(jobIdOf(kycId));
        return jobId === null ? undefined : describe(jobId);
      }),

    /** Lets a job that waits for its next attempt run now. */
    runNow: (kycId: number): Promise<"promoted" | "running" | "missing"> =>
      patiently(async () => {
        const jobId = await queue.getDeduplicationJobId(jobIdOf(kycId));
        const job = jobId === null ? undefined : await queue.getJob(jobId);
        if (job === undefined) return "missing";
        if (!(await job.isDelayed())) return "running";
        await job.promote();
        return "promoted";
      }),
  };
}

/** How many attempts a job may make. Somebody else's tool may have written its options. */
function attemptsIn(options: string | null | undefined): number {
  try {
    return optionsSchema.parse(JSON.parse(options ?? "")).attempts ?? 1;
  } catch {
    return 1;
  }
}
