/** Describes a record's job for the operator. */
import type { Job, Queue } from "bullmq";
import { jobIdOf } from "../submission.ts";
import type { JobsOptions } from "./jobs.ts";

/** The state of a job. Times are in milliseconds since 1970. */
export interface JobDescription {
  readonly state: "waiting" | "active" | "delayed" | "prioritized" | "waiting-children";
  readonly enqueuedAt: number;
  /** When the record was last submitted: the job may be older. */
  readonly submittedAt: number;
  /** The running or next attempt, counted from 1. */
  readonly attempt: number;
  readonly attempts: number;
  /** When a delayed job runs again; `null` for other jobs. */
  readonly runsAt: number | null;
  /** The error message of the last failed attempt: our own, without personal data. */
  readonly lastFailure: string | null;
  /** How often BullMQ found the job without a living worker. */
  readonly stalls: number;
  /** How long all workers still pause (0: not at all), and whether an operator has paused the queue. */
  readonly queue: { readonly isPaused: boolean; readonly pausedForMs: number };
}

/** BullMQ's score of a delayed job is a time in milliseconds times this factor, plus a counter. */
const DELAYED_SCORE_FACTOR = 0x1000;

/** Reads a record's job from BullMQ. */
export const readJob = async (queue: Queue, kycId: number): Promise<Job | undefined> =>
  queue.getJob((await queue.getDeduplicationJobId(jobIdOf(kycId))) ?? "");

/** Describes a record's job; `undefined` if it has no job that a worker can find. */
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
  // The job has ended meanwhile, or no worker can find it.
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
