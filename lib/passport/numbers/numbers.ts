/** The document number and the personal number of a passport. */
import { sharesCheckDigit } from "../mrz/check-digits.ts";
import { weighProtected } from "../evidence.ts";
import type { RepairedLine } from "../mrz/repair.ts";
import { comparePersonalNumbers } from "./personal-number.ts";
import { printedNumber } from "../printed.ts";
import { protectedSource, type Readings, weighField, type WeighedField } from "../weighed-field.ts";

/** The MRZ has this many places for a document number. */
const NUMBER_WIDTH = 9;

const withoutFillers = (value: string) => value.replaceAll("<", "");

/** Weighs the document number. */
export function documentNumber({ printed, first, second }: Readings): WeighedField {
  const evidence = printedNumber(printed.documentNumber);
  return weighField({
    evidence,
    field: printed.documentNumber,
    first: protectedSource(first.line2, "documentNumber"),
    second: protectedSource(second?.line2, "documentNumber"),
    compare: (mrz) => {
      if (mrz !== "" && evidence.characters === withoutFillers(mrz)) return "agrees";
      // A number with more characters than the MRZ has places for.
      if (mrz.length === NUMBER_WIDTH && evidence.characters.startsWith(mrz)) return "partly";
      return sharesCheckDigit(evidence.characters, mrz, NUMBER_WIDTH) ? "blind" : "differs";
    },
    weigh: weighProtected,
    report: withoutFillers,
  });
}

/** Weighs the personal number. States without one put other data in its place, or nothing. */
export function personalNumber({ printed, first, second }: Readings): WeighedField {
  const evidence = printedNumber(printed.personalNumber);
  const compare = (mrz: string) => comparePersonalNumbers(evidence.characters, mrz);
  const source = (line: RepairedLine | null | undefined) => {
    const read = protectedSource(line, "personalNumber");
    const otherData = read !== null && evidence.value !== null && compare(read.value) === "incomparable";
    return read === null || read.value === "" || otherData ? null : read;
  };
  return weighField({
    evidence,
    field: printed.personalNumber,
    first: source(first.line2),
    second: source(second?.line2),
    compare,
    weigh: weighProtected,
    report: (mrz, agreed) => (agreed ? evidence.value : withoutFillers(mrz)),
  });
}
