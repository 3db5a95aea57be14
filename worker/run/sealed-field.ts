/**
 * Seals a value of a record's hash for its field, so that it does not open for another record, question or submission.
 */
import type { CachedRecord } from "../../lib/queue/record-cache.ts";
import type { Envelope } from "../../lib/record/envelope.ts";

const purposeOf = (field: string) => `kyc_${field}`;

/** Seals a value for a field of a record's hash. */
export const sealField = (envelope: Envelope, kycId: number, field: string, value: unknown): string =>
  envelope.seal(kycId, JSON.stringify(value), purposeOf(field)).toString("base64");

/** Opens a field's value; `undefined` if it is missing, or sealed for another record or field, or with another key. */
export function openField(envelope: Envelope, kycId: number, field: string, { fields }: CachedRecord): unknown {
  const sealed = fields[field];
  if (sealed === undefined) return undefined;
  try {
    return JSON.parse(envelope.open(kycId, Buffer.from(sealed, "base64"), purposeOf(field)));
  } catch {
    return undefined;
  }
}
