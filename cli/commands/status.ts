/** `npx kyc status <kycId>`: shows the state of a record and its job, and why. Safe for a ticket: no personal data. */
import type { JobDescription } from "../../lib/queue/describe.ts";
import type { VerificationRow } from "../../lib/record/records.ts";
import { VERSION } from "../../lib/version.ts";
import { readKycId, type Command } from "../command.ts";
import { openResult, withDependencies, type Opened } from "../open.ts";
import { PAUSED } from "./pause.ts";

const WITHOUT_JOB =
  " Either it was never submitted, or its job is lost: submit it (POST /api/v1/process), or wait for the watchdog.";

export const status: Command = {
  summary: "the state of a record and its job, without personal data: for a ticket",
  help: `Says why a verification failed: the reason's code, its class, the picture and the attempt. Says which attempt of the job runs
or is next, when, and why the last one failed; and when the watchdog fails a record that is in review. Exits with 1 if
there is no such record.`,
  argument: "<kycId>",
  run({ args }) {
    const kycId = readKycId(args);
    return withDependencies(async (opened) => {
      const { config, records, queue } = opened;
      const { KYC_STUCK_SINCE_COLUMN: column, KYC_STUCK_TIMEOUT_MIN: minutes } = config;
      const now = Date.now();
      const row = await records.read(kycId);
      const job = await queue.describeJob(kycId);
      const failsAt = row?.status === "in_review" ? await readFailsAt(opened, kycId, job) : undefined;
      const verdict = row?.sealed == null ? undefined : readVerdict(opened, kycId, row.sealed);
      const lines = [
        describeRecord(kycId, row),
        ...(verdict === undefined ? [] : describeVerdict(verdict)),
        ...(job === undefined ? [describeMissingJob(row)] : describeJob(kycId, job, now)),
        ...(job?.state === "waiting" ? await describeMissingWorkers(queue) : []),
        ...(failsAt === undefined ? [] : [describeWatchdog(failsAt, now, { column, minutes })]),
        `Read at ${toIso(now)} by kyc ${VERSION}.`,
      ];
      return {
        ok: row !== undefined,
        report: lines.join("\n"),
        data: { ...toData(kycId, row, job, failsAt), verdict: verdict ?? null },
      };
    });
  },
};

/**
 * Computes when the watchdog fails a record in review. The later time counts: the record's or its last submission's.
 */
async function readFailsAt({ config, records }: Opened, kycId: number, job: JobDescription | undefined) {
  const since = await records.readSince(kycId, config.KYC_STUCK_SINCE_COLUMN);
  if (since === undefined) return undefined;
  return Math.max(since, job?.submittedAt ?? 0) + config.KYC_STUCK_TIMEOUT_MIN * 60_000;
}

async function describeMissingWorkers(queue: Opened["queue"]): Promise<readonly string[]> {
  return (await queue.countWorkers()) === 0 ? ["No worker is connected to the queue: check that workers run."] : [];
}

const toIso = (ms: number) => new Date(ms).toISOString();
const inSeconds = (ms: number) => `${Math.max(1, Math.ceil(ms / 1_000))} s`;

/** Reads a result's facts about the verification, without any about the person. */
function readVerdict(opened: Opened, kycId: number, sealed: Buffer) {
  const answer = openResult(opened, kycId, sealed);
  if ("unopened" in answer) return answer;
  const { result } = answer;
  const about = {
    attempt: result.attempts,
    submissionId: result.submission?.id ?? null,
    submittedAt: result.submission?.submittedAt ?? null,
    completedAt: result.completedAt,
    producedBy: result.producedBy.version,
  };
  if (result.status === "ocr_complete") return about;
  const { failureCode, class: reasonClass, image, message, facts } = result;
  // The facts of other classes describe the person's pictures, such as a similarity.
  const safeFacts = reasonClass === "system" ? facts : {};
  return { ...about, failure: { code: failureCode, class: reasonClass, image, message, facts: safeFacts } };
}

const WHO = {
  retake: "the person can fix it with another picture or document",
  review: "a person has to look",
  final: "another picture would not help",
  system: "a fault of the service or a provider: it can be submitted again",
} as const;

function describeVerdict(verdict: ReturnType<typeof readVerdict>): string[] {
  if ("unopened" in verdict) return [`The result does not open. ${verdict.unopened.message}`];
  const { attempt, submissionId, submittedAt, producedBy } = verdict;
  const source =
    submissionId === null
      ? `Verdict by the watchdog or an earlier version, service ${producedBy}.`
      : `Verdict in attempt ${attempt}, about submission ${submissionId} of ${submittedAt}, service ${producedBy}.`;
  if (!("failure" in verdict)) return [source];
  const { code, class: reasonClass, image, message, facts } = verdict.failure;
  const known = Object.entries(facts).map(([name, value]) => `${name}=${value}`);
  return [
    `Why: ${code}, ${image === null ? "about no picture" : `picture: ${image}`}, class ${reasonClass} (${WHO[reasonClass]}).`,
    `What happened: ${message}${known.length === 0 ? "" : ` ${known.join(", ")}.`}`,
    source,
  ];
}

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
            submittedAt: toIso(job.submittedAt),
            runsAt: job.runsAt === null ? null : toIso(job.runsAt),
          },
  };
}

function describeRecord(kycId: number, row: VerificationRow | undefined): string {
  if (row === undefined) return `There is no record ${kycId} in kyc_verification. Check the id and POSTGRES_URL.`;
  const verdict = row.reviewedAt === null ? "no verdict yet" : `verdict ${row.reviewedAt}`;
  return `Record ${kycId}: ${row.status}, created ${row.createdAt ?? "at an unknown time"}, ${verdict}.`;
}

const describeMissingJob = (row: VerificationRow | undefined) =>
  `No job is in the queue.${row?.status === "in_review" ? WITHOUT_JOB : ""}`;

function describeJob(kycId: number, job: JobDescription, now: number): string[] {
  const { state, attempt, attempts, runsAt, submittedAt, lastFailure, stalls, queue } = job;
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
    `Job kyc-${kycId} ${doing} (attempt ${attempt} of ${attempts}); it was last submitted at ${toIso(submittedAt)}.`,
    ...(lastFailure === null ? [] : [`Its last failed attempt: ${asSentence(lastFailure)}`]),
    ...(lastFailure === null && state === "delayed" ? ["No attempt has failed: it waits for a dependency."] : []),
    ...(stalls === 0 ? [] : [died]),
    ...(queue.pausedForMs > 0
      ? [`The queue pauses for another ${inSeconds(queue.pausedForMs)}, as the vision model's rate limit asks.`]
      : []),
    ...(queue.isPaused ? [PAUSED] : []),
  ];
}

/** Shortens a text from Redis to one line, because other tools can write there too. */
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
    : `The watchdog may fail it since ${toIso(failsAt)} (${rule}): if it does not within some minutes, check that it runs.`;
}
