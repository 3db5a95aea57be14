/**
 * How a run ends that came to no verdict: what each error makes BullMQ do with the job. Errors are translated here, once.
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

/** The shortest pause. Redis refuses a pause of no time, and asking again at once would only find the same limit. */
const MIN_PAUSE_MS = 1_000;

/** The watchdog fails the record, if there is one, when its time is over. */
const GIVEN_UP = "given up: the job ends without a verdict";

interface EndingOptions {
  readonly pauseQueue: (durationMs: number) => Promise<void>;
  /** How long a job waits for a database or a Redis that does not answer before it asks again. */
  readonly retryMs?: number | undefined;
  readonly observer?: Observer;
}

/** A run that has thrown. Times are in milliseconds since 1970. */
interface FailedRun {
  readonly job: Job;
  readonly token: string | undefined;
  readonly submittedAt: number;
  /** Until when the job may wait for something. */
  readonly deadline: number;
  readonly isLastAttempt: boolean;
  /** Names the record and the attempt in each line. */
  readonly log: Logger;
}

/** Makes what ends runs. Each verb throws the error that BullMQ understands. */
export function createEndings({ pauseQueue, retryMs = 5_000, observer = NO_OBSERVER }: EndingOptions) {
  /** At shutdown. */
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
    // The place where an error of our own was thrown says nothing new.
    const cause = isOwn ? { kind } : { kind, ...place };
    log.warn({ reason: codeOf(error), error: message, cause }, "attempt failed");
    if (isLastAttempt) log.error({ reason: codeOf(error) }, GIVEN_UP);
    // A new error: messages and stacks of others' errors can hold what must not be in Redis.
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

/** If Redis does not take a move in, the job stays where it is, and is taken up when its lock has run out. */
const moved = (moving: Promise<unknown>, log: Logger) =>
  moving.catch((error: unknown) => log.warn({ cause: describeError(error) }, "queue trouble: it is tried again"));

const isUnavailable = (error: unknown): error is DatabaseUnavailableError | QueueUnavailableError =>
  error instanceof DatabaseUnavailableError || error instanceof QueueUnavailableError;

/** Errors of our own, whose messages are safe to log. */
const isOwnError = (error: unknown): error is Error =>
  error instanceof TransientError || error instanceof RecordMissingError || isUnavailable(error);

/** Why an attempt has failed, as a code. */
function codeOf(error: unknown): string {
  if (error instanceof RecordMissingError) return "record_missing";
  if (error instanceof DatabaseUnavailableError) return "database_unavailable";
  if (error instanceof QueueUnavailableError) return "queue_unavailable";
  return reasonOf(error) ?? "internal_error";
}
