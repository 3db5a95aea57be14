/** What a reading of a passport is worth: every field with its evidence, every check with its reasons. No I/O. */
import type { CheckFinding } from "../checks.ts";
import { type AssessedFields, type FieldName, type MrzDetails, PASSPORT_FIELDS } from "./assessment.ts";
import { checkAge, checkDates, holderAge } from "./dates/checks.ts";
import {
  checkDocumentType,
  checkImageQuality,
  checkMrzDigits,
  checkSecondReader,
  checkZones,
  isBirthDateUnknown,
} from "./checks.ts";
import { type WeighedFields, weighFields } from "./fields.ts";
import { allHold } from "./mrz/lines.ts";
import { failsAsRead, isUnusable, type Mrz, readMrz } from "./mrz/zone.ts";
import { readCharacters } from "./printed.ts";
import type { MrzReading, PassportReading, ReaderReading } from "./reading.ts";
import { checkStateRules } from "./states/rules.ts";

export { assessmentSchema } from "./assessment.ts";

/** What an operator decides about passports. */
export interface AssessmentPolicy {
  readonly minimumAgeYears: number;
  /** A passport that expires within so many days gets a warning. */
  readonly expiresSoonDays: number;
  /** Whether specimens pass, ICAO's and those that states publish: for tests of the service only. */
  readonly allowSpecimen: boolean;
}

/** Everything that the rules say about a passport. */
export interface Assessment {
  readonly fields: AssessedFields;
  readonly mrz: MrzDetails;
  readonly checks: readonly CheckFinding[];
  /** What stops the verification: it is no passport, or neither zone could be read. */
  readonly verdict: "passport" | "document_not_passport" | "passport_unreadable";
  /** In whole years; null if the date of birth does not tell without doubt. */
  readonly holderAgeYears: number | null;
  /** The model should read the MRZ again: something in a line is in doubt, and the reader is not sure of that line. */
  readonly needsSecondReading: boolean;
}

interface Input {
  readonly reading: PassportReading;
  /** The model's second reading, of a picture of the MRZ alone. */
  readonly secondMrz?: MrzReading | undefined;
  /** What the independent reader of the MRZ says; undefined if it did not come to an answer. */
  readonly reader?: ReaderReading | undefined;
  readonly today: Date;
  readonly policy: AssessmentPolicy;
}

/** Assesses a passport from what was read of it. The same input gives the same answer. */
export function assessPassport({ reading, secondMrz, reader, today, policy }: Input): Assessment {
  const mrz = readMrz({ reading, secondMrz, reader });
  const fields = weighFields(reading.fields, mrz, today);
  const verdict = judge(reading, mrz);
  return {
    fields: publish(fields),
    mrz: mrz.details,
    checks: [
      checkImageQuality(reading),
      checkDocumentType({
        documentKind: reading.documentKind,
        verdict,
        mrz,
        fields,
        allowSpecimen: policy.allowSpecimen,
      }),
      checkMrzDigits(mrz),
      checkSecondReader(fields, mrz, reader),
      checkZones(fields, reading, mrz),
      checkDates({ fields, today, expiresSoonDays: policy.expiresSoonDays }),
      checkAge({
        fields,
        today,
        minimumAgeYears: policy.minimumAgeYears,
        isUnknown: isBirthDateUnknown(fields, mrz),
      }),
      checkStateRules(fields, mrz),
    ],
    verdict,
    holderAgeYears: holderAge(fields, today),
    needsSecondReading: secondMrz === undefined && verdict === "passport" && isDoubtful(reading, mrz, fields),
  };
}

/** Whether there is a passport, and enough of it can be read. */
function judge({ documentKind, fields }: PassportReading, mrz: Mrz): Assessment["verdict"] {
  const mayBePassport = documentKind === "passport" || documentKind === "unclear" || hasPassportLines(mrz);
  if (!mayBePassport) return "document_not_passport";
  return hasSoundDigits(mrz) || hasPrintedIdentity(fields) ? "passport" : "passport_unreadable";
}

/**
 * The two lines of a passport with all digits right make a passport, even if the model calls the document something else: travel
 * documents for refugees and others look unlike a passport, but they have the same lines.
 */
function hasPassportLines({ chosen: { line1, line2 }, readerFoundNone }: Mrz): boolean {
  if (line1 === null || line2 === null || readerFoundNone) return false;
  return line1.documentCode.startsWith("P") && allHold(line2.checkDigits);
}

/** One of three check digits holds by chance in a quarter of all random texts, two of them hardly ever. */
function hasSoundDigits({ chosen: { line2 } }: Mrz): boolean {
  if (line2 === null) return false;
  const { documentNumber, birthDate, expiryDate } = line2.checkDigits;
  return [documentNumber, birthDate, expiryDate].filter((holds) => holds).length >= 2;
}

function hasPrintedIdentity({ surname, givenNames, documentNumber }: PassportReading["fields"]): boolean {
  const hasName = readCharacters(surname) !== null || readCharacters(givenNames) !== null;
  return hasName && readCharacters(documentNumber) !== null;
}

const FIRST_LINE_FIELDS: ReadonlySet<FieldName> = new Set(["surname", "givenNames", "issuingState"]);

/** Whether a second reading by the model could tell more: of a line that the reader is not sure of. */
function isDoubtful(reading: PassportReading, mrz: Mrz, fields: WeighedFields): boolean {
  if (mrz.readerFoundNone) return false;
  const doubted = PASSPORT_FIELDS.filter((name) => fields[name].disagreement !== null);
  const isFirstLineDoubted = doubted.some((name) => FIRST_LINE_FIELDS.has(name)) || isUnusable(reading, "line1", mrz);
  const isSecondLineDoubted =
    doubted.some((name) => !FIRST_LINE_FIELDS.has(name)) || isUnusable(reading, "line2", mrz) || failsAsRead(mrz);
  const { line1, line2 } = mrz.readerIsSure;
  return (isFirstLineDoubted && !line1) || (isSecondLineDoubted && !line2);
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
