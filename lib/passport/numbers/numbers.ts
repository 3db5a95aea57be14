/** The document number and the personal number of a passport. */
import { type Agreement, type FieldEvidence, plain } from "../evidence.ts";
import { sharesCheckDigit } from "../mrz/check-digits.ts";
import { coveredValue, type Mrz, type MrzLines } from "../mrz/zone.ts";
import type { PassportReading, PrintedField } from "../reading.ts";
import { comparePersonalNumbers } from "./personal-number.ts";
import { printedNumber } from "./printed.ts";

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

function documentNumber(field: PrintedField, { first, second }: Mrz): FieldEvidence {
  const printed = printedNumber(field);
  return {
    printed,
    first: coveredValue(first.line2, "documentNumber"),
    second: coveredValue(second?.line2, "documentNumber"),
    compare: (mrz) => compareDocumentNumbers(printed.bare, mrz),
    report: (mrz) => plain(withoutFillers(mrz)),
  };
}

function compareDocumentNumbers(printed: string, mrz: string): Agreement {
  if (mrz !== "" && printed === withoutFillers(mrz)) return "agrees";
  // A number with more characters than the MRZ has places for.
  if (mrz.length === NUMBER_WIDTH && printed.startsWith(mrz)) return "partly";
  return sharesCheckDigit(printed, mrz, NUMBER_WIDTH) ? "blind" : "differs";
}

/** States without a personal number put other data in its place, or nothing. */
function personalNumber(field: PrintedField, { first, second }: Mrz): FieldEvidence {
  const printed = printedNumber(field);
  const compare = (mrz: string) => comparePersonalNumbers(printed.bare, mrz);
  const read = (lines: MrzLines | null) => {
    const mrz = coveredValue(lines?.line2, "personalNumber");
    const isOtherData = mrz === null || (printed.value !== null && compare(mrz.value) === "silent");
    return isOtherData || mrz.value === "" ? null : mrz;
  };
  return {
    printed,
    first: read(first),
    second: read(second),
    compare,
    report: (mrz, agreed) => plain(agreed ? printed.value : withoutFillers(mrz)),
  };
}
