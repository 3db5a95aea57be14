/** The audit after a soak: checks every promise, record by record. */
import type { VerificationRecord } from "../../dev/stack/serverpod-table.ts";
import { faultsOf } from "../stage/audit/verdict.ts";
import type { Stage } from "../stage/stage.ts";
import { hasSameKeys, requestOf, type History, type Request } from "./history.ts";
import type { OpenedVerdict, VerdictWatch } from "./verdict-watch.ts";

/** The findings of an audit. No violation is acceptable. */
export interface Findings {
  readonly violations: readonly string[];
  readonly verdicts: number;
  /** Decisions of people that were overwritten. */
  readonly overwritten: number;
  /** Verdicts about other pictures than the latest submitted before them. */
  readonly outdated: number;
  /** Verdicts that are about no request of a backend, or do not match its pictures. */
  readonly foreign: number;
  readonly jobsLeft: number;
  readonly leaks: number;
}

type Kind = "overwritten" | "outdated" | "foreign" | "other";

interface Fault {
  readonly kind: Kind;
  readonly text: string;
}

/** Checks every submitted record. */
export async function audit(
  stage: Pick<Stage, "records" | "api" | "leaks">,
  watch: Pick<VerdictWatch, "of" | "unreadableOf">,
  histories: readonly History[],
): Promise<Findings> {
  const faults: Fault[] = [];
  for (const history of histories) {
    const record = await stage.records.readRecord(history.kycId);
    const found = auditRecord(history, record, watch.of(history.kycId));
    const unreadable = watch.unreadableOf(history.kycId);
    if (unreadable !== undefined) found.push({ kind: "foreign", text: unreadable });
    faults.push(...found.map(({ kind, text }) => ({ kind, text: `record ${history.kycId}: ${text}` })));
  }
  const { waiting, active, delayed } = await stage.api.queue.depth();
  const jobsLeft = waiting + active + delayed;
  const people = histories.flatMap(({ versions }) => versions.map(({ person }) => person));
  const leaks = await stage.leaks([...new Set(people)]);
  const count = (kind: Kind) => faults.filter((fault) => fault.kind === kind).length;
  return {
    violations: [
      ...faults.map(({ text }) => text),
      ...(jobsLeft > 0 ? [`${jobsLeft} jobs are left in the queue`] : []),
      ...leaks.map((leak) => `leak: ${leak}`),
    ],
    verdicts: histories.reduce((sum, { kycId }) => sum + watch.of(kycId).length, 0),
    overwritten: count("overwritten"),
    outdated: count("outdated"),
    foreign: count("foreign"),
    jobsLeft,
    leaks: leaks.length,
  };
}

const other = (text: string): Fault => ({ kind: "other", text });

function auditRecord(
  history: History,
  record: Pick<VerificationRecord, "status" | "ocrResult"> | undefined,
  verdicts: readonly OpenedVerdict[],
): Fault[] {
  const faults = [...auditVerdicts(history, verdicts), ...history.faults.map(other)];
  const last = verdicts.at(-1);
  const expected = history.decision ?? last?.status;
  if (record?.status !== expected) faults.push(other(`is ${record?.status}, and should be ${expected}`));
  if (last !== undefined && !sameBytes(record?.ocrResult, last.ocrResult))
    faults.push(other("holds another result than its last verdict"));
  return faults;
}

function auditVerdicts(history: History, verdicts: readonly OpenedVerdict[]): Fault[] {
  const faults: Fault[] = [];
  const known = new Set<string>();
  let before: Request | undefined;
  for (const verdict of verdicts) {
    const { submission } = verdict.result;
    const request = submission === null ? undefined : requestOf(history, submission);
    if (submission === null || request === undefined) {
      faults.push({ kind: "foreign", text: `a verdict is about no request: ${nameOf(verdict)}` });
      continue;
    }
    if (known.has(submission.id)) faults.push(other("two verdicts are about the same submission"));
    known.add(submission.id);
    faults.push(...auditVerdict(history, verdict, request, before));
    before = request;
  }
  return faults;
}

function auditVerdict(
  history: History,
  verdict: OpenedVerdict,
  request: Request,
  before: Request | undefined,
): Fault[] {
  const faults: Fault[] = [];
  const text = `${nameOf(verdict)} for a ${request.version.kind}`;
  if (verdict.before === "approved" || verdict.before === "rejected")
    faults.push({ kind: "overwritten", text: `${text} overwrote ${verdict.before}` });
  if (verdict.before === "ocr_complete" && (before === undefined || hasSameKeys(before.version, request.version)))
    faults.push(other(`${text} overwrote a success about the same keys`));
  const later = history.requests.find((candidate) => isLater(candidate, request, verdict));
  if (later !== undefined)
    faults.push({ kind: "outdated", text: `${text}, after a ${later.version.kind} was submitted` });
  if (!matchesPictures(history, verdict, request))
    faults.push({ kind: "foreign", text: `${text} does not match its pictures` });
  return faults;
}

/** Whether a request with other pictures was certainly later, and was accepted before the verdict's save began. */
const isLater = (candidate: Request, request: Request, { startedAt }: OpenedVerdict) =>
  candidate.isAccepted &&
  candidate.version !== request.version &&
  candidate.sentAt > request.endedAt &&
  candidate.endedAt < startedAt;

/** Whether a verdict fits its pictures. If pictures are replaced under the same keys, a run may fetch any of them. */
function matchesPictures({ versions }: History, verdict: OpenedVerdict, { version }: Request): boolean {
  const isReplaced = versions.some(
    (other) => hasSameKeys(other, version) && other.putAt > version.putAt && other.putAt < verdict.writtenAt,
  );
  return isReplaced || faultsOf(version, verdict, verdict.result).length === 0;
}

const nameOf = ({ result }: OpenedVerdict) => (result.status === "ocr_failed" ? result.failureCode : result.status);

const sameBytes = (one: Uint8Array | null | undefined, other: Uint8Array) =>
  one != null && Buffer.compare(one, other) === 0;
