/**
 * Ends runs that reached no verdict. This is the only place that translates errors into BullMQ's actions:
 *
 * | error                                | the job                                         | attempt counts |
 * | ------------------------------------ | ----------------------------------------------- | -------------- |
 * | the worker stops                     | goes back to the front of the queue             | no             |
 * | rate limit of Gemini                 | goes back, and all workers pause                | no             |
 * | provider down, and worth waiting for | waits for the provider's next probe             | no             |
 * | PostgreSQL or Redis unavailable      | waits, until the record's time is over          | no             |
 * | final, without a record to write to  | ends                                            | -              |
 * | anything else                        | is tried again with backoff, then given up      | yes            |
 */
import { DelayedError, RateLimitError as BullRateLimitError, UnrecoverableError, WaitingError, type Job } from "bullmq";
import { PROBE_EVERY_MS } from "../lib/providers/circuit.ts";
import {
  DatabaseUnavailableError,
  describeError,
  FinalError,
  ProviderDownError,
  QueueUnavailableError,
  RateLimitError,
  reasonOf,
  RecordMissingError,
  TransientError,
} from "../lib/errors.ts";
import type { Logger } from "../lib/observe/logger.ts";
import { NO_OBSERVER, type Observer } from "../lib/observe/telemetry.ts";

/** The shortest pause. Redis refuses a pause of 0 ms, and an immediate retry would meet the same limit. */
const MIN_PAUSE_MS = 1_000;

/** The log text for a job without a verdict. The watchdog fails the record, if it exists, after the timeout. */
const GIVEN_UP = "given up: the job ends without a verdict";

interface EndingOptions {
  readonly pauseQueue: (durationMs: number) => Promise<void>;
  /** How long a job waits before its next run if PostgreSQL or Redis does not answer. */
  readonly retryMs?: number | undefined;
  readonly observer?: Observer;
}

/** A failed run. Times are in milliseconds since 1970. */
interface FailedRun {
  readonly job: Job;
  readonly token: string | undefined;
  readonly submittedAt: number;
  /** Until when the job may wait for a dependency. */
  readonly deadline: number;
  readonly isLastAttempt: boolean;
  /** Adds the record and the attempt to each line. */
  readonly log: Logger;
}

/** Creates the verbs that end failed runs. Each throws the error that BullMQ expects. */
export function createEndings({ pauseQueue, retryMs = 5_000, observer = NO_OBSERVER }: EndingOptions) {
  /** Puts a job back into the queue at shutdown. */
  async function giveBack({ job, token, log }: FailedRun): Promise<never> {
    log.info({}, "given back");
    await moved(job.moveToWait(token), log);
    throw new WaitingError();
  }

  async function wait({ job, token, log }: FailedRun, durationMs: number): Promise<never> {
    await moved(job.moveToDelayed(Date.now() + durationMs, token), log);
    throw new DelayedError();
  }

  async function pause(run: FailedRun, retryAfterMs: number): Promise<never> {
    run.log.warn({ retryAfterMs }, "Gemini's rate limit: the queue pauses");
    const paused = await pauseQueue(Math.max(retryAfterMs, MIN_PAUSE_MS)).then(
      () => true,
      () => false,
    );
    if (paused) throw new BullRateLimitError();
    return wait(run, retryAfterMs);
  }

  function retry(error: unknown, { log, isLastAttempt }: FailedRun): never {
    const { kind, ...place } = describeError(error);
    const isOwn = isOwnError(error);
    const message = isOwn ? error.message : `internal_error:${kind}`;
    // Our own errors need no stack in the log: their message names the cause.
    const cause = isOwn ? { kind } : { kind, ...place };
    log.warn({ reason: codeOf(error), error: message, cause }, "attempt failed");
    if (isLastAttempt) log.error({ reason: codeOf(error) }, GIVEN_UP);
    // A new error, because messages and stacks of foreign errors can contain data that must not be in Redis.
    throw new Error(message);
  }

  return {
    giveBack,

    /** Ends a run that has failed. */
    async end(error: unknown, run: FailedRun): Promise<never> {
      const { submittedAt, deadline, log } = run;
      const now = Date.now();
      if (error instanceof FinalError) {
        log.error({ reason: error.reason }, GIVEN_UP);
        throw new UnrecoverableError(error.message);
      }
      const reason = codeOf(error);
      observer.attemptFailed(reason);
      if (error instanceof RateLimitError) return pause(run, error.retryAfterMs);
      if (error instanceof ProviderDownError && error.isWorthWaiting(submittedAt, now)) {
        log.info({ reason }, "the job waits for a provider that is down");
        return wait(run, PROBE_EVERY_MS);
      }
      if (isUnavailable(error) && now + retryMs < deadline) {
        log.warn({ reason, error: error.message, cause: describeError(error.cause) }, "the job waits for a server");
        return wait(run, retryMs);
      }
      return retry(error, run);
    },
  };
}

/** Logs a failed move. The job then stays where it is, and runs again after its lock has expired. */
const moved = (moving: Promise<unknown>, log: Logger) =>
  moving.catch((error: unknown) =>
    log.warn({ cause: describeError(error) }, "queue trouble: it is retried automatically"),
  );

const isUnavailable = (error: unknown): error is DatabaseUnavailableError | QueueUnavailableError =>
  error instanceof DatabaseUnavailableError || error instanceof QueueUnavailableError;

/** Errors of our own, whose messages are safe to log. */
const isOwnError = (error: unknown): error is Error =>
  error instanceof TransientError || error instanceof RecordMissingError || isUnavailable(error);

/** The reason of a failed attempt, as a code. */
function codeOf(error: unknown): string {
  if (error instanceof RecordMissingError) return "record_missing";
  if (error instanceof DatabaseUnavailableError) return "database_unavailable";
  if (error instanceof QueueUnavailableError) return "queue_unavailable";
  return reasonOf(error) ?? "internal_error";
}
