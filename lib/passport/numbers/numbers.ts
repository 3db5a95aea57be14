/** The document number and the personal number of a passport. */
import { type Agreement, type FieldEvidence, plain } from "../evidence.ts";
import { sharesCheckDigit } from "../mrz/check-digits.ts";
import { coveredValues, type Mrz } from "../mrz/zone.ts";
import type { PassportReading, PrintedField } from "../reading.ts";
import { comparePersonalNumbers } from "./personal-number.ts";
import { type PrintedNumber, printedNumber } from "./printed.ts";

/** The MRZ has this many places for a document number. */
const NUMBER_WIDTH = 9;

const withoutFillers = (value: string) => value.replaceAll("<", "");

/** What was read of the document number and of the personal number. */
export function readNumbers(printed: PassportReading["fields"], mrz: Mrz) {
  return {
    documentNumber: documentNumber(printed.documentNumber, mrz),
    personalNumber: personalNumber(printed.personalNumber, mrz),
  };
}

function documentNumber(field: PrintedField, mrz: Mrz): FieldEvidence {
  const printed = printedNumber(field);
  return {
    printed,
    mrz: coveredValues(mrz, "documentNumber"),
    compare: (value) => compareDocumentNumbers(printed, value),
    report: (value) => plain(withoutFillers(value)),
  };
}

function compareDocumentNumbers({ bare, forms }: PrintedNumber, mrz: string): Agreement {
  const number = withoutFillers(mrz);
  if (number !== "" && bare === number) return "agrees";
  // A number with more characters than the MRZ has places for; letters of another script that the MRZ spells otherwise.
  if ((mrz.length === NUMBER_WIDTH && bare.startsWith(mrz)) || forms.includes(number)) return "partly";
  return sharesCheckDigit(bare, mrz, NUMBER_WIDTH) ? "blind" : "differs";
}

/** States without a personal number put other data in its place, or nothing. */
function personalNumber(field: PrintedField, mrz: Mrz): FieldEvidence {
  const printed = printedNumber(field);
  const compare = (value: string) =>
    printed.forms.includes(withoutFillers(value)) && printed.bare !== withoutFillers(value)
      ? "partly"
      : comparePersonalNumbers(printed.bare, value);
  const isOtherData = (value: string) => value === "" || (printed.value !== null && compare(value) === "silent");
  return {
    printed,
    mrz: coveredValues(mrz, "personalNumber").filter(({ value }) => !isOtherData(value)),
    compare,
    report: (value, agreed) => plain(agreed ? printed.value : withoutFillers(value)),
  };
}
