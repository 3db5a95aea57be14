/** The surname and the given names of a passport. */
import { type FieldEvidence, plain } from "../evidence.ts";
import type { FirstLine } from "../mrz/lines.ts";
import { type Mrz, uncoveredValue } from "../mrz/zone.ts";
import type { PassportReading } from "../reading.ts";
import { bestOf, compareNames, type MrzNames, type NameComparison, splitNames } from "./compare.ts";
import { type PrintedName, printedName } from "./printed.ts";

type NameField = "surname" | "givenNames";
type PrintedNames = Readonly<Record<NameField, PrintedName>>;

/**
 * What was read of both names. The value is the printed spelling where both zones agree: of its marks, those that leave
 * no trace in the MRZ rest on the printed zone alone.
 */
export function readNames(fields: PassportReading["fields"], { first, second }: Mrz): Record<NameField, FieldEvidence> {
  const printed = { surname: printedName(fields.surname), givenNames: printedName(fields.givenNames) };
  const [one, two] = [splitLine(first.line1), splitLine(second?.line1)];
  const read = (name: NameField): FieldEvidence => {
    const comparisons = new Map<string, NameComparison>();
    // The first reading comes last: where both read the same letters, its view of whether they are shortened counts.
    for (const mrz of [two, one]) if (mrz !== null) comparisons.set(lettersOf(mrz, name), compare(printed, mrz, name));
    const compared = (mrz: string) => comparisons.get(mrz) ?? INCOMPARABLE;
    return {
      printed: printed[name],
      first: nameValue(one, name),
      second: nameValue(two, name),
      compare: (mrz) => agreementOf(compared(mrz)),
      report: (mrz, agreed) => {
        const { agreement, text } = compared(mrz);
        return plain(agreement === "elsewhere" ? null : agreed ? (text ?? mrz) : mrz);
      },
    };
  };
  return { surname: read("surname"), givenNames: read("givenNames") };
}

const INCOMPARABLE: NameComparison = { agreement: "incomparable", text: null };

const agreementOf = ({ agreement }: NameComparison) =>
  agreement === "elsewhere" || agreement === "incomparable" ? "silent" : agreement;

const splitLine = (line: FirstLine | null | undefined) =>
  line === null || line === undefined ? null : splitNames(line.names, line.issuingState);

const lettersOf = (mrz: MrzNames, name: NameField) => mrz[name].join(" ");

function nameValue(mrz: MrzNames | null, name: NameField) {
  if (mrz === null) return null;
  // The surname left no room for given names: the MRZ says nothing about them.
  const isCutOff = name === "givenNames" && mrz.shortened && mrz.givenNames.length === 0;
  return isCutOff ? null : uncoveredValue(lettersOf(mrz, name));
}

/** Compares both spellings that the printed zone offers. */
function compare({ surname, givenNames }: PrintedNames, mrz: MrzNames, name: NameField): NameComparison {
  const asNormalised = { surname: surname.value, givenNames: givenNames.value };
  const asPrinted = {
    surname: surname.asPrinted ?? surname.value,
    givenNames: givenNames.asPrinted ?? givenNames.value,
  };
  return bestOf([compareNames(asNormalised, mrz)[name], compareNames(asPrinted, mrz)[name]]);
}
