/** Brings together, field by field, what the printed zone and the readings of the MRZ say. */
import type { AssessedDate, AssessedField, AssessedFields } from "./assessment.ts";
import { issueDate, mrzDate } from "./dates/dates.ts";
import { weighUnprotected } from "./evidence.ts";
import { names } from "./names/names.ts";
import { documentNumber, personalNumber } from "./numbers/numbers.ts";
import { type PrintedEvidence, printedSex, printedState, printedText } from "./printed.ts";
import type { PrintedField } from "./reading.ts";
import { isStateCode, mrzStateCode } from "./states/codes.ts";
import { type Readings, unprotectedSource, weighField, type WeighedField } from "./weighed-field.ts";

type DateName = "birthDate" | "issueDate" | "expiryDate";

/** All fields, weighed. */
export type WeighedFields = {
  readonly [Name in keyof AssessedFields]: WeighedField<Name extends DateName ? AssessedDate : AssessedField>;
};

/** What the two readings of the MRZ say about a field; undefined where the line was not read. */
type MrzValues = readonly [string | undefined, string | undefined];

/** A field whose printed and MRZ values are compared as they are. */
function plainField(evidence: PrintedEvidence, field: PrintedField, [first, second]: MrzValues): WeighedField {
  return weighField({
    evidence,
    field,
    first: unprotectedSource(first),
    second: unprotectedSource(second),
    compare: (mrz) => (mrz === evidence.value ? "agrees" : "differs"),
    weigh: weighUnprotected,
  });
}

const asSex = (sex: string | undefined) => (sex === "<" ? "X" : sex);

const asState = (code: string | undefined) => (code === undefined ? undefined : mrzStateCode(code));

/** Issuing state or nationality: a code that nobody has assigned is not confirmed by being read twice. */
function stateField(field: PrintedField, [first, second]: MrzValues): WeighedField {
  const weighed = plainField(printedState(field), field, [asState(first), asState(second)]);
  const { value, state } = weighed.field;
  const unknown = value !== null && !isStateCode(value) && state !== "conflict";
  return unknown ? { ...weighed, field: { ...weighed.field, state: "single_source" } } : weighed;
}

/** Weighs every field. */
export function weighFields(readings: Readings): WeighedFields {
  const { printed, first, second } = readings;
  return {
    ...names(readings),
    documentNumber: documentNumber(readings),
    issuingState: stateField(printed.issuingState, [first.line1?.issuingState, second?.line1?.issuingState]),
    nationality: stateField(printed.nationality, [first.line2?.nationality, second?.line2?.nationality]),
    birthDate: mrzDate("birthDate", readings),
    sex: plainField(printedSex(printed.sex), printed.sex, [asSex(first.line2?.sex), asSex(second?.line2?.sex)]),
    issueDate: issueDate(readings),
    expiryDate: mrzDate("expiryDate", readings),
    personalNumber: personalNumber(readings),
    placeOfBirth: plainField(printedText(printed.placeOfBirth), printed.placeOfBirth, [undefined, undefined]),
  };
}
