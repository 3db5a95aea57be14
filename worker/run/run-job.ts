/**
 * Runs a job once, from its submission to a verdict in PostgreSQL. See `lib/queue/LIFECYCLE.md`.
 *
 * A job may run twice, or late. That is harmless. The record says whether there is anything to do: the job checks it
 * before the run and, under the row's lock, before the save. The fence says whether the record was decided in between.
 */
import { RecordMissingError } from "../../lib/errors.ts";
import { NO_OBSERVER } from "../../lib/observe/telemetry.ts";
import { inSpan } from "../../lib/observe/tracing.ts";
import type { RecordCache } from "../../lib/queue/record-cache.ts";
import type { Database } from "../../lib/record/database.ts";
import { jobIdOf } from "../../lib/submission.ts";
import { decide, type DecideOptions, type Run } from "./decide.ts";
import { reportWait } from "./job-trace.ts";
import { createSave, otherThan, type JobOutcome, type SaveOptions } from "./save.ts";

export type RunJob = (run: Run) => Promise<JobOutcome>;

interface RunJobOptions extends DecideOptions, SaveOptions {
  readonly database: Pick<Database, "readState" | "saveVerdict">;
  readonly cache: Pick<RecordCache, "read" | "readLatest" | "setFence" | "keep" | "settle">;
}

/**
 * Creates the function that runs jobs. If the job should run again, it throws a {@link RateLimitError}, a
 * {@link TransientError}, a {@link DatabaseUnavailableError}, a {@link QueueUnavailableError}, a
 * {@link RecordMissingError}, or the signal's reason.
 */
export function createRunJob(options: RunJobOptions): RunJob {
  const { database, cache, now, observer = NO_OBSERVER } = options;
  const { passesFence, save, markIfReplaceable } = createSave(options);

  async function runToOutcome(run: Run): Promise<JobOutcome> {
    const { submission } = run.job;
    const { kycId } = submission;
    const reading = database.readState(kycId);
    // If Redis fails first, no code awaits this promise, and its rejection would end the process.
    reading.catch(() => {});
    const cached = await cache.read(kycId);
    const later = otherThan(submission, cached.latest);
    if (later !== undefined) return { outcome: "later", submission: later };
    const state = await reading;
    if (state === undefined) throw new RecordMissingError(kycId);
    if (!(await passesFence(submission, cached, state))) return { outcome: "decided" };

    const { verdict, kept } = await decide(run, cached, options);
    const [outcome] = await Promise.all([save(submission, verdict, state, cached), kept]);
    // If this fails, the hash only stays in Redis for longer.
    if (outcome.outcome !== "later") cache.settle(kycId).catch(() => {});
    if (outcome.outcome === "saved") {
      const { status, reason } = outcome;
      run.log.info({ status, reason }, "verdict");
      observer.verdict({ status, reason: reason ?? "none", ageMs: now().getTime() - submission.submittedAt });
      if (status === "ocr_complete") await markIfReplaceable(submission);
    }
    return outcome;
  }

  return async function runJob(run) {
    const { attempt, submission } = run.job;
    const attributes = { job: jobIdOf(submission.kycId), attempt };
    const span = { name: "verify", attributes, traceparent: reportWait(run.job, now().getTime()) };
    const outcome = await inSpan(span, () => runToOutcome(run));
    if (outcome.outcome !== "saved") run.log.info({}, MESSAGES[outcome.outcome]);
    return outcome;
  };
}

const MESSAGES = {
  decided: "nothing to do: the record has been decided",
  later: "a later submission takes this one's place",
} as const;
