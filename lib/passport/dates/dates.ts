/** The dates of birth, issue and expiry of a passport. */
import type { AssessedDate } from "../assessment.ts";
import { sharesCheckDigit } from "../mrz/check-digits.ts";
import {
  birthDateCandidates,
  expiryDateCandidates,
  formatDate,
  isFuller,
  type PassportDate,
  resolveCentury,
  sameKnownParts,
  toMrzDate,
} from "./calendar.ts";
import { type Agreement, weighProtected, weighUnprotected } from "../evidence.ts";
import type { RepairedLine } from "../mrz/repair.ts";
import { printedDate, type PrintedDateEvidence } from "../printed.ts";
import { printedDateAgrees } from "./printed.ts";
import { protectedSource, type Readings, weighField, type WeighedField } from "../weighed-field.ts";

const MRZ_DATE_WIDTH = 6;

/** Weighs the date of birth or of expiry, which both zones give. */
export function mrzDate(name: "birthDate" | "expiryDate", readings: Readings): WeighedField<AssessedDate> {
  const evidence = printedDate(readings.printed[name]);
  const possible = (mrz: string) =>
    name === "birthDate" ? birthDateCandidates(mrz, readings.today) : expiryDateCandidates(mrz, readings.today);
  const source = (line: RepairedLine | null | undefined) => {
    const read = protectedSource(line, name);
    // A date of birth of which nothing is known.
    return name === "birthDate" && read !== null && /^<+$/.test(read.value) ? null : read;
  };
  const weighed = weighField({
    evidence,
    field: readings.printed[name],
    first: source(readings.first.line2),
    second: source(readings.second?.line2),
    compare: (mrz) => (isIncomplete(name, evidence) ? "differs" : compareDates(evidence, mrz, possible(mrz))),
    weigh: weighProtected,
  });
  if (weighed.mrzValue === null) return printedOnly(weighed, evidence);

  const resolved = resolveCentury(possible(weighed.mrzValue), weighed.verdict.agreed ? evidence.date : null);
  if (resolved === null) return impossibleDate(weighed, evidence);
  // The printed zone knows more where the MRZ gives only a part of the date.
  const fuller = weighed.verdict.agreed && evidence.date !== null && isFuller(evidence.date, resolved.date);
  return {
    ...weighed,
    impossible: evidence.impossible,
    field: {
      ...weighed.field,
      value: formatDate(fuller && evidence.date !== null ? evidence.date : resolved.date),
      centurySource: resolved.centurySource,
    },
  };
}

/** Weighs the date of issue, which only the printed zone gives. */
export function issueDate({ printed }: Readings): WeighedField<AssessedDate> {
  const evidence = printedDate(printed.issueDate);
  const nothing = { first: null, second: null, compare: (): Agreement => "incomparable" };
  return printedOnly(weighField({ evidence, field: printed.issueDate, ...nothing, weigh: weighUnprotected }), evidence);
}

function printedOnly(weighed: WeighedField, evidence: PrintedDateEvidence): WeighedField<AssessedDate> {
  if (evidence.impossible) return impossibleDate(weighed, evidence);
  const value = evidence.date === null ? null : formatDate(evidence.date);
  const state = value === null && weighed.field.state !== "conflict" ? "missing" : weighed.field.state;
  return { ...weighed, field: { ...weighed.field, value, state, centurySource: value === null ? null : "viz" } };
}

/** A date that the calendar does not have is never a value: only the printed one can still be. */
function impossibleDate(weighed: WeighedField, { date, impossible }: PrintedDateEvidence): WeighedField<AssessedDate> {
  const value = date === null || impossible ? null : formatDate(date);
  const centurySource = value === null ? null : "viz";
  return { ...weighed, impossible: true, field: { ...weighed.field, value, state: "conflict", centurySource } };
}

/** Only a date of birth may be known in part. */
function isIncomplete(name: "birthDate" | "expiryDate", { date }: PrintedDateEvidence): boolean {
  return name === "expiryDate" && date !== null && (date.month === null || date.day === null);
}

function compareDates(
  { date, characters }: PrintedDateEvidence,
  mrz: string,
  possible: readonly PassportDate[],
): Agreement {
  if (date === null) return compareCharacters(characters, possible);
  const [likeliest] = possible;
  if (likeliest === undefined) return toMrzDate(date) === mrz ? "agrees" : "differs";
  const same = possible.find((candidate) => sameKnownParts(candidate, date));
  if (same === undefined) return sharesCheckDigit(toMrzDate(date), mrz, MRZ_DATE_WIDTH) ? "blind" : "differs";
  // The MRZ has no century: a printed one that is not the likeliest rests on the printed zone alone.
  const whole = same === likeliest && !isFuller(date, same) && !isFuller(same, date) && isSpelledOut(characters, date);
  return whole ? "agrees" : "partly";
}

/** What the printed characters do not tell by themselves, the model may have taken from the MRZ. */
const isSpelledOut = (characters: string | null, date: PassportDate) =>
  characters !== null && printedDateAgrees(characters, date) === true;

/** A printed date that nobody has normalised: in some forms it also means another day. */
function compareCharacters(characters: string | null, [likeliest]: readonly PassportDate[]): Agreement {
  const agrees = characters !== null && likeliest !== undefined ? printedDateAgrees(characters, likeliest) : null;
  return agrees === null ? "incomparable" : agrees ? "partly" : "differs";
}
