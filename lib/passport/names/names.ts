/** The surname and the given names of a passport. */
import { weighUnprotected } from "../evidence.ts";
import type { FirstLine } from "../mrz/lines.ts";
import { bestOf, compareNames, type MrzNames, type NameComparison, splitNames } from "./compare.ts";
import { type PrintedEvidence, printedName, type PrintedNameEvidence } from "../printed.ts";
import type { AssessedFields } from "../assessment.ts";
import { type Readings, unprotectedSource, weighField, type WeighedField } from "../weighed-field.ts";

type NameField = "surname" | "givenNames";

const INCOMPARABLE: NameComparison = { agreement: "incomparable", text: null };

const readNames = (line: FirstLine | null | undefined) =>
  line === null || line === undefined ? null : splitNames(line.names, line.issuingState);

/**
 * Weighs both names. The value is the printed spelling where both zones agree: of its marks, those that leave no trace
 * in the MRZ rest on the printed zone alone.
 */
export function names({ printed, first, second }: Readings): Pick<Weighed, NameField> {
  const evidence = { surname: printedName(printed.surname), givenNames: printedName(printed.givenNames) };
  const [one, two] = [readNames(first.line1), readNames(second?.line1)];

  const weigh = (name: NameField) => {
    const comparisons = new Map<string, NameComparison>();
    // The first reading comes last: where both read the same letters, its view of whether they are shortened counts.
    for (const mrz of [two, one]) if (mrz !== null) comparisons.set(lettersOf(mrz, name), compare(evidence, mrz, name));
    return weighName({
      name,
      evidence: evidence[name],
      letters: [one, two].map((mrz) => (mrz === null || isCutOff(mrz, name) ? undefined : lettersOf(mrz, name))),
      comparison: (mrz) => comparisons.get(mrz) ?? INCOMPARABLE,
      printed,
    });
  };
  return { surname: weigh("surname"), givenNames: weigh("givenNames") };
}

const lettersOf = (mrz: MrzNames, name: NameField) => mrz[name].join(" ");

/** The surname left no room for given names: the MRZ says nothing about them. */
const isCutOff = (mrz: MrzNames, name: NameField) =>
  name === "givenNames" && mrz.shortened && mrz.givenNames.length === 0;

/** Compares both spellings that the printed zone offers. */
function compare(
  { surname, givenNames }: Readonly<Record<NameField, PrintedNameEvidence>>,
  mrz: MrzNames,
  name: NameField,
): NameComparison {
  const asNormalised = { surname: surname.value, givenNames: givenNames.value };
  const asPrinted = {
    surname: surname.asPrinted ?? surname.value,
    givenNames: givenNames.asPrinted ?? givenNames.value,
  };
  return bestOf([compareNames(asNormalised, mrz)[name], compareNames(asPrinted, mrz)[name]]);
}

type Weighed = { readonly [Name in keyof AssessedFields]: WeighedField };

interface NameWeighing {
  readonly name: NameField;
  readonly evidence: PrintedEvidence;
  /** What each reading of the MRZ says. */
  readonly letters: readonly (string | undefined)[];
  readonly comparison: (mrz: string) => NameComparison;
  readonly printed: Readings["printed"];
}

function weighName({ name, evidence, letters, comparison, printed }: NameWeighing): WeighedField {
  const weighed = weighField({
    evidence,
    field: printed[name],
    first: unprotectedSource(letters[0]),
    second: unprotectedSource(letters[1]),
    compare: (mrz) => {
      const { agreement } = comparison(mrz);
      return agreement === "elsewhere" ? "incomparable" : agreement;
    },
    weigh: weighUnprotected,
    report: (mrz, agreed) => (agreed ? (comparison(mrz).text ?? mrz) : mrz),
  });
  const elsewhere = weighed.mrzValue !== null && comparison(weighed.mrzValue).agreement === "elsewhere";
  if (!elsewhere) return weighed;
  return { ...weighed, elsewhere, field: { ...weighed.field, value: null, state: "missing" } };
}
