/**
 * One run of one job, from its data to a verdict in PostgreSQL.
 *
 * The order is what makes a job that runs twice harmless: the record's `"reviewedAt"` is kept when the job first runs, and
 * a verdict is written only where it is still the same.
 */
import type { Baseline, Database, SaveOutcome, Verdict } from "../lib/record/database.ts";
import type { Envelope } from "../lib/record/envelope.ts";
import {
  describeError,
  FinalError,
  ProviderDownError,
  RateLimitError,
  RecordMissingError,
  TransientError,
} from "../lib/errors.ts";
import type { Logger } from "../lib/observe/logger.ts";
import { collectCalls, type ProviderCall } from "../lib/providers/provider-calls.ts";
import { failureResult, successResult } from "../lib/result.ts";
import { jobDataSchema, kycIdOf, type JobData } from "../lib/submission.ts";
import { NO_OBSERVER, type Observer } from "../lib/observe/telemetry.ts";
import { inSpan } from "../lib/observe/tracing.ts";
import type { Call } from "../lib/providers/usage.ts";
import { openTrace } from "./job-trace.ts";
import type { Verify } from "./pipeline.ts";
import { createSteps } from "./steps.ts";

/** The fence of a job whose data makes no sense, and can keep none: it fails only a record that nobody ever decided. */
const UNDECIDED: Baseline = { reviewedAt: null };

/**
 * How often a job may take its worker down with it before it is given up. Whoever kills workers for other reasons may well
 * meet the same job twice or three times in a row; so often, it is the job.
 */
const MAX_CRASHES = 5;

/** A job as its queue shows it. */
export interface QueuedJob {
  readonly id: string;
  readonly data: unknown;
  /** Counted from 1. */
  readonly attempt: number;
  readonly isLastAttempt: boolean;
  /** How often the job took its worker down with it since it last got further. */
  readonly crashes: number;
  /** Milliseconds since 1970. */
  readonly enqueuedAt: number;
  /** Keeps the data with the job; aborts the run where another worker has the job by now. */
  readonly update: (data: JobData) => Promise<void>;
}

/**
 * How a job ended: `reopened` where somebody has decided since it first ran, as in `superseded`, and the record is in review
 * again, with the fence as it is then; `failedReason` where its verdict is a failure.
 */
export interface JobOutcome {
  readonly outcome: SaveOutcome | "reopened";
  readonly baseline?: Baseline;
  readonly failedReason?: string;
}

interface Run {
  readonly job: QueuedJob;
  /** Until when the job may wait for something, in milliseconds since 1970. */
  readonly deadline: number;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

export type RunJob = (run: Run) => Promise<JobOutcome>;

type Failure = FinalError | TransientError | RateLimitError;

interface SealedVerdict {
  readonly status: Verdict;
  readonly sealed: Buffer;
  readonly failedReason?: string | undefined;
  /** The reason's code, for the metrics. */
  readonly reason?: string | undefined;
}

interface RunJobOptions {
  readonly database: Pick<Database, "readBaseline" | "readReopened" | "saveVerdict">;
  readonly envelope: Envelope;
  readonly verify: Verify;
  /** The service's version, as results name it. */
  readonly version: string;
  readonly now: () => Date;
  readonly observer?: Observer;
}

/**
 * Makes the function that runs jobs. It throws what asks for another run: a {@link RateLimitError}, a
 * {@link TransientError}, a {@link DatabaseUnavailableError}, a {@link RecordMissingError}, or the signal's reason.
 */
export function createRunJob({
  database,
  envelope,
  verify,
  version,
  now,
  observer = NO_OBSERVER,
}: RunJobOptions): RunJob {
  async function openFence(kycId: number, data: JobData | undefined, note: (data: JobData) => Promise<void>) {
    const current = await database.readBaseline(kycId);
    if (current === undefined) throw new RecordMissingError(kycId);
    if (data !== undefined && data.baseline === undefined) {
      // A fence that cannot be noted is none: the job may be another worker's since before the record was read, and have
      // come to its verdict there.
      await note({ ...data, baseline: current });
      return { baseline: current, isSuperseded: false };
    }
    const baseline = data?.baseline ?? UNDECIDED;
    return { baseline, isSuperseded: baseline.reviewedAt !== current.reviewedAt };
  }

  async function decide(run: Run, kycId: number, data: JobData | undefined, keep: (kept: string) => Promise<void>) {
    const { job, signal, log } = run;
    const steps = createSteps({ kycId, kept: data?.kept, envelope, keep, log, observer });
    const about = { kycId, userId: data?.userId ?? null, attempts: job.attempt, version };
    const queuedMs = Math.max(0, now().getTime() - job.enqueuedAt);
    const calls: ProviderCall[] = [];
    const sofar = () => ({ ...about, completedAt: now(), timings: { queuedMs, steps: steps.timings, calls } });
    try {
      if (job.crashes >= MAX_CRASHES)
        throw new FinalError("worker_crashed", "worker_crashed", { facts: { crashes: job.crashes } });
      if (data === undefined) throw new FinalError("invalid_job", "invalid_job");
      const task = { submission: data, isLastAttempt: job.isLastAttempt, steps };
      const verification = await collectCalls(calls, () => verify(task, signal));
      tellCost(verification.usage);
      return seal("ocr_complete", kycId, successResult(sofar(), verification));
    } catch (error) {
      const failure = asFailure(error, run);
      log.info({ reason: failure.reason, image: failure.image, facts: failure.facts }, "failed for good");
      tellCost(steps.paid());
      return seal("ocr_failed", kycId, failureResult(sofar(), failure, steps.paid()), failure);
    }
  }

  function tellCost(calls: readonly Call[]): void {
    for (const { purpose, ...usage } of calls) observer.tokens(purpose, usage);
  }

  function seal(status: Verdict, kycId: number, result: object, failure?: Failure): SealedVerdict {
    const sealed = envelope.seal(kycId, JSON.stringify(result));
    return { status, sealed, failedReason: failure?.message, reason: failure?.reason };
  }

  /** The failure that ends the job; throws where the job should run again. */
  function asFailure(error: unknown, { job, deadline, signal }: Run): Failure {
    if (signal.aborted) throw error;
    if (error instanceof FinalError) return error;
    if (error instanceof RateLimitError) {
      if (now().getTime() + error.retryAfterMs < deadline) throw error;
      return error;
    }
    if (error instanceof ProviderDownError && error.isWorthWaiting(job.enqueuedAt, now().getTime())) throw error;
    if (!job.isLastAttempt) throw error;
    if (error instanceof TransientError) return error;
    return new FinalError(`internal_error:${describeError(error).kind}`, "internal_error");
  }

  async function runParsed(run: Run, parsed: JobData | undefined): Promise<JobOutcome> {
    const { job } = run;
    const kycId = parsed?.kycId ?? kycIdOf(job.id);
    if (kycId === undefined) throw new FinalError("invalid_job", "invalid_job");

    let data = parsed;
    const log = run.log.child({ kycId, jobId: job.id, attempt: job.attempt, requestId: data?.requestId });
    const note = async (next: JobData) => {
      await job.update(next);
      data = next;
    };
    const remember = async (next: JobData) => {
      data = next;
      // A job that is no longer in Redis (which may have lost its disk) still deserves its verdict.
      await job.update(next).catch((error: unknown) => {
        if (run.signal.aborted) throw error;
        log.warn({ cause: describeError(error) }, "the job's data was not kept: the run goes on without");
      });
    };

    const reached = verdictOf(data);
    const { baseline, isSuperseded } = await openFence(kycId, data, note);
    // A verdict that was reached before may be in the record already, with only the answer lost: the save tells.
    if (isSuperseded && reached === undefined) {
      log.info({}, "superseded: somebody has decided since this job first ran");
      return superseded(database, kycId);
    }
    const keep = async (kept: string) => {
      if (data !== undefined) await remember({ ...data, kept, suspicion: undefined });
    };
    const verdict = reached ?? (await decide({ ...run, log }, kycId, data, keep));
    // Kept before it is saved: whatever dies from here on, the next run writes the same bytes and pays for nothing. It
    // also makes way for a new submission, which may come as soon as the verdict can be seen.
    if (data !== undefined && reached === undefined) await remember({ ...data, ...ofVerdict(verdict) });
    const outcome = await save(database, kycId, verdict, baseline);
    if (outcome.outcome === "saved") {
      observer.verdict({
        status: verdict.status,
        reason: verdict.reason ?? "none",
        ageMs: now().getTime() - job.enqueuedAt,
      });
    }
    log.info({ status: verdict.status, reason: verdict.reason, outcome: outcome.outcome }, "verdict");
    return outcome;
  }

  return function runJob(run) {
    const { job } = run;
    const { data, parent } = openTrace(job, jobDataSchema.safeParse(job.data).data, now().getTime());
    const span = { name: "verify", attributes: { job: job.id, attempt: job.attempt }, traceparent: parent };
    return inSpan(span, () => runParsed(run, data));
  };
}

type Records = RunJobOptions["database"];

async function superseded(database: Records, kycId: number): Promise<JobOutcome> {
  const baseline = await database.readReopened(kycId);
  return baseline === undefined ? { outcome: "superseded" } : { outcome: "reopened", baseline };
}

async function save(
  database: Records,
  kycId: number,
  { status, sealed, failedReason }: SealedVerdict,
  baseline: Baseline,
): Promise<JobOutcome> {
  const outcome = await database.saveVerdict(kycId, status, sealed, baseline);
  if (outcome === "missing") throw new RecordMissingError(kycId);
  if (outcome === "superseded") return superseded(database, kycId);
  return failedReason === undefined ? { outcome } : { outcome, failedReason };
}

/** What a job keeps of its verdict; the work that led to it is not needed any more. */
const ofVerdict = (verdict: SealedVerdict): Partial<JobData> => ({
  verdict: { ...verdict, sealed: verdict.sealed.toString("base64") },
  kept: undefined,
});

/** A verdict that was reached by an earlier run. */
function verdictOf(data: JobData | undefined): SealedVerdict | undefined {
  return data?.verdict && { ...data.verdict, sealed: Buffer.from(data.verdict.sealed, "base64") };
}
