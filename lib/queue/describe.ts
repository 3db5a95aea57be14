/** How the job of a record stands, for the operator. */
import type { Job, Queue } from "bullmq";
import { jobIdOf } from "../submission.ts";
import type { JobsOptions } from "./jobs.ts";

/** How a job stands; times are in milliseconds since 1970. */
export interface JobDescription {
  readonly state: "waiting" | "active" | "delayed" | "prioritized" | "waiting-children";
  readonly enqueuedAt: number;
  /** When the record was last submitted: the job may be older. */
  readonly submittedAt: number;
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

/** BullMQ's scores of delayed jobs are a time in milliseconds times this, plus a counter. */
const DELAYED_SCORE_FACTOR = 0x1000;

/** A record's job as BullMQ holds it. */
export const readJob = async (queue: Queue, kycId: number): Promise<Job | undefined> =>
  queue.getJob((await queue.getDeduplicationJobId(jobIdOf(kycId))) ?? "");

/** How a record's job stands; `undefined` if it has no job that a worker can find. */
export async function describeJob(
  { queue, redis, cache }: JobsOptions,
  kycId: number,
): Promise<JobDescription | undefined> {
  const job = await readJob(queue, kycId);
  if (job?.id === undefined) return undefined;
  const [latest, state, score, pauseMs, isPaused] = await Promise.all([
    cache.readLatest(kycId),
    queue.getJobState(job.id),
    redis.zscore(queue.toKey("delayed"), job.id),
    queue.getRateLimitTtl(),
    queue.isPaused(),
  ]);
  // It has ended since, or no worker can find it.
  if (state === "unknown" || state === "completed" || state === "failed") return undefined;
  return {
    state,
    enqueuedAt: job.timestamp,
    submittedAt: latest?.submittedAt ?? job.timestamp,
    attempt: job.attemptsMade + 1,
    attempts: job.opts.attempts ?? 1,
    runsAt: state === "delayed" && score != null ? Math.floor(Number(score) / DELAYED_SCORE_FACTOR) : null,
    lastFailure: job.failedReason ?? null,
    stalls: job.stalledCounter,
    queue: { isPaused, pausedForMs: Math.max(0, pauseMs) },
  };
}
