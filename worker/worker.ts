/**
 * The only consumer of the queue: parses a job, has it verified, and sees to it that a verdict is in PostgreSQL before the
 * job is acknowledged. Errors are translated here, once, into what BullMQ should do next.
 */
import { setTimeout as delay } from "node:timers/promises";
import {
  DelayedError,
  RateLimitError as BullRateLimitError,
  UnrecoverableError,
  WaitingError,
  Worker,
  type Job,
} from "bullmq";
import { PROBE_EVERY_MS } from "../lib/providers/circuit.ts";
import {
  describeError,
  DatabaseUnavailableError,
  FinalError,
  ProviderDownError,
  QueueUnavailableError,
  RateLimitError,
  reasonOf,
  RecordMissingError,
  TransientError,
} from "../lib/errors.ts";
import type { Logger } from "../lib/observe/logger.ts";
import { QUEUE_NAME } from "../lib/queue/queue.ts";
import type { RedisConnection } from "../lib/queue/redis.ts";
import { jobDataSchema, kycIdOf, type JobData } from "../lib/submission.ts";
import { endWithoutVerdict, type NextRun } from "../lib/queue/superseded-job.ts";
import { NO_OBSERVER, type Observer } from "../lib/observe/telemetry.ts";
import type { JobOutcome, QueuedJob, RunJob } from "./run-job.ts";
import { createSuspects } from "./suspects.ts";

/** The shortest pause: Redis refuses one of no time, and asking again at once would only find the same limit. */
const MIN_PAUSE_MS = 1_000;

/** KEYS: the job's lock, the job. ARGV: the lock's token, the data. */
const KEEP_IF_OURS = `
  if redis.call("GET", KEYS[1]) ~= ARGV[1] or redis.call("EXISTS", KEYS[2]) == 0 then return 0 end
  redis.call("HSET", KEYS[2], "data", ARGV[2])
  return 1`;

/** So often a lock is renewed in the time that it lasts: one renewal may be lost. */
const RENEWALS_IN_A_LOCK = 4;

/** How long a worker takes no job after Redis has refused something: asked again at once, it would refuse again. */
const REFUSED_PAUSE_MS = 1_000;

interface WorkerOptions {
  readonly redis: RedisConnection;
  readonly prefix: string;
  readonly concurrency: number;
  readonly lockDurationMs: number;
  readonly stalledIntervalMs: number;
  /** How long after its submission a job may still wait for something. */
  readonly budgetMs: number;
  /** How long a job waits for a database that does not answer before it asks again. */
  readonly databaseRetryMs?: number;
  readonly runJob: RunJob;
  readonly pauseQueue: (durationMs: number) => Promise<void>;
  readonly log: Logger;
  readonly observer?: Observer;
}

/** Starts to take jobs. */
export function createVerificationWorker({
  redis,
  prefix,
  concurrency,
  lockDurationMs,
  stalledIntervalMs,
  budgetMs,
  databaseRetryMs = 5_000,
  runJob,
  pauseQueue,
  log,
  observer = NO_OBSERVER,
}: WorkerOptions) {
  const shutdown = new AbortController();
  const suspects = createSuspects();
  const { giveBack, startAnew, translate } = createEndings({ pauseQueue, databaseRetryMs, log, observer, takeUpNext });

  async function processJob(job: Job<JobData>, token: string | undefined) {
    const lost = new AbortController();
    const ended = new AbortController();
    const signal = AbortSignal.any([shutdown.signal, lost.signal]);
    const deadline = submittedAt(job) + budgetMs;
    const check = async () => {
      if (!(await isOurs(job, token))) lost.abort();
    };
    const update = async (data: JobData) => {
      if (await keep(job, token, data)) return;
      await check();
      lost.signal.throwIfAborted();
      throw new Error("The job is not in Redis any more.");
    };
    const turn = { data: job.data, stalls: job.stalledCounter, update };
    void renewLock(job, check, AbortSignal.any([lost.signal, ended.signal]));
    try {
      const outcome = await suspects.run(turn, ({ data, crashes }) => {
        signal.throwIfAborted();
        return runJob({ job: view(job, { data, crashes, update }), deadline, signal, log });
      });
      if (isSuperseded(outcome) && (await takeUpNext(job, token, nextRunOf(outcome))))
        return await startAnew(job, token);
      if (outcome.failedReason !== undefined) throw new UnrecoverableError(outcome.failedReason);
      return outcome;
    } catch (error) {
      if (error instanceof UnrecoverableError || error instanceof WaitingError) throw error;
      if (shutdown.signal.aborted) return giveBack(job, token);
      if (signal.aborted) throw new Error("The job's lock was lost: another worker has it.");
      return translate(error, job, token, deadline);
    } finally {
      ended.abort();
    }
  }

  const keyOf = (job: Job<JobData>) => `${prefix}:${QUEUE_NAME}:${job.id}`;

  /**
   * Keeps a job's data where the job is still this worker's; both in one step, or a worker that was frozen between the two
   * could write over the data of a newer submission. Resolves with whether it was.
   */
  async function keep(job: Job<JobData>, token: string | undefined, data: JobData): Promise<boolean> {
    const key = keyOf(job);
    try {
      return (await redis.eval(KEEP_IF_OURS, 2, `${key}:lock`, key, token ?? "", JSON.stringify(data))) === 1;
    } catch (cause) {
      throw new QueueUnavailableError("Redis did not keep the job's data", { cause });
    }
  }

  /** Whether no other worker has the job. One that is in Redis no more (which may have lost its disk) is nobody's. */
  async function isOurs(job: Job<JobData>, token: string | undefined): Promise<boolean> {
    if ((await job.extendLock(token ?? "", lockDurationMs)) === 1) return true;
    return (await job.getState()) === "unknown";
  }

  /**
   * Renews a run's lock until it is over, and aborts the run where another worker has the job. BullMQ's own renewal knows a job
   * by its id alone: a run here that has lost its job would end the renewal of the job's next run here, by its own end.
   */
  async function renewLock(job: Job<JobData>, check: () => Promise<void>, over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      await delay(lockDurationMs / RENEWALS_IN_A_LOCK, undefined, { signal: over }).catch(() => {});
      if (!over.aborted) await check().catch(tell(job));
    }
  }

  const tell = (job: Job<JobData>) => (error: unknown) =>
    log.warn({ ...about(job), cause: describeError(error) }, "queue trouble: it is tried again");

  /** Whether a job that can come to no verdict has a later submission's data now, of which it kept a note. */
  async function takeUpNext(job: Job<JobData>, token: string | undefined, next: NextRun): Promise<boolean> {
    try {
      return await endWithoutVerdict(redis, keyOf(job), token ?? "", next);
    } catch (cause) {
      throw new QueueUnavailableError("Redis did not end the job", { cause });
    }
  }

  const worker = new Worker<JobData, JobOutcome>(QUEUE_NAME, processJob, {
    connection: redis,
    prefix,
    concurrency,
    lockDuration: lockDurationMs,
    skipLockRenewal: true,
    stalledInterval: stalledIntervalMs,
    // A job that kills its worker is given up by runJob, which writes a verdict first; BullMQ's own limit would not.
    maxStalledCount: 1_000,
    // Without a limiter, this worker would not obey a pause that another one has asked for. Its own count lives for a
    // millisecond, or a pause shorter than that would be taken for one that has been set already.
    limiter: { max: 1_000_000, duration: 1 },
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
    log.warn({ kycId: kycIdOf(jobId), jobId }, "a worker died or hung while it ran this job: it runs again"),
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

interface EndingOptions extends Pick<WorkerOptions, "pauseQueue" | "log"> {
  readonly databaseRetryMs: number;
  readonly observer: Observer;
  readonly takeUpNext: (job: Job<JobData>, token: string | undefined, next: NextRun) => Promise<boolean>;
}

/** How a run ends that has not come to a verdict: what BullMQ is told to do with the job. */
function createEndings({ pauseQueue, databaseRetryMs, log, observer, takeUpNext }: EndingOptions) {
  /** At shutdown: the job goes back to the front of the queue, and its attempt does not count. */
  async function giveBack(job: Job<JobData>, token: string | undefined): Promise<never> {
    log.info(about(job), "given back");
    await job.moveToWait(token);
    throw new WaitingError();
  }

  /** The job has the data of a newer submission, and waits its turn. */
  async function startAnew(job: Job<JobData>, token: string | undefined): Promise<never> {
    log.info(about(job), "no verdict, and submitted again since: it starts anew");
    // Where Redis does not take that in, the job is taken up when its lock has run out.
    await job.moveToWait(token).catch((error: unknown) => {
      log.warn({ ...about(job), cause: describeError(error) }, "queue trouble: it is tried again");
    });
    throw new WaitingError();
  }

  async function translate(
    error: unknown,
    job: Job<JobData>,
    token: string | undefined,
    deadline: number,
  ): Promise<never> {
    if (error instanceof RateLimitError) {
      observer.attemptFailed(error.reason);
      log.warn({ ...about(job), retryAfterMs: error.retryAfterMs }, "Gemini's rate limit: the queue pauses");
      const paused = await pauseQueue(Math.max(error.retryAfterMs, MIN_PAUSE_MS)).then(
        () => true,
        () => false,
      );
      if (paused) throw new BullRateLimitError();
      return wait(job, token, error.retryAfterMs);
    }
    if (error instanceof ProviderDownError && error.isWorthWaiting(submittedAt(job), Date.now())) {
      observer.attemptFailed(error.reason);
      log.info({ ...about(job), reason: error.reason }, "the job waits for a provider that is down");
      return wait(job, token, PROBE_EVERY_MS);
    }
    if (error instanceof DatabaseUnavailableError && Date.now() + databaseRetryMs < deadline) {
      observer.attemptFailed(codeOf(error));
      log.warn({ ...about(job), reason: codeOf(error), error: error.message }, "the job waits for the database");
      return wait(job, token, databaseRetryMs);
    }
    // One that is full, say.
    if (error instanceof QueueUnavailableError && Date.now() + databaseRetryMs < deadline) {
      observer.attemptFailed(codeOf(error));
      log.warn({ ...about(job), reason: codeOf(error), cause: describeError(error.cause) }, "the job waits for Redis");
      return wait(job, token, databaseRetryMs);
    }
    // Without a record to write to, there is nothing that a further attempt could do.
    if (error instanceof FinalError) {
      log.error({ ...about(job), reason: error.reason }, GIVEN_UP);
      throw new UnrecoverableError(error.message);
    }
    const { kind, ...place } = describeError(error);
    const message = isTold(error) ? error.message : `internal_error:${kind}`;
    observer.attemptFailed(codeOf(error));
    // Where an error of our own was thrown is known.
    const cause = isTold(error) ? { kind } : { kind, ...place };
    log.warn({ ...about(job), reason: codeOf(error), error: message, cause }, "attempt failed");
    if (isLastAttempt(job)) {
      if (await takeUpNext(job, token, { mayStartAnew: true }).catch(() => false)) return startAnew(job, token);
      log.error({ ...about(job), reason: codeOf(error) }, GIVEN_UP);
    }
    // A new error: messages and stacks of others' errors can hold what must not be in Redis.
    throw new Error(message);
  }

  /**
   * The job runs again after this time, and its attempt does not count. Where Redis does not take that in, it stays where it
   * is, and is taken up when its lock has run out.
   */
  async function wait(job: Job<JobData>, token: string | undefined, durationMs: number): Promise<never> {
    await job.moveToDelayed(Date.now() + durationMs, token).catch((error: unknown) => {
      log.warn({ ...about(job), cause: describeError(error) }, "queue trouble: it is tried again");
    });
    throw new DelayedError();
  }

  return { giveBack, startAnew, translate };
}

const isSuperseded = ({ outcome }: JobOutcome): boolean => outcome === "superseded" || outcome === "reopened";

/** Where the record is in review again, a submission since then has the fence of that moment. */
const nextRunOf = ({ outcome, baseline }: JobOutcome): NextRun => ({ mayStartAnew: outcome === "reopened", baseline });

/** Errors of our own, whose messages may be told. */
const isTold = (error: unknown): error is Error =>
  [TransientError, DatabaseUnavailableError, RecordMissingError].some((known) => error instanceof known);

/** The watchdog fails the record, if there is one, when its time is over. */
const GIVEN_UP = "given up: the job ends without a verdict";

/** Why an attempt has failed, as a code. */
function codeOf(error: unknown): string {
  if (error instanceof RecordMissingError) return "record_missing";
  if (error instanceof DatabaseUnavailableError) return "database_unavailable";
  if (error instanceof QueueUnavailableError) return "queue_unavailable";
  return reasonOf(error) ?? "internal_error";
}

const isLastAttempt = (job: Job): boolean => job.attemptsMade + 1 >= (job.opts.attempts ?? 1);

/** What correlates a line of the log with the record and with the request that submitted it. */
const about = (job: Job<JobData>) => ({
  kycId: kycIdOf(job.id ?? ""),
  jobId: job.id,
  attempt: job.attemptsMade + 1,
  requestId: jobDataSchema.safeParse(job.data).data?.requestId,
});

/** What of BullMQ's job the rest of the worker needs. */
function view(job: Job<JobData>, run: Pick<QueuedJob, "data" | "crashes" | "update">): QueuedJob {
  return {
    ...run,
    id: job.id ?? "",
    attempt: job.attemptsMade + 1,
    isLastAttempt: isLastAttempt(job),
    enqueuedAt: submittedAt(job),
  };
}

/** Milliseconds since 1970. A job that Redis has dropped all but the id of was submitted nobody knows when. */
const submittedAt = ({ timestamp }: Job): number => (Number.isFinite(timestamp) ? timestamp : Date.now());
