/** How a submission ended: the row, the opened result, and what the person would be told. */
import { IMAGE_ROLES, type ImageRole } from "../../lib/reasons.ts";
import type { Backend, Result } from "../stack/backend.ts";
import type { Dated, FollowedRecord } from "./happenings.ts";
import { readRefusal, type Refusal } from "./refusal.ts";
import { verdictOf, type Tone, type Verdict } from "./verdict.ts";

/** So much of the sealed result is shown: format, key id, nonce and the first bytes of the ciphertext. */
const SHOWN_BYTES = 32;

/** What the page shows of a record. It holds personal data. */
export interface Outcome {
  readonly kycId: number;
  readonly label: string;
  readonly images: readonly ImageRole[];
  readonly row: Readonly<Record<string, unknown>> | null;
  readonly result: Result | null;
  readonly verdict: Verdict;
  /** Why the API took nothing; `null` where it did. */
  readonly refusal: Refusal | null;
  /** From the submission to the end of the job, in milliseconds; `null` where there was no job. */
  readonly tookMs: number | null;
  /** The texts for the person; empty where there is nothing to tell. */
  readonly told: readonly string[];
}

/** Reads and opens what is there of a record now. */
export async function readOutcome(backend: Backend, followed: FollowedRecord): Promise<Outcome> {
  const { kycId, label, keys, happenings } = followed;
  const record = await backend.records.readRecord(kycId);
  const result = (await backend.openResult(kycId)) ?? null;
  return {
    kycId,
    label,
    images: IMAGE_ROLES.filter((image) => keyOf(image, keys, record) !== undefined),
    row: record === undefined ? null : { ...record, ocrResult: describeSealed(record.ocrResult) },
    result,
    verdict: verdictOf(result),
    refusal: happenings.map(readRefusal).find((one) => one !== undefined) ?? null,
    tookMs: durationOf(happenings),
    told: result === null ? [] : tellPerson(result),
  };
}

/** An outcome in a word, for the list of records. */
export const briefOf = ({ verdict, refusal }: Outcome): { readonly tone: Tone; readonly short: string } =>
  refusal === null
    ? { tone: verdict.tone, short: verdict.short }
    : { tone: "fair", short: `refused, HTTP ${refusal.status}` };

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

function tellPerson(result: Result): string[] {
  if (result.status === "ocr_failed") return [result.personMessage];
  return [...new Set(result.checks.flatMap(({ reasons }) => reasons.map(({ personMessage }) => personMessage)))];
}
