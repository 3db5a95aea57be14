/**
 * One run of one job, from its submission to a verdict in PostgreSQL. See `lib/queue/LIFECYCLE.md`.
 *
 * A job may run twice, and late. That is harmless: the record says whether there is anything to do, both before the run and,
 * under the row's lock, before the save. The fence says whether somebody has decided in between.
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
 * Makes the function that runs jobs. It throws what asks for another run: a {@link RateLimitError}, a
 * {@link TransientError}, a {@link DatabaseUnavailableError}, a {@link QueueUnavailableError}, a {@link RecordMissingError},
 * or the signal's reason.
 */
export function createRunJob(options: RunJobOptions): RunJob {
  const { database, cache, now, observer = NO_OBSERVER } = options;
  const { passesFence, save, replaceIfOutdated } = createSave(options);

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
      return { outcome: "later", submission: later };
    }
    const state = await reading;
    if (state === undefined) throw new RecordMissingError(kycId);
    if (!(await passesFence(submission, cached, state))) {
      rest.log.info({}, MESSAGES.decided);
      return { outcome: "decided" };
    }

    const { verdict, kept } = await decide({ job, ...rest }, cached, options);
    const [outcome] = await Promise.all([save(submission, verdict, state, cached), kept]);
    // If this fails, Redis only keeps the hash for longer.
    if (outcome.outcome !== "later") cache.settle(kycId).catch(() => {});
    if (outcome.outcome !== "saved") {
      rest.log.info({}, MESSAGES[outcome.outcome]);
      return outcome;
    }
    const { status, reason } = outcome;
    rest.log.info({ status, reason }, MESSAGES.saved);
    observer.verdict({ status, reason: reason ?? "none", ageMs: now().getTime() - submission.submittedAt });
    if (status === "ocr_complete") await replaceIfOutdated(submission);
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

const MESSAGES = {
  saved: "verdict",
  decided: "nothing to do: the record has been decided",
  later: "a later submission takes this one's place",
} as const;
