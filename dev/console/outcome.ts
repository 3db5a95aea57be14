/** How a submission ended: the row, the opened result, and the message to the person. */
import { IMAGE_ROLES, type ImageRole } from "../../lib/reasons.ts";
import type { Expected } from "../samples/cases.ts";
import type { Backend, Result } from "../stack/backend.ts";
import type { Dated, FollowedRecord } from "./happenings.ts";
import { readRefusal } from "./refusal.ts";
import { verdictOf, verdictOfRefusal } from "./verdict.ts";

/** So much of the sealed result is shown: format, key id, nonce and the first bytes of the ciphertext. */
const SHOWN_BYTES = 32;

/** What the page shows of a record. It holds personal data. */
type Outcome = Awaited<ReturnType<typeof readOutcome>>;

/** Reads a record, and opens its result if it has one. */
export async function readOutcome(backend: Backend, followed: FollowedRecord) {
  const { kycId, label, keys, happenings } = followed;
  const record = await backend.records.readRecord(kycId);
  const result = (await backend.openResult(kycId)) ?? null;
  const refusal = happenings.map(readRefusal).find((one) => one !== undefined);
  const verdict = refusal === undefined ? verdictOf(result, troubleIn(happenings)) : verdictOfRefusal(refusal);
  return {
    kycId,
    label,
    /** The pictures that were looked at. If the API refused the request, none were. */
    images: refusal === undefined ? IMAGE_ROLES.filter((image) => keyOf(image, keys, record) !== undefined) : [],
    row: record === undefined ? null : { ...record, ocrResult: describeSealed(record.ocrResult) },
    result,
    verdict: record === undefined ? { ...verdict, next: "There is no such record to write to." } : verdict,
    /** From the submission to the end of the job, in milliseconds; `null` without a job. */
    tookMs: durationOf(happenings),
    ended: describeEnd({ http: refusal?.status ?? 202, status: record?.status ?? null, ...failureIn(result) }),
  };
}

/** An outcome in a word, for the list of records. */
export const briefOf = ({ verdict: { tone, short }, ended }: Outcome) => ({ tone, short, ended });

interface End extends Pick<Expected, "http"> {
  readonly status: string | null;
  readonly failureCode?: string | undefined;
  readonly image?: ImageRole | undefined;
}

/** How a submission ends or should end, in words that can be compared. */
export function describeEnd({ http, status, failureCode, image }: End): string {
  if (http !== 202) return `refused, HTTP ${http}`;
  if (failureCode !== undefined) return `fails: ${failureCode.replaceAll("_", " ")}${image ? `, ${image}` : ""}`;
  return status === null ? "no verdict, no record" : status === "ocr_complete" ? "read and compared" : status;
}

const failureIn = (result: Result | null) =>
  result?.status === "ocr_failed" ? { failureCode: result.failureCode, image: result.image ?? undefined } : {};

/** Why there is no result: what the queue or the console said last. */
function troubleIn(happenings: readonly Dated[]): string | undefined {
  const last = happenings.findLast(({ kind }) => kind === "queue" || kind === "trouble");
  return last?.kind === "trouble" ? last.message : last?.kind === "queue" ? last.reason : undefined;
}

function durationOf(happenings: readonly Dated[]): number | null {
  const queued = happenings.find(({ kind }) => kind === "queue");
  const ended = happenings.findLast(
    (one) => one.kind === "queue" && (one.state === "completed" || one.state === "failed"),
  );
  return queued === undefined || ended === undefined ? null : ended.at - queued.at;
}

/** The object key of a record's picture. */
export async function findKey(backend: Backend, { kycId, keys }: FollowedRecord, image: ImageRole) {
  return keyOf(image, keys, await backend.records.readRecord(kycId));
}

type Row = Awaited<ReturnType<Backend["records"]["readRecord"]>>;

function keyOf(image: ImageRole, keys: FollowedRecord["keys"], row: Row): string | undefined {
  const inRow = { passport: row?.passportKey, selfie: row?.selfieKey, stamp: row?.stampKey }[image];
  return keys[image] ?? inRow ?? undefined;
}

function describeSealed(sealed: Uint8Array | null): { bytes: number; startsWith: string } | null {
  if (sealed === null) return null;
  return { bytes: sealed.length, startsWith: Buffer.from(sealed.subarray(0, SHOWN_BYTES)).toString("hex") };
}
