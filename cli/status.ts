/** `npx kyc status <kycId>`: where a record and its job stand, without a personal datum. */
import type { JobDescription } from "../lib/queue/describe.ts";
import type { VerificationRow } from "../lib/record/records.ts";
import { readKycId, type Command } from "./command.ts";
import { withDependencies } from "./open.ts";

const WITHOUT_JOB =
  " Either it was never submitted, or its job is lost: submit it (POST /api/v1/process), or wait for the watchdog.";

export const status: Command = {
  usage: "status <kycId>",
  summary: "the record and its job, without personal data",
  help: `Says which attempt of the job runs or is next, when, and why the last one failed; and from when on the watchdog fails a
record that is in review. Exits with 1 where there is no such record.`,
  isAboutRecord: true,
  options: [],
  run({ args }) {
    const kycId = readKycId(args);
    return withDependencies(async ({ config, records, queue }) => {
      const { KYC_STUCK_SINCE_COLUMN: column, KYC_STUCK_TIMEOUT_MIN: minutes } = config;
      const now = Date.now();
      const row = await records.read(kycId);
      const job = await queue.describeJob(kycId);
      const since = row?.status === "in_review" ? await records.readSince(kycId, column) : undefined;
      // The watchdog looks at the younger of the two.
      const failsAt = since === undefined ? undefined : Math.max(since, job?.enqueuedAt ?? 0) + minutes * 60_000;
      // Some Redis services refuse to list their clients.
      const workers = job?.state === "waiting" ? await queue.countWorkers().catch(() => null) : null;
      const lines = [
        describeRecord(kycId, row),
        ...(job === undefined ? [describeMissingJob(row)] : describeJob(kycId, job, now)),
        ...(workers === 0 ? ["No worker is connected to the queue: see that workers run."] : []),
        ...(failsAt === undefined ? [] : [describeWatchdog(failsAt, now, { column, minutes })]),
      ];
      return { ok: row !== undefined, report: lines.join("\n"), data: toData(kycId, row, job, failsAt) };
    });
  },
};

const toIso = (ms: number) => new Date(ms).toISOString();
const inSeconds = (ms: number) => `${Math.max(1, Math.ceil(ms / 1_000))} s`;

function toData(
  kycId: number,
  row: VerificationRow | undefined,
  job: JobDescription | undefined,
  failsAt: number | undefined,
) {
  return {
    kycId,
    record:
      row === undefined
        ? null
        : {
            status: row.status,
            createdAt: row.createdAt,
            reviewedAt: row.reviewedAt,
            hasResult: row.sealed !== null,
            watchdogFailsAfter: failsAt === undefined ? null : toIso(failsAt),
          },
    job:
      job === undefined
        ? null
        : {
            ...job,
            id: `kyc-${kycId}`,
            enqueuedAt: toIso(job.enqueuedAt),
            runsAt: job.runsAt === null ? null : toIso(job.runsAt),
          },
  };
}

function describeRecord(kycId: number, row: VerificationRow | undefined): string {
  if (row === undefined) return `There is no record ${kycId} in kyc_verification.`;
  const verdict = row.reviewedAt === null ? "no verdict yet" : `verdict ${row.reviewedAt}`;
  return `Record ${kycId}: ${row.status}, created ${row.createdAt ?? "at an unknown time"}, ${verdict}.`;
}

const describeMissingJob = (row: VerificationRow | undefined) =>
  `No job is in the queue.${row?.status === "in_review" ? WITHOUT_JOB : ""}`;

function describeJob(kycId: number, job: JobDescription, now: number): string[] {
  const { state, attempt, attempts, runsAt, enqueuedAt, lastFailure, stalls, queue } = job;
  const doing = {
    waiting: "waits for a free worker",
    active: "is running",
    delayed:
      runsAt === null || runsAt <= now
        ? "runs again at once"
        : `waits to run again at ${toIso(runsAt)}, in ${inSeconds(runsAt - now)}`,
    prioritized: "waits for a free worker",
    "waiting-children": "waits for other jobs",
  }[state];
  const died = stalls === 1 ? "Its worker has died or hung once." : `Its workers have died or hung ${stalls} times.`;
  return [
    `Job kyc-${kycId} ${doing} (attempt ${attempt} of ${attempts}); it was submitted at ${toIso(enqueuedAt)}.`,
    ...(lastFailure === null ? [] : [`Its last failed attempt: ${asSentence(lastFailure)}`]),
    ...(lastFailure === null && state === "delayed" ? ["No attempt has failed: it waits for a dependency."] : []),
    ...(stalls === 0 ? [] : [died]),
    ...(queue.pausedForMs > 0
      ? [`The queue pauses for another ${inSeconds(queue.pausedForMs)}, as the vision model's rate limit asks.`]
      : []),
    ...(queue.isPaused ? ["Somebody has paused the queue: no job runs until it is resumed."] : []),
  ];
}

/** Other tools can write to Redis as well: no more than a line of it. */
const asSentence = (text: string) =>
  `${text
    .replaceAll(/[^\P{C}]+/gu, " ")
    .slice(0, 200)
    .replace(/\.$/, "")}.`;

function describeWatchdog(
  failsAt: number,
  now: number,
  { column, minutes }: { column: string; minutes: number },
): string {
  const rule = `${minutes} min after ${column} and its submission`;
  return failsAt > now
    ? `Without a verdict, the watchdog fails it after ${toIso(failsAt)} (${rule}), in ${inSeconds(failsAt - now)}.`
    : `The watchdog may fail it since ${toIso(failsAt)} (${rule}): if it does not within some minutes, see that it runs.`;
}
