/** How a submission ended: the row, the opened result, and the message to the person. */
import { IMAGE_ROLES, type ImageRole } from "../../lib/reasons.ts";
import type { Backend } from "../stack/backend.ts";
import type { VerificationRecord } from "../stack/serverpod-table.ts";
import type { Dated, FollowedRecord } from "./happenings.ts";
import { readRefusal } from "./refusal.ts";
import { verdictOf, verdictOfRefusal } from "./verdict.ts";

/** So much of the sealed result is shown: format, key id, nonce and the first bytes of the ciphertext. */
const SHOWN_BYTES = 32;

/** Reads what the page shows of a record, and opens its result if it has one. It holds personal data. */
export async function readOutcome(backend: Backend, followed: FollowedRecord) {
  const { kycId, label, happenings } = followed;
  const record = await backend.records.readRecord(kycId);
  const result = (await backend.openResult(kycId)) ?? null;
  const refusal = happenings.map(readRefusal).find((one) => one !== undefined);
  const verdict = refusal === undefined ? verdictOf(result, troubleIn(happenings)) : verdictOfRefusal(refusal);
  const failure = result?.status === "ocr_failed" && result;
  return {
    kycId,
    label,
    /** The pictures that were looked at. If the API refused the request, none were. */
    images: IMAGE_ROLES.filter((image) => refusal === undefined && keyOf(image, followed, record) !== undefined),
    row: record === undefined ? null : { ...record, ocrResult: describeSealed(record.ocrResult) },
    result,
    verdict: record === undefined ? { ...verdict, next: "There is no such record to write to." } : verdict,
    /** From the submission to the end of the job, in milliseconds; `null` without a job. */
    tookMs: durationOf(happenings),
    ended: describeEnd({ http: refusal?.status ?? 202, status: record?.status ?? null, ...failure }),
  };
}

interface End {
  readonly http: number;
  readonly status: string | null;
  readonly failureCode?: string;
  readonly image?: ImageRole | null | undefined;
}

/** How a submission ends or should end, in words that can be compared. */
export function describeEnd({ http, status, failureCode, image }: End): string {
  if (http !== 202) return `refused, HTTP ${http}`;
  if (failureCode !== undefined) return `fails: ${failureCode.replaceAll("_", " ")}${image ? `, ${image}` : ""}`;
  return status === null ? "no verdict, no record" : status === "ocr_complete" ? "read and compared" : status;
}

/** Why there is no result: what the queue or the console said last. */
function troubleIn(happenings: readonly Dated[]): string | undefined {
  const last = happenings.findLast((one) => one.kind === "queue" || one.kind === "trouble");
  return last?.kind === "trouble" ? last.message : last?.reason;
}

function durationOf(happenings: readonly Dated[]): number | null {
  const queued = happenings.filter((one) => one.kind === "queue");
  const ended = queued.findLast(({ state }) => state === "completed" || state === "failed");
  return queued[0] === undefined || ended === undefined ? null : ended.at - queued[0].at;
}

/** The object key of a record's picture. */
export function keyOf(image: ImageRole, { keys }: FollowedRecord, row: VerificationRecord | undefined) {
  const name = `${image}Key` as const;
  return keys[name] ?? row?.[name] ?? undefined;
}

function describeSealed(sealed: Uint8Array | null) {
  return sealed && { bytes: sealed.length, startsWith: Buffer.from(sealed.subarray(0, SHOWN_BYTES)).toString("hex") };
}
