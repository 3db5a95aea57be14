/** Verifies the pictures of one submission: returns a sealed verdict, or throws the error that asks for another run. */
import { describeError, FinalError, ProviderDownError, RateLimitError, TransientError } from "../../lib/errors.ts";
import { collectCalls, type Call } from "../../lib/observe/calls.ts";
import type { Logger } from "../../lib/observe/logger.ts";
import { NO_OBSERVER, type Observer } from "../../lib/observe/telemetry.ts";
import type { CachedRecord, RecordCache } from "../../lib/queue/record-cache.ts";
import type { Verdict } from "../../lib/record/database.ts";
import type { Envelope } from "../../lib/record/envelope.ts";
import { REASONS } from "../../lib/reasons.ts";
import { failureResult, successResult } from "../../lib/result.ts";
import type { QueuedSubmission } from "../../lib/submission.ts";
import type { Verify } from "../pipeline/pipeline.ts";
import { createSteps } from "./steps.ts";

/** Two or three crashes of a worker in a row can be bad luck. Five are the job's fault: it is given up. */
const MAX_CRASHES = 5;

/** A job as the queue describes it. */
export interface QueuedJob {
  readonly submission: QueuedSubmission;
  /** Counted from 1. */
  readonly attempt: number;
  readonly isLastAttempt: boolean;
  /** How often a worker died while it ran only this job. */
  readonly crashes: number;
}

/** One run of a job. */
export interface Run {
  readonly job: QueuedJob;
  /** Until when the job may wait for a dependency, in milliseconds since 1970. */
  readonly deadline: number;
  readonly signal: AbortSignal;
  /** Adds the record, the job and the attempt to each line. */
  readonly log: Logger;
}

/** A verdict that is ready to be written. */
export interface SealedVerdict {
  readonly status: Verdict;
  readonly sealed: Buffer;
  /** The reason's code, if it is a failure. */
  readonly reason: string | undefined;
  /** The failure's message, as the contract words it. */
  readonly failure: string | undefined;
}

export interface DecideOptions {
  readonly cache: Pick<RecordCache, "keep">;
  readonly envelope: Envelope;
  readonly verify: Verify;
  /** The service's version, as results name it. */
  readonly version: string;
  readonly now: () => Date;
  readonly observer?: Observer;
}

type Failure = FinalError | TransientError | RateLimitError;

/** Verifies the pictures and seals the verdict. Throws if the job should run again. */
export async function decide(run: Run, cached: CachedRecord, options: DecideOptions) {
  const { job, signal, log } = run;
  const { submission, attempt: attempts, isLastAttempt, crashes } = job;
  const { kycId } = submission;
  const { cache, envelope, verify, version, now, observer = NO_OBSERVER } = options;
  const calls: Call[] = [];
  const steps = createSteps({ submission, cached, cache, envelope, calls, log, observer });
  const queuedMs = Math.max(0, now().getTime() - submission.submittedAt);
  const about = () => {
    const timings = { queuedMs, steps: steps.timings };
    return { kycId, submission, attempts, completedAt: now(), timings, calls, version };
  };
  const seal = (status: Verdict, result: object, failure?: Failure) => {
    const sealed = envelope.seal(kycId, JSON.stringify(result));
    return {
      verdict: { status, sealed, reason: failure?.reason, failure: failure?.message },
      kept: steps.kept(),
    };
  };
  const enter = (call: Call) => {
    calls.push(call);
    observer.call(call);
  };
  try {
    if (crashes >= MAX_CRASHES) throw new FinalError("worker_crashed", "worker_crashed", { facts: { crashes } });
    const verification = await collectCalls(enter, () => verify({ submission, isLastAttempt, steps }, signal));
    return seal("ocr_complete", successResult(about(), verification));
  } catch (error) {
    const failure = asFailure(error, run, now().getTime());
    if (failure === undefined) {
      await steps.kept();
      throw error;
    }
    const { reason, image, facts } = failure;
    // The facts of other classes describe the person's pictures, such as a similarity: do not log them.
    log.info({ reason, image, ...(REASONS[reason].class === "system" && { facts }) }, "failed for good");
    return seal("ocr_failed", failureResult(about(), failure), failure);
  }
}

/** Returns the failure that ends the job; `undefined` if the job should run again. */
function asFailure(error: unknown, { job, deadline, signal }: Run, now: number): Failure | undefined {
  if (signal.aborted) return undefined;
  if (error instanceof FinalError) return error;
  if (error instanceof RateLimitError) return now + error.retryAfterMs < deadline ? undefined : error;
  if (error instanceof ProviderDownError && error.isWorthWaiting(job.submission.submittedAt, now)) return undefined;
  if (!job.isLastAttempt) return undefined;
  if (error instanceof TransientError) return error;
  return new FinalError(`internal_error:${describeError(error).kind}`, "internal_error");
}
