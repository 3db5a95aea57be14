/** The audit after a soak: what was promised, record by record. */
import { createEnvelope, parseKeyring } from "../../lib/record/envelope.ts";
import { resultSchema } from "../../lib/result.ts";
import type { Result } from "../../dev/stack/backend.ts";
import type { VerificationRecord } from "../../dev/stack/serverpod-table.ts";
import type { Stage } from "../stage/stage.ts";
import { faultsOf } from "../stage/verdict.ts";
import type { Accepted } from "./submit.ts";

/** What was found. Every violation is one too many. */
export interface Findings {
  readonly violations: readonly string[];
  /** The submissions that verdicts are about: one for each verdict. */
  readonly decided: readonly Accepted[];
  /** Submissions without a verdict, or with one that does not match their pictures. */
  readonly undecided: number;
  /** Records in which a verdict was followed by an older submission's. */
  readonly overwritten: number;
  /** Verdicts beyond one for each accepted submission: it was sent more than once. */
  readonly spareVerdicts: number;
  readonly jobsLeft: number;
  readonly leaks: number;
}

/** Looks at every record that was submitted. */
export async function audit(
  stage: Pick<Stage, "environment" | "verdicts" | "records" | "api" | "leaks">,
  accepted: readonly Accepted[],
): Promise<Findings> {
  const envelope = createEnvelope({ keys: parseKeyring(stage.environment["KYC_ENCRYPTION_KEYS"] ?? "") });
  const violations: string[] = [];
  const decided: Accepted[] = [];
  let undecided = 0;
  let overwritten = 0;
  let spareVerdicts = 0;

  for (const [kycId, rounds] of Map.groupBy(accepted, (entry) => entry.kycId)) {
    const written = await stage.verdicts.of(kycId);
    const record = await stage.records.readRecord(kycId);
    const results = written.map(({ status, ocrResult }) => ({
      status,
      result: resultSchema.parse(JSON.parse(envelope.open(kycId, ocrResult))),
    }));
    const seen = putInOrder(rounds, results, record);
    decided.push(...seen.order);
    undecided += seen.undecided;
    overwritten += seen.overwritten ? 1 : 0;
    spareVerdicts += Math.max(0, written.length - rounds.length);
    violations.push(...seen.faults.map((fault) => `record ${kycId}: ${fault}`));
    const last = written.at(-1);
    if (last !== undefined && !sameBytes(record?.ocrResult, last.ocrResult))
      violations.push(`record ${kycId}: holds another result than its last verdict`);
  }

  const { waiting, active, delayed } = await stage.api.queue.depth();
  const jobsLeft = waiting + active + delayed;
  if (jobsLeft > 0) violations.push(`${jobsLeft} jobs are left in the queue`);
  const leaks = await stage.leaks([...new Set(accepted.map(({ person }) => person))]);
  violations.push(...leaks.map((leak) => `leak: ${leak}`));
  return { violations, decided, undecided, overwritten, spareVerdicts, jobsLeft, leaks: leaks.length };
}

interface OpenedVerdict {
  readonly status: string;
  readonly result: Result;
}

/** Which submission each of a record's verdicts is about, and what is wrong with that. */
function putInOrder(
  rounds: readonly Accepted[],
  verdicts: readonly OpenedVerdict[],
  record: VerificationRecord | undefined,
) {
  if (record === undefined) return { faults: ["is gone"], order: [], undecided: rounds.length, overwritten: false };
  const isOf = (round: Accepted, { status, result }: OpenedVerdict) =>
    faultsOf(round, { ...record, status }, result).length === 0;
  const last = verdicts.at(-1);
  const faults = last === undefined || last.status === record.status ? [] : [`is ${record.status}, its verdict is not`];
  const order = assign(rounds, verdicts, isOf);
  if (order !== undefined) return { faults, order, undecided: 0, overwritten: false };

  const undecided = rounds.filter((round) => !verdicts.some((verdict) => isOf(round, verdict)));
  const newest = rounds.at(-1);
  const isOlder = (verdict: OpenedVerdict) =>
    newest !== undefined && !isOf(newest, verdict) && rounds.some((round) => isOf(round, verdict));
  const overwritten = undecided.length === 0 && last !== undefined && isOlder(last);
  faults.push(
    `${overwritten ? "an older verdict came last; " : ""}submitted: ${rounds.map(({ kind }) => kind).join(", ")}; ` +
      `verdicts: ${verdicts.map(nameOf).join(", ") || "none"}`,
  );
  return { faults, order: rounds, undecided: undecided.length, overwritten };
}

/**
 * Each submission has its verdict, in the order of the submissions, and no later one is followed by an earlier one's.
 * Several of the same are in order where it was sent several times. `undefined` where the verdicts are not like this.
 */
function assign(
  rounds: readonly Accepted[],
  verdicts: readonly OpenedVerdict[],
  isOf: (round: Accepted, verdict: OpenedVerdict) => boolean,
): Accepted[] | undefined {
  const [round, ...later] = rounds;
  if (round === undefined) return verdicts.length === 0 ? [] : undefined;
  for (let count = 1; count <= Math.min(1 + round.spare, verdicts.length); count++) {
    const verdict = verdicts[count - 1];
    if (verdict === undefined || !isOf(round, verdict)) return undefined;
    const rest = assign(later, verdicts.slice(count), isOf);
    if (rest !== undefined) return [...Array.from({ length: count }, () => round), ...rest];
  }
  return undefined;
}

const nameOf = ({ result }: OpenedVerdict) => (result.status === "ocr_failed" ? result.failureCode : result.status);

const sameBytes = (one: Uint8Array | null | undefined, other: Uint8Array) =>
  one != null && Buffer.compare(one, other) === 0;
