/**
 * One run of one job, from its submission to a verdict in PostgreSQL. See `lib/queue/LIFECYCLE.md`.
 *
 * A job may run twice, and late. That is harmless: the record says whether there is anything to do, both before the run and,
 * under the row's lock, before the save. The fence says whether somebody has decided in between.
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
import { collectCalls, type Call } from "../lib/observe/calls.ts";
import { fenceOf, type CachedRecord, type RecordCache } from "../lib/queue/record-cache.ts";
import type { Database, RecordState, Verdict } from "../lib/record/database.ts";
import type { Envelope } from "../lib/record/envelope.ts";
import { mayVerify } from "../lib/record/may-verify.ts";
import { failureResult, successResult } from "../lib/result.ts";
import { hasSamePictures, jobIdOf, type QueuedSubmission } from "../lib/submission.ts";
import { reportWait } from "./job-trace.ts";
import type { Verify } from "./pipeline.ts";
import { createSteps } from "./steps.ts";
import { createSuccession } from "./succession.ts";

/** Two or three crashes of a worker in a row can be bad luck. Five are the job's fault: it is given up. */
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

interface SealedVerdict {
  readonly status: Verdict;
  readonly sealed: Buffer;
  /** The reason's code, if it is a failure. */
  readonly reason: string | undefined;
  /** The failure's message, as the contract words it. */
  readonly failure: string | undefined;
}

/**
 * How a job ended. `decided`: the record needs no verdict of this submission, or somebody decided meanwhile. `later`: the
 * record has a later submission, which goes into the queue in this one's place. A `successor` came with other pictures while
 * the verdict was saved, and goes into the queue to replace it.
 */
export type JobOutcome =
  | ({ readonly outcome: "saved"; readonly successor?: QueuedSubmission } & Omit<SealedVerdict, "sealed">)
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

type Failure = FinalError | TransientError | RateLimitError;

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
  const succession = createSuccession({ cache, envelope });

  const isOpen = (state: RecordState, submission: QueuedSubmission, cached: CachedRecord) => {
    const open = (sealed: Uint8Array) => envelope.open(submission.kycId, sealed);
    return mayVerify(state, submission, open, succession.replacedBy(submission, cached));
  };

  /** Whether there is anything to do for a submission, and nobody has decided since it first ran. */
  async function passesFence(submission: QueuedSubmission, cached: CachedRecord, state: RecordState) {
    if (!isOpen(state, submission, cached)) return false;
    const known = fenceOf(cached, submission);
    const fence = known === undefined ? await cache.setFence(submission, state.reviewedAt, cached) : known;
    return fence === state.reviewedAt;
  }

  const laterThan = async (submission: QueuedSubmission) =>
    otherThan(submission, await cache.readLatest(submission.kycId));

  /** Writes a verdict, if the record is still as it was (`before`) for all that counts. */
  async function save(
    submission: QueuedSubmission,
    verdict: SealedVerdict,
    before: RecordState,
    cached: CachedRecord,
  ): Promise<JobOutcome> {
    const { kycId } = submission;
    let later: QueuedSubmission | undefined;
    const outcome = await database.saveVerdict({
      kycId,
      ...verdict,
      async mayWrite(state) {
        later = await laterThan(submission);
        const isSame = state.reviewedAt === before.reviewedAt;
        return later === undefined && isSame && isOpen(state, submission, cached);
      },
    });
    if (outcome === "missing") throw new RecordMissingError(kycId);
    if (later !== undefined) return makeWay(submission, later, cached);
    if (outcome === "refused") return { outcome: "decided" };
    const { sealed: _, ...told } = verdict;
    const successor = verdict.status === "ocr_complete" ? await findSuccessor(submission, cached) : undefined;
    return { outcome, ...told, ...(successor && { successor }) };
  }

  /** The submission that came with other pictures after the last look before the save of a success. */
  async function findSuccessor(submission: QueuedSubmission, cached: CachedRecord) {
    const later = await laterThan(submission);
    if (later === undefined || hasSamePictures(later, submission)) return undefined;
    await succession.passOn(later, submission, cached);
    return later;
  }

  async function makeWay(submission: QueuedSubmission, later: QueuedSubmission, cached: CachedRecord) {
    await succession.passOn(later, submission, cached);
    return { outcome: "later", submission: later } as const;
  }

  async function run({ job, ...rest }: Run): Promise<JobOutcome> {
    const { submission } = job;
    const { kycId } = submission;
    const reading = database.readState(kycId);
    // If Redis fails first, nobody waits for the other answer.
    reading.catch(() => {});
    const cached = await cache.read(kycId);
    const later = otherThan(submission, cached.latest);
    if (later !== undefined) {
      rest.log.info({}, MESSAGES.later);
      return makeWay(submission, later, cached);
    }
    const state = await reading;
    if (state === undefined) throw new RecordMissingError(kycId);
    if (!(await passesFence(submission, cached, state))) {
      rest.log.info({}, MESSAGES.decided);
      return { outcome: "decided" };
    }

    const { verdict, kept } = await decide({ job, ...rest }, cached, options);
    const [outcome] = await Promise.all([save(submission, verdict, state, cached), kept]);
    const { status, reason } = verdict;
    rest.log.info({ status, reason }, MESSAGES[outcome.outcome]);
    if (outcome.outcome === "saved") {
      observer.verdict({ status, reason: reason ?? "none", ageMs: now().getTime() - submission.submittedAt });
    }
    return outcome;
  }

  return function runJob({ job, log: parent, ...rest }) {
    const { kycId, requestId } = job.submission;
    const { attempt } = job;
    const jobId = jobIdOf(kycId);
    const log = parent.child({ kycId, jobId, attempt, requestId });
    const span = { name: "verify", attributes: { job: jobId, attempt }, traceparent: reportWait(job, now().getTime()) };
    return inSpan(span, () => run({ job, log, ...rest }));
  };
}

/** The record's latest submission, if it is another one than this. The order in which Redis took them in counts. */
const otherThan = ({ id }: QueuedSubmission, latest: QueuedSubmission | undefined) =>
  latest === undefined || latest.id === id ? undefined : latest;

const MESSAGES = {
  saved: "verdict",
  decided: "nothing to do: the record has been decided",
  later: "a later submission takes this one's place",
} as const;

/** Verifies the pictures and seals what came of it; throws if the job should run again. */
async function decide(run: Run, cached: CachedRecord, options: RunJobOptions) {
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
