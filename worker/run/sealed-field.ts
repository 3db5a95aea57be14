/** A value in a record's hash, sealed for its field: nobody can move it to another record, question or submission. */
import type { CachedRecord } from "../../lib/queue/record-cache.ts";
import type { Envelope } from "../../lib/record/envelope.ts";

const purposeOf = (field: string) => `kyc_${field}`;

/** Seals a value for a field of a record's hash. */
export const sealField = (envelope: Envelope, kycId: number, field: string, value: unknown): string =>
  envelope.seal(kycId, JSON.stringify(value), purposeOf(field)).toString("base64");

/** The value of a field; `undefined` if it is missing, or sealed for another record or field, or with another key. */
export function openField(envelope: Envelope, kycId: number, field: string, { fields }: CachedRecord): unknown {
  const sealed = fields[field];
  if (sealed === undefined) return undefined;
  try {
    return JSON.parse(envelope.open(kycId, Buffer.from(sealed, "base64"), purposeOf(field)));
  } catch {
    return undefined;
  }
}
