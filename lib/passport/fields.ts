/** Weighs every field of a passport, and puts it into the form of the result. */
import type { AssessedDate, AssessedField, AssessedFields, FieldSource } from "./assessment.ts";
import { readDates } from "./dates/dates.ts";
import type { FieldEvidence, FieldState, MrzValue, MrzSource } from "./evidence.ts";
import { type Mrz, reportsMrz } from "./mrz/zone.ts";
import { readNames } from "./names/names.ts";
import { readNumbers } from "./numbers/numbers.ts";
import { printedText } from "./printed.ts";
import type { PassportReading } from "./reading.ts";
import { readSex } from "./sex.ts";
import { isStateCode } from "./states/codes.ts";
import { readStates } from "./states/states.ts";
import { weigh, type Weighed } from "./weigh.ts";

/** The fields that are dates. */
export type DateName = "birthDate" | "issueDate" | "expiryDate";

/** A field as the result has it, with what the checks need to know besides. */
export type WeighedField<Field extends AssessedField = AssessedField> = Pick<
  Weighed,
  "disagreement" | "readersDisagree" | "compared" | "impossible"
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
  const isMrzDenied = mrz.notFoundAgain || (mrz.readerFoundNone && reportsMrz(mrz));
  const weighOne = (evidence: FieldEvidence) => {
    const weighed = weigh(evidence);
    return isMrzDenied ? { ...weighed, state: withoutMrz(weighed.state) } : weighed;
  };
  return {
    surname: asField(weighOne(surname)),
    givenNames: asField(weighOne(givenNames)),
    documentNumber: asField(weighOne(documentNumber)),
    issuingState: asState(weighOne(issuingState)),
    nationality: asState(weighOne(nationality)),
    birthDate: asDate(weighOne(birthDate)),
    sex: asField(weighOne(readSex(printed.sex, mrz))),
    issueDate: asDate(weighOne(issueDate)),
    expiryDate: asDate(weighOne(expiryDate)),
    personalNumber: asField(weighOne(personalNumber)),
    placeOfBirth: asField(weighOne({ printed: placeOfBirth, mrz: [], compare: () => "silent" })),
  };
}

/** Another look found no MRZ where the model reports one: nothing that rests on it counts. */
function withoutMrz(state: FieldState): FieldState {
  return state === "confirmed" || state === "agreed" || state === "checked" ? "single_source" : state;
}

function asField({ reported, evidence, state, ...weighed }: Weighed): WeighedField {
  const { disagreement, readersDisagree, compared, impossible } = weighed;
  const field = { value: reported.value, state, sources: sourcesOf(evidence) };
  const { contradictory } = evidence.printed;
  return { field, disagreement, readersDisagree, compared, impossible, contradictory };
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

function sourcesOf({ printed, mrz }: FieldEvidence): FieldSource[] {
  const sources: FieldSource[] = [];
  if (printed.value !== null) {
    const { value, characters } = printed;
    sources.push({ zone: "printed", value, printed: characters, checkDigit: null, repaired: false });
  }
  return [...sources, ...mrz.filter(({ value }) => value !== "").map(mrzSource)];
}

const ZONES = { first: "mrz", second: "mrz_second_reading", reader: "mrz_reader" } as const satisfies Record<
  MrzSource,
  FieldSource["zone"]
>;

function mrzSource({ value, digits, repaired, from }: MrzValue): FieldSource {
  const checkDigit = digits === "none" ? "none" : digits === "fail" ? "fails" : "holds";
  return { zone: ZONES[from], value, printed: null, checkDigit, repaired };
}
