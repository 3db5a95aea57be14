/** Checks of the picture, the kind of document, the MRZ's check digits, and the printed zone against the MRZ. */
import type { CheckFinding } from "../checks.ts";
import type { ReasonCode } from "../reasons.ts";
import { type FieldName, PASSPORT_FIELDS } from "./assessment.ts";
import type { WeighedFields } from "./fields.ts";
import { CHECK_DIGITS, shortensNames } from "./mrz/lines.ts";
import { type Mrz, reportsMrz } from "./mrz/zone.ts";
import type { PassportReading, QualityIssue, ReaderReading } from "./reading.ts";
import { readCharacters } from "./printed.ts";
import { isStateCode } from "./states/codes.ts";
import { profileOf } from "./states/profiles.ts";
import { specimenFields } from "./states/specimens.ts";

/** A reason of a check, with the field it is about. */
export type Finding = CheckFinding["reasons"][number];

const QUALITY_REASONS = {
  blurred: "image_blurred",
  glare: "image_glare",
  too_dark: "image_too_dark",
  cropped: "image_cropped",
  occluded: "image_occluded",
  screen_or_copy: "image_screen_or_copy",
  several_documents: "document_multiple",
} as const satisfies Record<QualityIssue, ReasonCode>;

/** What the model says about the picture: worth a look, never a decision. */
export function checkImageQuality({ quality, instructionsSeen }: PassportReading): CheckFinding {
  const reasons: Finding[] = [...new Set(quality)].map((issue) => ({ code: QUALITY_REASONS[issue] }));
  if (instructionsSeen !== null && instructionsSeen.trim() !== "") reasons.push({ code: "text_addressed_to_reader" });
  return { name: "image_quality", state: reasons.length > 0 ? "warning" : "passed", reasons };
}

interface DocumentFacts {
  /** What the model calls the document. */
  readonly documentKind: PassportReading["documentKind"];
  readonly verdict: "passport" | "document_not_passport" | "passport_unreadable";
  readonly mrz: Mrz;
  readonly fields: WeighedFields;
  readonly allowSpecimen: boolean;
}

/** Whether the document is a passport, and a real one. The MRZ's code of a passport begins with P, and may go on with any letter. */
export function checkDocumentType({ documentKind, verdict, mrz, fields, allowSpecimen }: DocumentFacts): CheckFinding {
  if (verdict !== "passport") return { name: "document_type", state: "failed", reasons: [{ code: verdict }] };
  const specimen = specimenFields(fields);
  const reasons: Finding[] = specimen.map(({ name }) => ({ code: "specimen_document", field: name }));
  if (mrz.chosen.line1?.documentCode.startsWith("P") === false) reasons.push({ code: "document_code_unexpected" });
  // The lines of a passport with all digits right outweigh the model's word; what the reader read too is beyond doubt.
  const isDoubtful = documentKind !== "passport" && documentKind !== "other_document";
  if (isDoubtful && !(mrz.readerIsSure.line1 && mrz.readerIsSure.line2))
    reasons.push({ code: "document_kind_unclear" });
  const failed = specimen.some(({ sure }) => sure) && !allowSpecimen;
  return { name: "document_type", state: failed ? "failed" : reasons.length > 0 ? "warning" : "passed", reasons };
}

/** The check digits of the second line. */
export function checkMrzDigits({ chosen: { line2: line } }: Mrz): CheckFinding {
  const name = "mrz_check_digits";
  if (line === null) return { name, state: "not_executed", reasons: [{ code: "mrz_not_read" }] };
  const failing = CHECK_DIGITS.filter((digit) => !line.checkDigits[digit]);
  if (failing.length > 0) {
    return { name, state: "failed", reasons: failing.map((field) => ({ code: "mrz_check_digit_failed", field })) };
  }
  if (line.repair === null) return { name, state: "passed", reasons: [] };
  return { name, state: "warning", reasons: line.touched.map((field) => ({ code: "mrz_repaired", field })) };
}

/** What the independent reader of the MRZ says of the model's word. */
export function checkSecondReader(fields: WeighedFields, mrz: Mrz, reader: ReaderReading | undefined): CheckFinding {
  const name = "second_reader";
  const notExecuted = (code: ReasonCode): CheckFinding => ({ name, state: "not_executed", reasons: [{ code }] });
  if (reader === undefined) return notExecuted("reader_not_run");
  if (reader === "off") return notExecuted("reader_off");
  if (mrz.readerFoundNone && reportsMrz(mrz)) {
    return { name, state: "warning", reasons: [{ code: "reader_found_no_zone" }] };
  }
  const disagree = PASSPORT_FIELDS.filter((field) => fields[field].readersDisagree);
  if (disagree.length > 0) {
    return { name, state: "warning", reasons: disagree.map((field) => ({ code: "readers_disagree", field })) };
  }
  const { line1, line2 } = mrz.readerIsSure;
  if (line1 && line2) return { name, state: "passed", reasons: [] };
  if (!line1 && !line2) return notExecuted("reader_unsure");
  return { name, state: "not_executed", reasons: [{ code: "reader_unsure", field: line1 ? "line2" : "line1" }] };
}

/** What every passport prints and its MRZ repeats. */
const IN_BOTH_ZONES: ReadonlySet<FieldName> = new Set(["documentNumber", "birthDate", "expiryDate"]);
/** What every passport carries. */
const IN_EVERY_PASSPORT: ReadonlySet<FieldName> = new Set([
  ...IN_BOTH_ZONES,
  "issuingState",
  "nationality",
  "sex",
  "issueDate",
]);

/** The printed zone held against the MRZ, field by field. */
export function checkZones(fields: WeighedFields, reading: PassportReading, mrz: Mrz): CheckFinding {
  const name = "printed_zone_against_mrz";
  const { line1, line2 } = mrz.chosen;
  if (line1 === null && line2 === null) return { name, state: "not_executed", reasons: [{ code: "mrz_not_read" }] };
  const ofFields = PASSPORT_FIELDS.flatMap((field): Finding[] => {
    const code = reasonOf(fields, field, reading, mrz);
    return code === null ? [] : [{ code, field }];
  });
  const reasons = [...checkLines(fields, reading, mrz), ...ofFields];
  const failed = PASSPORT_FIELDS.some(
    (field) => disagreementOf(fields, field) !== null && fields[field].field.state === "conflict",
  );
  return { name, state: failed ? "failed" : reasons.length > 0 ? "warning" : "passed", reasons };
}

/** What is wrong with the lines themselves. */
function checkLines(fields: WeighedFields, reading: PassportReading, mrz: Mrz): Finding[] {
  const reasons: Finding[] = [];
  if (mrz.chosen.line1 === null || mrz.chosen.line2 === null) reasons.push({ code: "mrz_not_read" });
  if (mrz.notFoundAgain) reasons.push({ code: "mrz_not_found_again" });
  if (areNamesRunTogether(fields, reading, mrz)) reasons.push({ code: "mrz_names_run_together", field: "surname" });
  return reasons;
}

const reasonOf = (fields: WeighedFields, name: FieldName, reading: PassportReading, mrz: Mrz): ReasonCode | null =>
  disagreementOf(fields, name) ?? (isIllegible(fields, name, reading, mrz) ? "field_not_legible" : null);

function disagreementOf(fields: WeighedFields, name: FieldName): ReasonCode | null {
  if (fields[name].contradictory) return "reading_contradictory";
  switch (fields[name].disagreement) {
    case "blind":
      return "mrz_blind_swap_unconfirmed";
    case "differs":
      return "mrz_viz_mismatch";
    case null:
      return null;
  }
}

function isIllegible(fields: WeighedFields, name: FieldName, reading: PassportReading, mrz: Mrz): boolean {
  const { field, compared } = fields[name];
  const { unreadable } = reading.fields[name];
  if (unreadable !== null && unreadable !== "not_printed") return true;
  if (name === "surname") return isNameIllegible(fields, reading);
  if (name === "birthDate" && isBirthDateUnknown(fields, mrz)) return false;
  if (field.state === "missing") return IN_EVERY_PASSPORT.has(name);
  if (name === "issuingState" || name === "nationality") return !isStateCode(field.value ?? "");
  return IN_BOTH_ZONES.has(name) && !compared && field.state !== "conflict";
}

/** One filler between the names was lost: the page prints two names, and the MRZ has one where its state writes two. */
function areNamesRunTogether({ surname, givenNames }: WeighedFields, { fields }: PassportReading, mrz: Mrz): boolean {
  const { line1 } = mrz.chosen;
  if (line1 === null || shortensNames(line1.names) || line1.names.replace(/^<+|<+$/g, "").includes("<<")) return false;
  const printsTwo = readCharacters(fields.surname) !== null && readCharacters(fields.givenNames) !== null;
  const isOneLine =
    fields.surname.printed === fields.givenNames.printed && fields.surname.value === fields.givenNames.value;
  const compared = surname.compared && givenNames.compared;
  const mayBeOne = profileOf(line1.issuingState).oneName === true && !line1.lengthCorrected;
  return printsTwo && !isOneLine && compared && !mayBeOne;
}

/** The passport itself says that the date of birth is not known. */
export function isBirthDateUnknown({ birthDate }: WeighedFields, { chosen }: Mrz): boolean {
  return birthDate.field.value === null && birthDate.field.state !== "conflict" && chosen.line2?.birthDate === "<<<<<<";
}

/** People may have one name only, in either place: but some name is printed on every passport. */
function isNameIllegible({ surname, givenNames }: WeighedFields, reading: PassportReading): boolean {
  const printed = [reading.fields.surname, reading.fields.givenNames].some((field) => field.printed !== null);
  const known = [surname, givenNames].some(({ field }) => field.value !== null);
  return !printed || !known;
}
