/** What a reading of a passport is worth: every field with its evidence, every check with its reasons. No I/O. */
import type { CheckFinding } from "../checks.ts";
import type { AssessedFields, MrzDetails } from "./assessment.ts";
import { checkAge, checkDates, holderAge } from "./dates/checks.ts";
import { checkDocumentType, checkImageQuality, checkMrzDigits, checkZones } from "./checks.ts";
import { type WeighedFields, weighFields } from "./fields.ts";
import { describeMrz, failsAsRead, hasUnusableLine, type Mrz, readMrz } from "./mrz/zone.ts";
import { readCharacters } from "./printed.ts";
import type { MrzReading, PassportReading } from "./reading.ts";

export { assessmentSchema } from "./assessment.ts";

/** What an operator decides about passports. */
export interface AssessmentPolicy {
  readonly minimumAgeYears: number;
  /** A passport that expires within so many days gets a warning. */
  readonly expiresSoonDays: number;
  /** Whether ICAO's specimens pass: for tests of the service only. */
  readonly allowSpecimen: boolean;
}

/** Everything that the rules say about a passport. */
export interface Assessment {
  readonly fields: AssessedFields;
  readonly mrz: MrzDetails;
  readonly checks: readonly CheckFinding[];
  /** What stops the verification: it is no passport, or neither zone could be read. */
  readonly verdict: "passport" | "document_not_passport" | "passport_unreadable";
  /** In whole years; null where the date of birth does not tell without doubt. */
  readonly holderAgeYears: number | null;
  /** The MRZ should be read again by itself: a check digit fails, zones disagree, or a line is not usable. */
  readonly needsSecondReading: boolean;
}

interface Input {
  readonly reading: PassportReading;
  /** An independent reading of the MRZ alone, by a request that saw nothing else. */
  readonly secondMrz?: MrzReading | undefined;
  readonly today: Date;
  readonly policy: AssessmentPolicy;
}

/** Assesses a passport from what was read of it. The same input gives the same answer. */
export function assessPassport({ reading, secondMrz, today, policy }: Input): Assessment {
  const mrz = readMrz(reading.mrz, secondMrz);
  const fields = weighFields(reading.fields, mrz, today);
  const verdict = judge(reading, mrz);
  return {
    fields: publish(fields),
    mrz: describeMrz(mrz),
    checks: [
      checkImageQuality(reading),
      checkDocumentType({ verdict, mrz, fields, allowSpecimen: policy.allowSpecimen }),
      checkMrzDigits(mrz),
      checkZones(fields, reading, mrz),
      checkDates({ fields, today, expiresSoonDays: policy.expiresSoonDays }),
      checkAge({ fields, today, minimumAgeYears: policy.minimumAgeYears }),
    ],
    verdict,
    holderAgeYears: holderAge(fields, today),
    needsSecondReading: secondMrz === undefined && verdict === "passport" && isDoubtful(reading.mrz, mrz, fields),
  };
}

/** Whether there is a passport to speak of. What the model calls the document can only stop it, never pass it. */
function judge({ documentKind, fields }: PassportReading, { chosen: { line2 } }: Mrz): Assessment["verdict"] {
  if (documentKind !== "passport") return "document_not_passport";
  // One of three check digits holds by chance in a quarter of all random texts, two of them hardly ever.
  const digits = line2?.checkDigits;
  const holding = [digits?.documentNumber, digits?.birthDate, digits?.expiryDate].filter((holds) => holds === true);
  const named = readCharacters(fields.surname) !== null || readCharacters(fields.givenNames) !== null;
  const printed = named && readCharacters(fields.documentNumber) !== null;
  return holding.length >= 2 || printed ? "passport" : "passport_unreadable";
}

/** Whether a second reading of the MRZ could tell more. */
function isDoubtful(reading: MrzReading, mrz: Mrz, fields: WeighedFields): boolean {
  const disagree = Object.values(fields).some(({ disagreement }) => disagreement !== null);
  return hasUnusableLine(reading, mrz) || failsAsRead(mrz) || disagree;
}

function publish(fields: WeighedFields): AssessedFields {
  return {
    surname: fields.surname.field,
    givenNames: fields.givenNames.field,
    documentNumber: fields.documentNumber.field,
    issuingState: fields.issuingState.field,
    nationality: fields.nationality.field,
    birthDate: fields.birthDate.field,
    sex: fields.sex.field,
    issueDate: fields.issueDate.field,
    expiryDate: fields.expiryDate.field,
    personalNumber: fields.personalNumber.field,
    placeOfBirth: fields.placeOfBirth.field,
  };
}
