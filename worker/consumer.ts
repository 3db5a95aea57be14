/** The only consumer of the queue: takes jobs, has each verified, and puts a later submission in the place of an earlier. */
import { UnrecoverableError, Worker, type Job } from "bullmq";
import { describeError } from "../lib/errors.ts";
import type { Logger } from "../lib/observe/logger.ts";
import { NO_OBSERVER, type Observer } from "../lib/observe/telemetry.ts";
import { QUEUE_NAME, type VerificationQueue } from "../lib/queue/queue.ts";
import type { RecordCache } from "../lib/queue/record-cache.ts";
import type { RedisConnection } from "../lib/queue/redis.ts";
import { jobIdOf, kycIdOf, parseJob } from "../lib/submission.ts";
import { createEndings } from "./endings.ts";
import type { RunJob } from "./run/run-job.ts";
import { createSuspects } from "./suspects.ts";

/** How long a worker takes no job after Redis has refused something: asked again at once, it would refuse again. */
const REFUSED_PAUSE_MS = 1_000;

interface ConsumerOptions {
  readonly redis: RedisConnection;
  readonly prefix: string;
  readonly concurrency: number;
  readonly lockDurationMs: number;
  readonly stalledIntervalMs: number;
  /** How long after its submission a job may still wait for something. */
  readonly budgetMs: number;
  /** How long a job waits for a database or a Redis that does not answer before it asks again. */
  readonly retryMs?: number;
  readonly runJob: RunJob;
  readonly queue: Pick<VerificationQueue, "pause" | "handOver">;
  readonly cache: Pick<RecordCache, "countAlone" | "forgetAlone" | "readLatest">;
  readonly log: Logger;
  readonly observer?: Observer;
}

/** Starts to take jobs. */
export function createConsumer(options: ConsumerOptions) {
  const { redis, prefix, concurrency, lockDurationMs, stalledIntervalMs, log } = options;
  const shutdown = new AbortController();
  const processJob = createProcessor(options, shutdown.signal);
  const worker = new Worker(QUEUE_NAME, processJob, {
    connection: redis,
    prefix,
    concurrency,
    lockDuration: lockDurationMs,
    stalledInterval: stalledIntervalMs,
    // A job that kills its worker is given up by runJob, which writes a verdict first. BullMQ's own limit would not.
    maxStalledCount: 1_000,
    // Jobs that somebody else has added, without an option of their own, leave Redis too.
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
  });
  let refused: NodeJS.Timeout | undefined;
  worker.on("error", (error) => {
    log.warn({ cause: describeError(error) }, "queue trouble: it is tried again");
    if (error.name !== "ReplyError" || worker.isPaused()) return;
    // BullMQ would ask again at once, thousands of times a second. Jobs that run go on, and so do their locks.
    void worker.pause(true);
    refused = setTimeout(() => void worker.resume(), REFUSED_PAUSE_MS);
  });
  worker.on("stalled", (jobId) =>
    log.warn({ kycId: kycIdOf(jobId) }, "a worker died or hung while it ran this job: it runs again"),
  );

  return {
    /** Stops taking jobs, waits `graceMs` for those that run, then gives back what is left. */
    async close(graceMs: number): Promise<void> {
      clearTimeout(refused);
      const timer = setTimeout(() => shutdown.abort(), graceMs);
      try {
        await worker.close();
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

function createProcessor(options: ConsumerOptions, signal: AbortSignal) {
  const { runJob, queue, cache, budgetMs, retryMs, log, observer = NO_OBSERVER } = options;
  const suspects = createSuspects({ cache });
  const endings = createEndings({ pauseQueue: queue.pause, observer, retryMs });

  /** A job that is not ours changes no record, and keeps no submission from being verified: it makes way for the latest. */
  async function drop(id: string): Promise<void> {
    const kycId = kycIdOf(id);
    log.error({ kycId }, "dropped: this job is not one of this service, or names another record");
    const latest = kycId === undefined ? undefined : await cache.readLatest(kycId);
    if (latest !== undefined) await queue.handOver(latest);
  }

  return async function processJob(job: Job, token: string | undefined): Promise<void> {
    const submission = parseJob(job.id, job.data);
    if (submission === undefined) return drop(job.id ?? "");
    const { kycId, submittedAt, requestId } = submission;
    const attempt = job.attemptsMade + 1;
    const isLastAttempt = attempt >= (job.opts.attempts ?? 1);
    const deadline = submittedAt + budgetMs;
    const ownLog = log.child({ kycId, jobId: jobIdOf(kycId), attempt, requestId });
    try {
      const outcome = await suspects.run(submission, job.stalledCounter, (crashes) => {
        signal.throwIfAborted();
        return runJob({ job: { submission, attempt, isLastAttempt, crashes }, deadline, signal, log: ownLog });
      });
      // BullMQ holds it back until this job has ended, in the same step.
      if (outcome.outcome === "later") await queue.handOver(outcome.submission);
      if (outcome.outcome === "saved" && outcome.failure !== undefined) throw new UnrecoverableError(outcome.failure);
    } catch (error) {
      if (error instanceof UnrecoverableError) throw error;
      const failed = { job, token, submittedAt, deadline, isLastAttempt, log: ownLog };
      await (signal.aborted ? endings.giveBack(failed) : endings.end(error, failed));
    }
  };
}
