/** The dates of birth, issue and expiry of a passport. */
import { type Agreement, type FieldEvidence, type PrintedValue, type Reported } from "../evidence.ts";
import { sharesCheckDigit } from "../mrz/check-digits.ts";
import { coveredValues, type Mrz, valuesBesideOther } from "../mrz/zone.ts";
import { NOT_READ, readCharacters } from "../printed.ts";
import type { PassportReading, PrintedField } from "../reading.ts";
import {
  asGregorian,
  asRecentGregorian,
  birthDateCandidates,
  existsInCalendar,
  expiryDateCandidates,
  formatDate,
  inOtherCalendars,
  isFuller,
  parseIsoDate,
  type PassportDate,
  resolveCentury,
  sameKnownParts,
  toMrzDate,
} from "./calendar.ts";
import { parseDayFirst, parsePrintedDate, printedDateAgrees } from "./printed.ts";

const MRZ_DATE_WIDTH = 6;

/** A date of the printed zone; `date` is null if only the characters are known, and they may mean several dates. */
export type PrintedDate = PrintedValue & { readonly date: PassportDate | null };

/** What was read of the three dates. */
export function readDates(fields: PassportReading["fields"], mrz: Mrz, today: Date) {
  return {
    birthDate: mrzDate("birthDate", fields.birthDate, mrz, today),
    issueDate: issueDate(fields.issueDate, today),
    expiryDate: mrzDate("expiryDate", fields.expiryDate, mrz, today),
  };
}

/** A date of the printed zone. */
export function printedDate(
  field: PrintedField,
  parsePrinted: (characters: string) => PassportDate | null = parsePrintedDate,
  asOurs: (date: PassportDate) => PassportDate = (date) => date,
): PrintedDate {
  const characters = readCharacters(field);
  if (characters === null || isUnknown(characters)) return { ...NOT_READ, date: null };
  const stated = parseIsoDate(field.value ?? "") ?? parsePrinted(characters);
  const date = stated === null ? null : asOurs(stated);
  const isPrinted = (day: PassportDate) => printedDateAgrees(characters, day);
  // The page may print the day in another calendar alone, in years that look like ours and in its own names of months.
  const isInWords = characters.match(/\p{Nd}+/gu)?.length === 2;
  const contradictory =
    date !== null && isPrinted(date) === false && !inOtherCalendars(date).some((day) => isPrinted(day) ?? isInWords);
  const value = date === null ? characters : formatDate(date);
  return { value, date, characters: field.printed, contradictory, reported: reportPrinted(date) };
}

/** A date of which no part is known, as pages and models write it. */
const isUnknown = (text: string) => /^[X0*<?_.\-/ ]*$/i.test(text) || /^(?:UNKNOWN|INCONNUE?|UNBEKANNT)$/i.test(text);

/** A date that the calendar does not have is never a value. */
function reportPrinted(date: PassportDate | null): Reported {
  const impossible = date !== null && !existsInCalendar(date);
  const value = date === null || impossible ? null : formatDate(date);
  return { value, centurySource: value === null ? null : "viz", impossible };
}

/** The date of issue, which only the printed zone gives. */
function issueDate(field: PrintedField, today: Date): FieldEvidence {
  // Nothing else tells which number is the month, so the order of the standard (part 3, 3.1) decides. No valid passport is of
  // the last century.
  const printed = printedDate(
    field,
    (characters) => parsePrintedDate(characters, 2000) ?? parseDayFirst(characters),
    (date) => asRecentGregorian(date, today),
  );
  return { printed, mrz: [], compare: () => "silent" };
}

/** The date of birth or of expiry, which both zones give. */
function mrzDate(name: "birthDate" | "expiryDate", field: PrintedField, mrz: Mrz, today: Date): FieldEvidence {
  const printed = printedDate(field);
  const possible = (yymmdd: string) =>
    name === "birthDate" ? birthDateCandidates(yymmdd, today) : expiryDateCandidates(yymmdd, today);
  const gregorian = (yymmdd: string) => (printed.date === null ? null : asGregorian(printed.date, possible(yymmdd)));
  const isEmpty = (yymmdd: string) => /^<+$/.test(yymmdd);
  return {
    printed,
    mrz: valuesBesideOther(coveredValues(mrz, name), isEmpty),
    compare: (yymmdd) =>
      isIncomplete(name, printed)
        ? "differs"
        : compareDates({ ...printed, date: gregorian(yymmdd) }, yymmdd, possible(yymmdd)),
    report: (yymmdd, agreed) => {
      const asPrinted = agreed ? gregorian(yymmdd) : null;
      const resolved = resolveCentury(possible(yymmdd), asPrinted);
      if (resolved === null) return { ...reportPrinted(printed.date), impossible: true };
      // The printed zone knows more if the MRZ gives only a part of the date.
      const date = asPrinted !== null && isFuller(asPrinted, resolved.date) ? asPrinted : resolved.date;
      return { value: formatDate(date), centurySource: resolved.centurySource, impossible: false };
    },
  };
}

/** Only a date of birth may be known in part. */
function isIncomplete(name: "birthDate" | "expiryDate", { date }: PrintedDate): boolean {
  return name === "expiryDate" && date !== null && (date.month === null || date.day === null);
}

function compareDates({ date, characters }: PrintedDate, mrz: string, possible: readonly PassportDate[]): Agreement {
  if (date === null) return compareCharacters(characters, possible);
  const [likeliest] = possible;
  if (likeliest === undefined) return toMrzDate(date) === mrz ? "agrees" : "differs";
  const same = possible.find((candidate) => sameKnownParts(candidate, date));
  if (same === undefined) {
    // 03/04 is the third of April or the fourth of March: the model may have taken one, and the page may mean the other.
    if (isSpelledOut(characters, likeliest)) return "partly";
    return sharesCheckDigit(toMrzDate(date), mrz, MRZ_DATE_WIDTH) ? "blind" : "differs";
  }
  // The MRZ has no century: a printed one that is not the likeliest rests on the printed zone alone.
  const whole = same === likeliest && !isFuller(date, same) && !isFuller(same, date) && isSpelledOut(characters, date);
  return whole ? "agrees" : "partly";
}

/** If the printed characters alone do not say it, the model may have taken from the MRZ. */
const isSpelledOut = (characters: string | null, date: PassportDate) =>
  characters !== null && printedDateAgrees(characters, date) === true;

/** A printed date that nobody has normalised: in some forms it also means another day. */
function compareCharacters(characters: string | null, [likeliest]: readonly PassportDate[]): Agreement {
  const agrees = characters !== null && likeliest !== undefined ? printedDateAgrees(characters, likeliest) : null;
  return agrees === null ? "silent" : agrees ? "partly" : "differs";
}
