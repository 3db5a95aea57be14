/** `npx kyc failed`: failed and stuck records by reason, without personal data. */
import { isReasonCode, REASONS } from "../../lib/reasons.ts";
import { counted, named, readSince, SINCE, type Command } from "../command.ts";
import { addUnopened, describeUnopened, NONE_UNOPENED, openResult, withDependencies, type Opened } from "../open.ts";

/** How many stuck records are listed at most: each one costs a look into the queue. */
const MAX_STUCK = 200;

/** Records with the same reason. */
interface Group {
  readonly reason: string;
  readonly kycIds: readonly number[];
}

export const failed: Command = {
  summary: "failed and stuck records by reason, without personal data",
  help: `Lists the verdicts ocr_failed since --since by their reason and its class: "system" is a fault of the service or a provider,
and the other classes are about the person's pictures. Then it lists up to ${MAX_STUCK} records that are in review for longer
than KYC_STUCK_TIMEOUT_MIN, by the state of their job. Exits with 0 even if it lists records.`,
  options: [SINCE],
  run({ options }) {
    const { since, hours } = readSince(options);
    return withDependencies(async (opened) => {
      const minutes = opened.config.KYC_STUCK_TIMEOUT_MIN;
      const { failures, unopened } = await readFailures(opened, hours);
      const stuck = await findStuck(opened);
      const total = failures.reduce((sum, { kycIds }) => sum + kycIds.length, 0);
      const systemTotal = failures.filter(isSystem).reduce((sum, { kycIds }) => sum + kycIds.length, 0);
      const inReview = stuck?.reduce((sum, { kycIds }) => sum + kycIds.length, 0);
      const lines = [
        `Since ${since}: ${counted(total, "record")} failed, ${systemTotal} of them for a reason of the class system.`,
        ...failures.map((group) => describe(group, `${group.reason} (${classOf(group)})`)),
        ...describeUnopened(unopened),
        stuck === undefined
          ? "KYC_STUCK_SINCE_COLUMN does not name a time of the table: stuck records are not listed."
          : `In review for longer than ${minutes} min: ${counted(inReview ?? 0, "record")}.`,
        ...(stuck ?? []).map((group) => describe(group, group.reason)),
        ...(systemTotal === 0 ? [] : [`To submit those again: npx kyc requeue --since ${since} --dry-run`]),
      ];
      const data = {
        hours,
        failed: failures.map((group) => ({ ...group, class: classOf(group), count: group.kycIds.length })),
        stuck: stuck?.map((group) => ({ ...group, count: group.kycIds.length })) ?? null,
        unopened,
      };
      return { ok: true, report: lines.join("\n"), data };
    });
  },
};

const classOf = ({ reason }: Group) => (isReasonCode(reason) ? REASONS[reason].class : "unknown");
const isSystem = (group: Group) => classOf(group) === "system";

const describe = ({ kycIds }: Group, reason: string) =>
  `  ${String(kycIds.length).padStart(6)}  ${reason}: ${named(kycIds)}`;

async function readFailures(opened: Opened, hours: number) {
  const byReason = new Map<string, number[]>();
  let unopened = NONE_UNOPENED;
  for await (const rows of opened.records.decidedWithin(hours)) {
    for (const { kycId, status, sealed } of rows) {
      if (status !== "ocr_failed" || sealed === null) continue;
      const answer = openResult(opened, kycId, sealed);
      if ("unopened" in answer) unopened = addUnopened(unopened, answer.unopened);
      else if (answer.result.status === "ocr_failed") add(byReason, answer.result.failureCode, kycId);
    }
  }
  return { failures: groups(byReason), unopened };
}

async function findStuck({ config, records, queue }: Opened): Promise<readonly Group[] | undefined> {
  const { KYC_STUCK_SINCE_COLUMN: column, KYC_STUCK_TIMEOUT_MIN: minutes } = config;
  const kycIds = await records.listStuck({ column, minutes, limit: MAX_STUCK });
  if (kycIds === undefined) return undefined;
  const byReason = new Map<string, number[]>();
  for (const kycId of kycIds) {
    const job = await queue.describeJob(kycId);
    const reason = job === undefined ? "no job" : [`job ${job.state}`, job.lastFailure ?? []].flat().join(", ");
    add(byReason, reason, kycId);
  }
  return groups(byReason);
}

function add(byReason: Map<string, number[]>, reason: string, kycId: number): void {
  const kycIds = byReason.get(reason);
  if (kycIds === undefined) byReason.set(reason, [kycId]);
  else kycIds.push(kycId);
}

/** The groups, the largest first. */
const groups = (byReason: ReadonlyMap<string, number[]>): readonly Group[] =>
  [...byReason]
    .map(([reason, kycIds]) => ({ reason, kycIds }))
    .toSorted((one, other) => other.kycIds.length - one.kycIds.length);
