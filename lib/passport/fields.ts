/** Weighs every field of a passport, and puts it into the form of the result. */
import type { AssessedDate, AssessedField, AssessedFields, FieldSource } from "./assessment.ts";
import { readDates } from "./dates/dates.ts";
import { type MrzValue, weigh, type Weighed } from "./evidence.ts";
import type { Mrz } from "./mrz/zone.ts";
import { readNames } from "./names/names.ts";
import { readNumbers } from "./numbers/numbers.ts";
import { printedText } from "./printed.ts";
import type { PassportReading } from "./reading.ts";
import { readSex } from "./sex.ts";
import { isStateCode } from "./states/codes.ts";
import { readStates } from "./states/states.ts";

type DateName = "birthDate" | "issueDate" | "expiryDate";

/** A field as the result has it, with what the checks need to know besides. */
export type WeighedField<Field extends AssessedField = AssessedField> = Pick<
  Weighed,
  "disagreement" | "compared" | "impossible"
> & { readonly field: Field; readonly contradictory: boolean };

/** All fields, weighed. */
export type WeighedFields = {
  readonly [Name in keyof AssessedFields]: WeighedField<Name extends DateName ? AssessedDate : AssessedField>;
};

/** Weighs every field. */
export function weighFields(printed: PassportReading["fields"], mrz: Mrz, today: Date): WeighedFields {
  const { surname, givenNames } = readNames(printed, mrz);
  const { documentNumber, personalNumber } = readNumbers(printed, mrz);
  const { birthDate, issueDate, expiryDate } = readDates(printed, mrz, today);
  const { issuingState, nationality } = readStates(printed, mrz);
  const placeOfBirth = printedText(printed.placeOfBirth);
  return {
    surname: asField(weigh(surname)),
    givenNames: asField(weigh(givenNames)),
    documentNumber: asField(weigh(documentNumber)),
    issuingState: asState(weigh(issuingState)),
    nationality: asState(weigh(nationality)),
    birthDate: asDate(weigh(birthDate)),
    sex: asField(weigh(readSex(printed.sex, mrz))),
    issueDate: asDate(weigh(issueDate)),
    expiryDate: asDate(weigh(expiryDate)),
    personalNumber: asField(weigh(personalNumber)),
    placeOfBirth: asField(weigh({ printed: placeOfBirth, first: null, second: null, compare: () => "silent" })),
  };
}

function asField({ state, reported, evidence, disagreement, compared, impossible }: Weighed): WeighedField {
  const field = { value: reported.value, state, sources: sourcesOf(evidence) };
  return { field, disagreement, compared, impossible, contradictory: evidence.printed.contradictory };
}

/** A code that nobody has assigned is not confirmed by being read twice. */
function asState(weighed: Weighed): WeighedField {
  const { value } = weighed.reported;
  const unknown = value !== null && !isStateCode(value) && weighed.state !== "conflict";
  return asField(unknown ? { ...weighed, state: "single_source" } : weighed);
}

function asDate(weighed: Weighed): WeighedField<AssessedDate> {
  const { field, ...rest } = asField(weighed);
  return { ...rest, field: { ...field, centurySource: weighed.reported.centurySource } };
}

function sourcesOf({ printed, first, second }: Weighed["evidence"]): FieldSource[] {
  const sources: FieldSource[] = [];
  if (printed.value !== null) {
    const { value, characters } = printed;
    sources.push({ zone: "printed", value, printed: characters, checkDigit: null, repaired: false });
  }
  if (first !== null && first.value !== "") sources.push(mrzSource("mrz", first));
  if (second !== null && second.value !== "") sources.push(mrzSource("mrz_second_reading", second));
  return sources;
}

function mrzSource(zone: FieldSource["zone"], { value, digits, repaired }: MrzValue): FieldSource {
  const checkDigit = digits === "none" ? "none" : digits === "fail" ? "fails" : "holds";
  return { zone, value, printed: null, checkDigit, repaired };
}
