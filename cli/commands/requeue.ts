/**
 * `npx kyc requeue`: submits records again that failed for a system reason. Adds jobs and never writes to the table.
 */
import { mayVerify } from "../../lib/record/may-verify.ts";
import type { VerificationRow } from "../../lib/record/records.ts";
import type { VerificationQueue } from "../../lib/queue/queue.ts";
import { SYSTEM_REASONS } from "../../lib/reasons.ts";
import { submissionSchema } from "../../lib/submission.ts";
import { counted, named, readLimit, readSince, SINCE, UsageError, type Command } from "../command.ts";
import { openResult, withDependencies, type Opened, type Result } from "../open.ts";

const BATCH = 50;

type Failed = Extract<Result, { status: "ocr_failed" }>;

/** Why a record is not submitted again. */
const LEFT_OUT = {
  submitted_since: "were submitted again since they failed",
  keys_unknown: "have no known object keys: let the backend submit them again",
  not_opened: "have results that do not open: see npx kyc status",
} as const;

type LeftOut = keyof typeof LEFT_OUT;

interface Selection {
  readonly hours: number;
  readonly reason: string | undefined;
  readonly limit: number;
  /** Resolves with `false` if another submission came first. */
  readonly submit: VerificationQueue["resubmit"];
}

/** The records that were submitted, remain, or were left out. */
interface Outcome {
  readonly batch: { readonly kycId: number; readonly reason: string }[];
  remaining: number;
  readonly leftOut: Record<LeftOut, number[]>;
}

export const requeue: Command = {
  summary: "submit records again that failed for a system reason",
  help: `Looks at the verdicts ocr_failed since --since whose reason has the class "system" (npx kyc failed lists them). It submits the
same object keys again, a batch at a time, as a repeated call of the backend would. The record does not change until a worker
writes a new verdict, and a person's decision stands. The object keys are those in the sealed result, or, for a verdict of
the watchdog, those of the latest submission that Redis knows. Start with --dry-run. Remove the cause first: a record that
fails again is listed again. Exits with 1 if a record cannot be submitted again.`,
  options: [
    SINCE,
    ["--reason <code>", "only this reason, such as ocr_unavailable"],
    ["--limit <n>", `how many to submit at once (default ${BATCH})`],
    ["--dry-run", "only say what would be submitted"],
  ],
  run({ options }) {
    const { since, hours } = readSince(options);
    const limit = readLimit(options, BATCH);
    const reason = readReason(options.reason);
    const isDryRun = options.dryRun === true;
    return withDependencies(async (opened) => {
      const submit = isDryRun ? async () => true : opened.queue.resubmit;
      const { batch, remaining, leftOut } = await run(opened, { hours, reason, limit, submit });
      const kycIds = batch.map(({ kycId }) => kycId);
      const lines = [
        `${isDryRun ? "Dry run. Would submit" : "Submitted"} ${counted(batch.length, "record")} again, since ${since}.`,
        ...countReasons(batch).map(([code, count]) => `  ${String(count).padStart(6)}  ${code}`),
        ...(remaining === 0 ? [] : [`${remaining} are left for the next batch: run the same command again.`]),
        ...Object.entries(LEFT_OUT).flatMap(([why, text]) => describeLeftOut(idsOf(leftOut, why), text)),
      ];
      const isComplete = leftOut.keys_unknown.length + leftOut.not_opened.length === 0;
      const data = {
        isDryRun,
        submitted: kycIds,
        remaining,
        reasons: Object.fromEntries(countReasons(batch)),
        leftOut,
      };
      return { ok: isComplete, report: lines.join("\n"), data };
    });
  },
};

const idsOf = (leftOut: Readonly<Record<string, readonly number[]>>, why: string) => leftOut[why] ?? [];

const describeLeftOut = (kycIds: readonly number[], text: string) =>
  kycIds.length === 0 ? [] : [`${counted(kycIds.length, "record")} not submitted (${named(kycIds)}): they ${text}.`];

function countReasons(batch: Outcome["batch"]): (readonly [code: string, count: number])[] {
  const codes = batch.map(({ reason }) => reason);
  return [...new Set(codes)].map((code) => [code, codes.filter((each) => each === code).length] as const);
}

/** Reads the `--reason` option. Throws {@link UsageError}. */
function readReason(reason: string | undefined): string | undefined {
  if (reason === undefined) return undefined;
  if (!SYSTEM_REASONS.some((code) => code === reason))
    throw new UsageError(`--reason must be a reason of the class system: ${SYSTEM_REASONS.join(", ")}.`);
  return reason;
}

async function run(opened: Opened, selection: Selection): Promise<Outcome> {
  const outcome: Outcome = {
    batch: [],
    remaining: 0,
    leftOut: { submitted_since: [], keys_unknown: [], not_opened: [] },
  };
  for await (const rows of opened.records.decidedWithin(selection.hours)) {
    for (const row of rows) {
      if (row.status !== "ocr_failed" || row.sealed === null) continue;
      const answer = openResult(opened, row.kycId, row.sealed);
      if ("unopened" in answer) outcome.leftOut.not_opened.push(row.kycId);
      else if (isWanted(answer.result, selection))
        await runOne(opened, selection, { row, result: answer.result }, outcome);
    }
  }
  return outcome;
}

const isWanted = (result: Result, { reason }: Selection): result is Failed =>
  result.status === "ocr_failed" && result.class === "system" && (reason ?? result.failureCode) === result.failureCode;

async function runOne(
  { queue, envelope }: Opened,
  { limit, submit }: Selection,
  { row, result }: { row: VerificationRow; result: Failed },
  outcome: Outcome,
): Promise<void> {
  const { kycId, status, reviewedAt, sealed } = row;
  const seen = await queue.readRecord(kycId);
  const { latest } = seen;
  const state = { status, sealed, reviewedAt: reviewedAt === null ? null : String(Date.parse(reviewedAt) / 1_000) };
  const { submission, userId, failureCode: reason } = result;
  const known = submissionSchema.safeParse(submission === null ? latest : { ...submission, kycId, userId });
  // A later submission counts: its job may still wait or run, perhaps with other pictures.
  if (latest !== undefined && mayVerify(state, latest, (bytes) => envelope.open(kycId, bytes)))
    outcome.leftOut.submitted_since.push(kycId);
  else if (!known.success) outcome.leftOut.keys_unknown.push(kycId);
  else if (outcome.batch.length === limit) outcome.remaining += 1;
  else if (await submit(known.data, seen)) outcome.batch.push({ kycId, reason });
  else outcome.leftOut.submitted_since.push(kycId);
}
