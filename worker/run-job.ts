/**
 * One run of one job, from its submission to a verdict in PostgreSQL. See `lib/queue/LIFECYCLE.md`.
 *
 * A job may run twice, and late. That is harmless: the record says whether there is anything to do, both before the run and,
 * under the row's lock, before the save; the fence says whether somebody has decided in between; and what was paid for is
 * kept by what was asked.
 */
import {
  describeError,
  FinalError,
  ProviderDownError,
  RateLimitError,
  RecordMissingError,
  TransientError,
} from "../lib/errors.ts";
import type { Logger } from "../lib/observe/logger.ts";
import { NO_OBSERVER, type Observer } from "../lib/observe/telemetry.ts";
import { inSpan } from "../lib/observe/tracing.ts";
import { collectCalls, type Call } from "../lib/providers/calls.ts";
import { fenceOf, type CachedRecord, type RecordCache } from "../lib/queue/record-cache.ts";
import type { Database, RecordState, Verdict } from "../lib/record/database.ts";
import type { Envelope } from "../lib/record/envelope.ts";
import { mayVerify } from "../lib/record/may-verify.ts";
import { toDecidedRecord } from "../lib/record/verdict-subject.ts";
import { failureResult, successResult } from "../lib/result.ts";
import { jobIdOf, type QueuedSubmission } from "../lib/submission.ts";
import { reportWait } from "./job-trace.ts";
import { createMissedSubmissions } from "./missed-submissions.ts";
import type { Verify } from "./pipeline.ts";
import { createSteps } from "./steps.ts";

/**
 * How often a job may take its worker down with it before it is given up. Two or three crashes in a row can be bad luck.
 * Five are the job's fault.
 */
const MAX_CRASHES = 5;

/** A job as its queue shows it. */
export interface QueuedJob {
  readonly submission: QueuedSubmission;
  /** Counted from 1. */
  readonly attempt: number;
  readonly isLastAttempt: boolean;
  /** How often the job took its worker down with it. */
  readonly crashes: number;
}

/**
 * How a job ended. `decided`: the record needs no verdict of this submission, or somebody decided meanwhile. `later`: the
 * record has a later submission, which goes into the queue in this one's place.
 */
export type JobOutcome =
  | ({ readonly outcome: "saved" } & Omit<SealedVerdict, "sealed">)
  | { readonly outcome: "decided" }
  | { readonly outcome: "later"; readonly submission: QueuedSubmission };

interface Run {
  readonly job: QueuedJob;
  /** Until when the job may wait for something, in milliseconds since 1970. */
  readonly deadline: number;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

export type RunJob = (run: Run) => Promise<JobOutcome>;

/** A submission that waits for its verdict, its fence, and what was held of its record when the run began. */
interface OpenRun extends Pick<RecordState, "reviewedAt"> {
  readonly submission: QueuedSubmission;
  readonly cached: CachedRecord;
}

type Failure = FinalError | TransientError | RateLimitError;

interface SealedVerdict {
  readonly status: Verdict;
  readonly sealed: Buffer;
  /** The reason's code, if it is a failure. */
  readonly reason: string | undefined;
  /** The failure's message, as the contract words it. */
  readonly failure: string | undefined;
}

interface RunJobOptions {
  readonly database: Pick<Database, "readState" | "saveVerdict">;
  readonly cache: Pick<RecordCache, "read" | "readLatest" | "setFence" | "keep">;
  readonly envelope: Envelope;
  readonly verify: Verify;
  /** The service's version, as results name it. */
  readonly version: string;
  readonly now: () => Date;
  readonly observer?: Observer;
}

/**
 * Makes the function that runs jobs. It throws what asks for another run: a {@link RateLimitError}, a
 * {@link TransientError}, a {@link DatabaseUnavailableError}, a {@link QueueUnavailableError}, a {@link RecordMissingError},
 * or the signal's reason.
 */
export function createRunJob(options: RunJobOptions): RunJob {
  const { database, cache, envelope, now, observer = NO_OBSERVER } = options;

  const missed = createMissedSubmissions({ cache, envelope });

  const isOpen = (state: RecordState, submission: QueuedSubmission, cached: CachedRecord) => {
    const { kycId, submittedAt } = submission;
    const missedBy = missed.missedBy(submission, cached);
    return mayVerify(toDecidedRecord(kycId, state, envelope), { submittedAt, missedBy });
  };

  /** The fence of this submission; `undefined` if there is nothing to do for it. */
  async function openFence(submission: QueuedSubmission, cached: CachedRecord, state: RecordState) {
    if (!isOpen(state, submission, cached)) return undefined;
    const known = fenceOf(cached, submission);
    const reviewedAt = known === undefined ? await cache.setFence(submission, state.reviewedAt, cached) : known;
    return reviewedAt === state.reviewedAt ? { reviewedAt } : undefined;
  }

  async function save({ submission, reviewedAt, cached }: OpenRun, verdict: SealedVerdict) {
    let later: QueuedSubmission | undefined;
    const outcome = await database.saveVerdict({
      kycId: submission.kycId,
      ...verdict,
      async mayWrite(state) {
        later = laterThan(submission, await cache.readLatest(submission.kycId));
        return later === undefined && state.reviewedAt === reviewedAt && isOpen(state, submission, cached);
      },
    });
    if (outcome === "missing") throw new RecordMissingError(submission.kycId);
    if (later !== undefined) return { outcome: "later", submission: later } as const;
    if (outcome === "refused") return { outcome: "decided" } as const;
    const { sealed: _, ...told } = verdict;
    return { outcome, ...told } as const;
  }

  async function run({ job, ...rest }: Run): Promise<JobOutcome> {
    const { submission } = job;
    const { kycId } = submission;
    const reading = database.readState(kycId);
    // If Redis fails first, nobody waits for the other answer.
    reading.catch(() => {});
    const cached = await cache.read(kycId);
    const later = laterThan(submission, cached.latest);
    const state = await reading;
    if (later !== undefined) {
      // The worker died after its save, before it looked for what that save had missed.
      const isDone = state !== undefined && toDecidedRecord(kycId, state, envelope).subject?.id === submission.id;
      if (isDone) await missed.mark(submission, later);
      return { outcome: "later", submission: later };
    }
    if (state === undefined) throw new RecordMissingError(kycId);
    const fence = await openFence(submission, cached, state);
    if (fence === undefined) return { outcome: "decided" };

    const { verdict, kept } = await decide({ job, ...rest }, cached, options);
    const [outcome] = await Promise.all([save({ submission, cached, ...fence }, verdict), kept]);
    if (outcome.outcome !== "saved") return outcome;
    const { status, reason = "none" } = outcome;
    observer.verdict({ status, reason, ageMs: now().getTime() - submission.submittedAt });
    // A failure needs no mark: it is replaced by any submission that came later.
    const missedOne = status === "ocr_failed" ? undefined : laterThan(submission, await cache.readLatest(kycId));
    if (missedOne !== undefined) await missed.mark(submission, missedOne);
    return outcome;
  }

  return function runJob(given) {
    const { submission, attempt } = given.job;
    const { kycId, requestId } = submission;
    const jobId = jobIdOf(kycId);
    const log = given.log.child({ kycId, jobId, attempt, requestId });
    const traceparent = reportWait(given.job, now().getTime());
    return inSpan({ name: "verify", attributes: { job: jobId, attempt }, traceparent }, async () => {
      const outcome = await run({ ...given, log });
      log.info(describeOutcome(outcome), MESSAGES[outcome.outcome]);
      return outcome;
    });
  };
}

const MESSAGES = {
  saved: "verdict",
  decided: "nothing to do: the record has been decided",
  later: "a later submission takes this one's place",
} as const;

const describeOutcome = (outcome: JobOutcome) =>
  outcome.outcome === "saved" ? { status: outcome.status, reason: outcome.reason } : {};

/** The record's latest submission, if it is another one than this. The order in which Redis took them in counts. */
const laterThan = ({ id }: QueuedSubmission, latest: QueuedSubmission | undefined) =>
  latest === undefined || latest.id === id ? undefined : latest;

/** Verifies the pictures and seals what came of it; throws if the job should run again. */
async function decide(run: Run, cached: CachedRecord, options: RunJobOptions) {
  const { job, signal, log } = run;
  const { submission } = job;
  const { cache, envelope, verify, version, now, observer = NO_OBSERVER } = options;
  const calls: Call[] = [];
  const steps = createSteps({ submission, cached, cache, envelope, calls, log, observer });
  const queuedMs = Math.max(0, now().getTime() - submission.submittedAt);
  const about = () => ({
    kycId: submission.kycId,
    submission,
    attempts: job.attempt,
    completedAt: now(),
    timings: { queuedMs, steps: steps.timings },
    calls,
    version,
  });
  const seal = (status: Verdict, result: object, failure?: Failure) => ({
    verdict: {
      status,
      sealed: envelope.seal(submission.kycId, JSON.stringify(result)),
      reason: failure?.reason,
      failure: failure?.message,
    },
    kept: steps.kept(),
  });
  try {
    if (job.crashes >= MAX_CRASHES)
      throw new FinalError("worker_crashed", "worker_crashed", { facts: { crashes: job.crashes } });
    const record = (call: Call) => {
      calls.push(call);
      observer.call(call);
    };
    const task = { submission, isLastAttempt: job.isLastAttempt, steps };
    return seal("ocr_complete", successResult(about(), await collectCalls(record, () => verify(task, signal))));
  } catch (error) {
    const failure = asFailure(error, run, now().getTime());
    if (failure === undefined) {
      await steps.kept();
      throw error;
    }
    const { reason, image, facts } = failure;
    log.info({ reason, image, facts }, "failed for good");
    return seal("ocr_failed", failureResult(about(), failure), failure);
  }
}

/** The failure that ends the job; `undefined` if the job should run again. */
function asFailure(error: unknown, { job, deadline, signal }: Run, now: number): Failure | undefined {
  if (signal.aborted) return undefined;
  if (error instanceof FinalError) return error;
  if (error instanceof RateLimitError) return now + error.retryAfterMs < deadline ? undefined : error;
  if (error instanceof ProviderDownError && error.isWorthWaiting(job.submission.submittedAt, now)) return undefined;
  if (!job.isLastAttempt) return undefined;
  if (error instanceof TransientError) return error;
  return new FinalError(`internal_error:${describeError(error).kind}`, "internal_error");
}
