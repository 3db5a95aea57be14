/**
 * Readings written by hand: a page and its machine readable zone, put together from what a test cares about. It computes
 * its own check digits, and shares nothing with the generator of sample passports.
 */
import type {
  MrzReading,
  PassportReading,
  PrintedField,
  PrintedFieldName,
  ReaderReading,
} from "../../lib/passport/reading.ts";

/** A printed field: a text that is printed as it is normalised, `[printed, normalised]`, or null if it is not printed. */
type Printed = string | null | readonly [printed: string | null, value: string | null];

/** What differs from an ordinary passport; MRZ values without fillers at their end. */
export interface Page {
  readonly code?: string;
  readonly state?: string;
  readonly nationality?: string;
  /** Positions 6 to 44 of the first line. */
  readonly names?: string;
  readonly number?: string;
  /** `YYMMDD`. */
  readonly birth?: string;
  readonly sex?: string;
  readonly expiry?: string;
  readonly optional?: string;
  /** The check digit of empty optional data. */
  readonly optionalDigit?: "0" | "<";
  readonly printed?: Readonly<Partial<Record<PrintedFieldName, Printed>>>;
}

const valueOf = (character: string) => (character === "<" ? 0 : Number.parseInt(character, 36));

function digitOf(text: string): string {
  const sum = [...text].reduce(
    (total, character, place) => total + valueOf(character) * ([7, 3, 1][place % 3] ?? 0),
    0,
  );
  return String(sum % 10);
}

const field = (text: string, width: number) => text.padEnd(width, "<").slice(0, width);
const withDigit = (text: string) => text + digitOf(text);

/** The two lines of a page. */
export function linesOf(page: Page): { line1: string; line2: string } {
  const { code = "P", state = "GBR", names = "SMITH<<JOHN", number = "925665416", optional = "" } = page;
  const { nationality = state, birth = "900112", sex = "M", expiry = "330301", optionalDigit = "0" } = page;
  const [id, born, until, rest] = [field(number, 9), birth, expiry, field(optional, 14)];
  const digits = optional === "" ? rest + optionalDigit : withDigit(rest);
  const composite = digitOf(withDigit(id) + withDigit(born) + withDigit(until) + digits);
  return {
    line1: field(code, 2) + field(state, 3) + field(names, 39),
    line2: `${withDigit(id)}${field(nationality, 3)}${withDigit(born)}${sex}${withDigit(until)}${digits}${composite}`,
  };
}

function printedField(given: Printed): PrintedField {
  const [printed, value] = typeof given === "object" && given !== null ? given : [given, given];
  return { printed, value, unreadable: printed === null ? "not_printed" : null };
}

const PLAIN: Readonly<Record<PrintedFieldName, Printed>> = {
  surname: "SMITH",
  givenNames: "JOHN",
  documentNumber: "925665416",
  issuingState: "GBR",
  nationality: ["BRITISH CITIZEN", "GBR"],
  birthDate: ["12 JAN /JAN 90", "1990-01-12"],
  sex: "M",
  issueDate: ["01 MAR /MARS 23", "2023-03-01"],
  expiryDate: ["01 MAR /MARS 33", "2033-03-01"],
  personalNumber: null,
  placeOfBirth: "LONDON",
};

/** The MRZ of a page, as a reading without mistakes gives it. */
export const mrzOf = (page: Page): MrzReading => ({ ...linesOf(page), unreadable: null });

/** The independent reader's reading of a page if it is sure of both lines. */
export const readerOf = (page: Page): ReaderReading => ({ ...linesOf(page), reason: null });

/** A reading of a page without mistakes: an ordinary one, but for what is given. */
export function buildReading(page: Page = {}): PassportReading {
  const state = page.state ?? "GBR";
  const printed: Readonly<Record<PrintedFieldName, Printed>> = {
    ...PLAIN,
    documentNumber: page.number ?? "925665416",
    issuingState: state,
    nationality: page.nationality ?? state,
    sex: page.sex === "<" ? "X" : (page.sex ?? "M"),
    ...page.printed,
  };
  const read = (name: PrintedFieldName) => printedField(printed[name]);
  return {
    mrz: mrzOf(page),
    mrzBox: [760, 30, 950, 970],
    quality: [],
    instructionsSeen: null,
    documentKind: "passport",
    fields: {
      surname: read("surname"),
      givenNames: read("givenNames"),
      documentNumber: read("documentNumber"),
      issuingState: read("issuingState"),
      nationality: read("nationality"),
      birthDate: read("birthDate"),
      sex: read("sex"),
      issueDate: read("issueDate"),
      expiryDate: read("expiryDate"),
      personalNumber: read("personalNumber"),
      placeOfBirth: read("placeOfBirth"),
    },
  };
}
