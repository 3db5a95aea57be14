/** The document number and the personal number of a passport. */
import { type Agreement, type FieldEvidence, plain } from "../evidence.ts";
import { sharesCheckDigit } from "../mrz/check-digits.ts";
import { coveredValues, type Mrz, valuesBesideOther } from "../mrz/zone.ts";
import type { PassportReading, PrintedField } from "../reading.ts";
import { comparePersonalNumbers } from "./personal-number.ts";
import { agreementOfForm, type PrintedNumber, printedNumber } from "./printed.ts";

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

function compareDocumentNumbers(printed: PrintedNumber, mrz: string): Agreement {
  const number = withoutFillers(mrz);
  const asForm = agreementOfForm(printed, number);
  if (asForm !== null) return asForm;
  // A number with more characters than the MRZ has places for.
  if (mrz.length === NUMBER_WIDTH && printed.bare.startsWith(mrz)) return "partly";
  return sharesCheckDigit(printed.bare, mrz, NUMBER_WIDTH) ? "blind" : "differs";
}

/** States without a personal number put other data in its place, or nothing. */
function personalNumber(field: PrintedField, mrz: Mrz): FieldEvidence {
  const printed = printedNumber(field);
  const compare = (value: string) =>
    agreementOfForm(printed, withoutFillers(value)) ?? comparePersonalNumbers(printed.bare, value);
  const isOtherData = (value: string) => value === "" || (printed.value !== null && compare(value) === "silent");
  return {
    printed,
    mrz: valuesBesideOther(coveredValues(mrz, "personalNumber"), isOtherData),
    // Other data counts only if another reading has a number.
    compare: (value) => (isOtherData(value) ? "differs" : compare(value)),
    report: (value, agreed) => plain(agreed ? printed.value : withoutFillers(value)),
  };
}
