/** The only consumer of the queue: takes jobs, runs them, and adds the later submission's job when one makes way. */
import { randomUUID } from "node:crypto";
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

/** How long a worker takes no job after Redis refused a command: an immediate retry would fail again. */
const REFUSED_PAUSE_MS = 1_000;

interface ConsumerOptions {
  readonly redis: RedisConnection;
  readonly prefix: string;
  readonly concurrency: number;
  readonly lockDurationMs: number;
  readonly stalledIntervalMs: number;
  /** How long a job may wait for a dependency, counted from its submission. */
  readonly budgetMs: number;
  /** How long a job waits before its next run if PostgreSQL or Redis does not answer. */
  readonly retryMs?: number;
  readonly runJob: RunJob;
  readonly queue: Pick<VerificationQueue, "pause" | "handOver">;
  readonly cache: Pick<RecordCache, "countAlone" | "forgetAlone" | "readLatest">;
  readonly log: Logger;
  readonly observer?: Observer;
}

/** Starts a consumer. It takes jobs immediately. */
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
    // runJob gives up a job that kills its workers, and writes a verdict first. BullMQ's own limit would write none.
    maxStalledCount: 1_000,
    // Jobs of other programs, added without these options, leave Redis too.
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
  });
  let refused: NodeJS.Timeout | undefined;
  worker.on("error", (error) => {
    log.warn({ cause: describeError(error) }, "queue trouble: it is retried automatically");
    if (error.name !== "ReplyError" || worker.isPaused()) return;
    // BullMQ would retry immediately, thousands of times a second. Running jobs continue and keep their locks.
    void worker.pause(true);
    refused = setTimeout(() => void worker.resume(), REFUSED_PAUSE_MS);
  });
  worker.on("stalled", (jobId) =>
    log.warn({ kycId: kycIdOf(jobId) }, "a worker died or hung while it ran this job: it runs again"),
  );

  return {
    /** Stops taking jobs, waits `graceMs` for running jobs, then puts the rest back into the queue. */
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

  /** Drops a job that is not ours. It changes no record, and makes way for the record's latest submission. */
  async function drop(id: string): Promise<void> {
    const kycId = kycIdOf(id);
    log.error({ kycId }, "dropped: this job is not one of this service, or names another record");
    const latest = kycId === undefined ? undefined : await cache.readLatest(kycId);
    // The dropped job can be that submission's own, with changed data. BullMQ adds no job whose id exists, so it gets
    // another id here: its run finds the latest submission, and makes way for it.
    if (latest !== undefined) await queue.handOver({ ...latest, id: randomUUID() });
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
      // BullMQ keeps the later job and adds it in the same step that ends this one.
      if (outcome.outcome === "later") await queue.handOver(outcome.submission);
      if (outcome.outcome === "saved" && outcome.failure !== undefined) throw new UnrecoverableError(outcome.failure);
    } catch (error) {
      if (error instanceof UnrecoverableError) throw error;
      const failed = { job, token, submittedAt, deadline, isLastAttempt, log: ownLog };
      await (signal.aborted ? endings.giveBack(failed) : endings.end(error, failed));
    }
  };
}
