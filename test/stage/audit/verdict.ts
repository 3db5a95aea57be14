/** Compares a record's verdict with the one that its pictures require. */
import type { Result } from "../../../dev/stack/backend.ts";
import { samplePassport } from "../../../dev/samples/passports.ts";
import { kindOf, type KindName } from "../kinds.ts";

interface Expected {
  readonly kycId: number;
  readonly userId: number;
  readonly person: number;
  readonly kind: KindName;
}

/** Lists the faults of a verdict; empty if it is right. */
export function faultsOf(
  { kycId, userId, person, kind }: Expected,
  record: { readonly status: string } | undefined,
  result: Result | undefined,
): string[] {
  if (record === undefined) return ["no record"];
  if (result === undefined) return [`no verdict, status ${record.status}`];
  const { failure } = kindOf(kind);
  const pairs: [string, unknown, unknown][] = [
    ["status", record.status, failure === undefined ? "ocr_complete" : "ocr_failed"],
    ["sealed status", result.status, record.status],
    ["kycId", result.kycId, kycId],
    ["userId", result.userId, userId],
    ["failure code", result.status === "ocr_failed" ? result.failureCode : undefined, failure?.code],
    ["image", result.status === "ocr_failed" ? result.image : undefined, failure?.image],
  ];
  if (result.status === "ocr_complete") {
    const { documentNumber, birthDate } = samplePassport(person);
    const { fields } = result.passport;
    pairs.push(
      ["document number", fields.documentNumber.value, documentNumber],
      ["date of birth", fields.birthDate.value, birthDate],
      ["stamp", result.stamp !== null, kindOf(kind).withStamp === true],
    );
  }
  return pairs
    .filter(([, actual, wanted]) => actual !== wanted)
    .map(([what, actual, wanted]) => `${what}: ${String(actual)} instead of ${String(wanted)}`);
}
