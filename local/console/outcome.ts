/** How a submission ended: the row, the opened result, and what the person would be told. */
import { IMAGE_ROLES, type ImageRole } from "../../lib/reasons.ts";
import type { Backend, Result } from "../backend.ts";
import type { FollowedRecord } from "./happenings.ts";

/** So much of the sealed result is shown: format, key id, nonce and the first bytes of the ciphertext. */
const SHOWN_BYTES = 32;

/** What the page shows of a record. It holds personal data. */
export interface Outcome {
  readonly kycId: number;
  readonly label: string;
  readonly images: readonly ImageRole[];
  readonly row: Readonly<Record<string, unknown>> | null;
  readonly result: Result | null;
  /** The texts for the person; empty where there is nothing to tell. */
  readonly told: readonly string[];
}

/** Reads and opens what is there of a record now. */
export async function readOutcome(backend: Backend, { kycId, label, keys }: FollowedRecord): Promise<Outcome> {
  const record = await backend.records.readRecord(kycId);
  const result = (await backend.openResult(kycId)) ?? null;
  return {
    kycId,
    label,
    images: IMAGE_ROLES.filter((image) => keyOf(image, keys, record) !== undefined),
    row: record === undefined ? null : { ...record, ocrResult: describeSealed(record.ocrResult) },
    result,
    told: result === null ? [] : tellPerson(result),
  };
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
