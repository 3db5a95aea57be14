/** The surname and the given names of a passport. */
import { type FieldEvidence, plain } from "../evidence.ts";
import { type Mrz, uncoveredValues } from "../mrz/zone.ts";
import type { PassportReading } from "../reading.ts";
import { bestOf, compareNames, type MrzNames, type NameComparison, splitNames } from "./compare.ts";
import { type PrintedName, printedName } from "./printed.ts";

type NameField = "surname" | "givenNames";
type PrintedNames = Readonly<Record<NameField, PrintedName>>;

/**
 * What was read of both names. The value is the printed spelling where both zones agree: of its marks, those that leave
 * no trace in the MRZ rest on the printed zone alone.
 */
export function readNames(fields: PassportReading["fields"], { line1 }: Mrz): Record<NameField, FieldEvidence> {
  const printed = { surname: printedName(fields.surname), givenNames: printedName(fields.givenNames) };
  const split = line1.map(({ line, from }) => ({ line: splitNames(line.names, line.issuingState), from }));
  const read = (name: NameField): FieldEvidence => {
    const comparisons = new Map<string, NameComparison>();
    // The first reading comes last: where both read the same letters, its view of whether they are shortened counts.
    for (const { line } of split.toReversed()) comparisons.set(lettersOf(line, name), compare(printed, line, name));
    const compared = (letters: string) => comparisons.get(letters) ?? INCOMPARABLE;
    return {
      printed: printed[name],
      mrz: uncoveredValues(split, (line) => (isCutOff(line, name) ? null : lettersOf(line, name))),
      compare: (letters) => agreementOf(compared(letters)),
      report: (letters, agreed) => {
        const { agreement, text } = compared(letters);
        return plain(agreement === "elsewhere" ? null : agreed ? (text ?? letters) : letters);
      },
    };
  };
  return { surname: read("surname"), givenNames: read("givenNames") };
}

const INCOMPARABLE: NameComparison = { agreement: "incomparable", text: null };

const agreementOf = ({ agreement }: NameComparison) =>
  agreement === "elsewhere" || agreement === "incomparable" ? "silent" : agreement;

const lettersOf = (mrz: MrzNames, name: NameField) => mrz[name].join(" ");

/** The surname left no room for given names: the MRZ says nothing about them. */
const isCutOff = (mrz: MrzNames, name: NameField) =>
  name === "givenNames" && mrz.shortened && mrz.givenNames.length === 0;

/** Compares both spellings that the printed zone offers. */
function compare({ surname, givenNames }: PrintedNames, mrz: MrzNames, name: NameField): NameComparison {
  const asNormalised = { surname: surname.value, givenNames: givenNames.value };
  const asPrinted = {
    surname: surname.asPrinted ?? surname.value,
    givenNames: givenNames.asPrinted ?? givenNames.value,
  };
  return bestOf([compareNames(asNormalised, mrz)[name], compareNames(asPrinted, mrz)[name]]);
}
