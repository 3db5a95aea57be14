/** What a reading of a passport is worth: every field with its evidence, every check with its reasons. No I/O. */
import type { CheckFinding } from "../checks.ts";
import type { AssessedFields, MrzDetails } from "./assessment.ts";
import { checkAge, checkDates, holderAge } from "./dates/checks.ts";
import { checkDocumentType, checkImageQuality, checkMrzDigits, checkZones } from "./checks.ts";
import { type WeighedFields, weighFields } from "./fields.ts";
import { allHold, type CheckDigits, normaliseLine, readFirstLine } from "./mrz/lines.ts";
import { readAndRepairSecondLine, type RepairedLine } from "./mrz/repair.ts";
import { splitNames } from "./names/compare.ts";
import { printedName, printedNumber } from "./printed.ts";
import type { MrzReading, PassportReading } from "./reading.ts";
import type { ReadMrz } from "./weighed-field.ts";

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
  const first = readMrz(reading.mrz);
  const second = secondMrz === undefined ? null : readMrz(secondMrz);
  const weighed = weighFields({ printed: reading.fields, first, second, today });
  const chosen = chooseLines(first, second);
  const verdict = judge(reading, chosen.line2);
  const documentCode = chosen.line1?.documentCode ?? null;
  return {
    fields: publish(weighed),
    mrz: describeMrz(chosen, first, second),
    checks: [
      checkImageQuality(reading),
      checkDocumentType({ verdict, documentCode, fields: weighed, allowSpecimen: policy.allowSpecimen }),
      checkMrzDigits(chosen.line2),
      checkZones(weighed, reading, chosen),
      checkDates({ fields: weighed, today, expiresSoonDays: policy.expiresSoonDays }),
      checkAge({ fields: weighed, today, minimumAgeYears: policy.minimumAgeYears }),
    ],
    verdict,
    holderAgeYears: holderAge(weighed, today),
    needsSecondReading: second === null && verdict === "passport" && isDoubtful(reading.mrz, first, weighed),
  };
}

function readMrz({ line1, line2 }: MrzReading): ReadMrz {
  return { line1: readFirstLine(line1), line2: readAndRepairSecondLine(line2) };
}

/** Of two readings of a line, the sounder one; the first where they are alike. */
function chooseLines(first: ReadMrz, second: ReadMrz | null): ReadMrz {
  const isSound = (line: RepairedLine) => allHold(line.checkDigits);
  const lines = [first.line2, second?.line2 ?? null].filter((line) => line !== null);
  const line2 = lines.find((line) => isSound(line) && line.repair === null) ?? lines.find(isSound) ?? lines[0] ?? null;
  return { line1: first.line1 ?? second?.line1 ?? null, line2 };
}

/** Whether there is a passport to speak of. What the model calls the document can only stop it, never pass it. */
function judge({ documentKind, fields }: PassportReading, line2: RepairedLine | null): Assessment["verdict"] {
  if (documentKind !== "passport") return "document_not_passport";
  // One of three check digits holds by chance in a quarter of all random texts, two of them hardly ever.
  const digits = line2?.checkDigits;
  const holding = [digits?.documentNumber, digits?.birthDate, digits?.expiryDate].filter((holds) => holds === true);
  const named = printedName(fields.surname).value !== null || printedName(fields.givenNames).value !== null;
  const printed = named && printedNumber(fields.documentNumber).value !== null;
  return holding.length >= 2 || printed ? "passport" : "passport_unreadable";
}

/** Whether a second reading of the MRZ could tell more. */
function isDoubtful({ line1, line2, unreadable }: MrzReading, first: ReadMrz, fields: WeighedFields): boolean {
  // A line that is missing without a reason was dropped: the model had written characters without end, or foreign ones.
  const isUnusable = (raw: string | null) => normaliseLine(raw) !== "" || unreadable === null;
  const unusable = (first.line1 === null && isUnusable(line1)) || (first.line2 === null && isUnusable(line2));
  const digitsFail = first.line2 !== null && (first.line2.repair === "look_alike" || !allHold(first.line2.checkDigits));
  const disagree = Object.values(fields).some(({ disagreement }) => disagreement !== null);
  return unusable || digitsFail || disagree;
}

function publish(weighed: WeighedFields): AssessedFields {
  return {
    surname: weighed.surname.field,
    givenNames: weighed.givenNames.field,
    documentNumber: weighed.documentNumber.field,
    issuingState: weighed.issuingState.field,
    nationality: weighed.nationality.field,
    birthDate: weighed.birthDate.field,
    sex: weighed.sex.field,
    issueDate: weighed.issueDate.field,
    expiryDate: weighed.expiryDate.field,
    personalNumber: weighed.personalNumber.field,
    placeOfBirth: weighed.placeOfBirth.field,
  };
}

function describeMrz({ line1, line2 }: ReadMrz, first: ReadMrz, second: ReadMrz | null): MrzDetails {
  return {
    line1: line1?.line ?? null,
    line2: line2?.line ?? null,
    documentCode: line1?.documentCode ?? null,
    checkDigits: line2 === null ? null : describeDigits(line2.checkDigits),
    repaired: line2?.repair ?? null,
    repairedFields: [...(line2?.touched ?? [])],
    namesShortened: line1 !== null && splitNames(line1.names, line1.issuingState).shortened,
    line1From: line1 === null ? null : line1 === first.line1 ? "first" : "second",
    line2From: line2 === null ? null : line2 === first.line2 ? "first" : "second",
    secondReading: second === null ? "none" : compareReadings(first, second),
  };
}

function describeDigits(digits: CheckDigits): NonNullable<MrzDetails["checkDigits"]> {
  const describe = (holds: boolean) => (holds ? "passed" : "failed");
  return {
    documentNumber: describe(digits.documentNumber),
    birthDate: describe(digits.birthDate),
    expiryDate: describe(digits.expiryDate),
    personalNumber: describe(digits.personalNumber),
    composite: describe(digits.composite),
  };
}

function compareReadings(first: ReadMrz, second: ReadMrz): MrzDetails["secondReading"] {
  if (second.line1 === null && second.line2 === null) return "unreadable";
  const alike = (one: { line: string } | null, other: { line: string } | null) =>
    other === null || one?.line === other.line;
  return alike(first.line1, second.line1) && alike(first.line2, second.line2) ? "agrees" : "differs";
}
