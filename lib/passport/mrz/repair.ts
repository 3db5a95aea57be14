/**
 * Repairs of a misread second line of the MRZ, if its check digits prove which one is right.
 *
 * Two kinds of misreading are repaired: a run of fillers of the wrong length, and characters taken for their
 * look-alikes. A repair counts only when exactly one of all candidate lines satisfies every check digit. Names stand in
 * the first line, which has no check digit: they are never repaired.
 *
 * A unique solution can still be a wrong one: a check digit has ten values, and the composite digit weighs a number and
 * its own digit alike, so it adds nothing there. What a repair touched is therefore never `confirmed`.
 */
import { allHold, LINE_LENGTH, type CheckDigit, normaliseLine, readSecondLine, type SecondLine } from "./lines.ts";

/** How a line came to satisfy its check digits. */
export const REPAIRS = ["filler_run", "look_alike"] as const;
export type Repair = (typeof REPAIRS)[number];

/** A second line with what was repaired to read it; null repair when it stands as read. */
export interface RepairedLine extends SecondLine {
  readonly repair: Repair | null;
  /** Fields of which a character, or the check digit, or the place in the line came from the repair. */
  readonly touched: readonly CheckDigit[];
}

/** What a letter can be where only a digit may stand. Every digit is given that looks like it, also a blind one. */
const DIGITS_FOR: Readonly<Record<string, string>> = {
  O: "0",
  Q: "0",
  D: "0",
  U: "0",
  I: "1",
  L: "1",
  Z: "2",
  A: "4",
  S: "58",
  G: "6",
  T: "7",
  B: "8",
};

/** Look-alikes among letters and digits that a check digit does see, both ways. */
export const LOOK_ALIKES: Readonly<Record<string, string>> = {
  "0": "OQD",
  O: "0",
  Q: "0",
  D: "0",
  "1": "I",
  I: "1",
  "2": "Z",
  Z: "2",
  "5": "S",
  S: "5",
  "8": "B",
  B: "8",
};

interface Span {
  readonly field: CheckDigit;
  readonly start: number;
  readonly end: number;
}

/** Every field with its check digit, in places counted from 0. */
const SPANS: readonly Span[] = [
  { field: "documentNumber", start: 0, end: 10 },
  { field: "birthDate", start: 13, end: 20 },
  { field: "expiryDate", start: 21, end: 28 },
  { field: "personalNumber", start: 28, end: 43 },
  { field: "composite", start: 43, end: 44 },
];

/** Places for letters and digits alike: the document number and the optional data. */
const isAlphanumeric = (place: number) => place < 9 || (place >= 28 && place < 42);
const isDigitOnly = (place: number) => !isAlphanumeric(place) && SPANS.some((s) => place >= s.start && place < s.end);

/** More candidates than this are not a misread line but another text. */
const MAX_CANDIDATES = 2000;

const replaceAt = (line: string, place: number, character: string) =>
  line.slice(0, place) + character + line.slice(place + 1);

/** All ways to turn misread letters into digits in the places where only digits may stand; none when one cannot be. */
function withDigitsWhereDue(line: string): string[] {
  let candidates = [line];
  for (let place = 0; place < line.length; place++) {
    const character = line.charAt(place);
    if (!isDigitOnly(place) || /[0-9<]/.test(character)) continue;
    // The check digit of empty optional data may be a filler, which is easily taken for a K.
    const options = place === 42 && character === "K" ? "<" : (DIGITS_FOR[character] ?? "");
    candidates = candidates.flatMap((candidate) => [...options].map((digit) => replaceAt(candidate, place, digit)));
    if (candidates.length > MAX_CANDIDATES) return [];
  }
  return candidates;
}

/** The line, and the line with any one character of a number replaced by a look-alike. */
function withOneLookAlike(line: string): string[] {
  const places = Array.from(line, (_, place) => place).filter(isAlphanumeric);
  return [
    line,
    ...places.flatMap((place) =>
      [...(LOOK_ALIKES[line.charAt(place)] ?? "")].map((character) => replaceAt(line, place, character)),
    ),
  ];
}

/** Lines of 44 characters that differ from a line of another length in one run of fillers. */
function withFillerRunResized(line: string): string[] {
  const missing = LINE_LENGTH - line.length;
  const runs = [...line.matchAll(/<+/g)].map((run) => ({ start: run.index, length: run[0].length }));
  // A run may have been left out altogether: before the last two digits, or between a number and its check digit.
  const vanished = missing > 0 ? [line.length - 2, line.length - 1, 9 - missing] : [];
  const places = [...runs, ...vanished.filter((place) => place > 0).map((start) => ({ start, length: 0 }))];
  return places
    .filter((run) => run.length + missing >= 0)
    .map((run) => line.slice(0, run.start) + "<".repeat(run.length + missing) + line.slice(run.start + run.length));
}

/** Every check digit holds, and no letter stands where only a digit may. */
function isSound(line: string): boolean {
  const lettersInDates = [...line].some((character, place) => isDigitOnly(place) && /[A-Z]/.test(character));
  return !lettersInDates && allHold(readSecondLine(line).checkDigits);
}

function onlySoundOne(candidates: readonly string[]): string | null {
  const [only, ...others] = [...new Set(candidates)].filter(isSound);
  return only !== undefined && others.length === 0 ? only : null;
}

const fieldsWhere = (test: (span: Span) => boolean) => SPANS.filter(test).map((span) => span.field);

function repairLookAlikes(line: string): RepairedLine | null {
  const repaired = onlySoundOne(withDigitsWhereDue(line).flatMap(withOneLookAlike));
  if (repaired === null) return null;
  const differs = (span: Span) => line.slice(span.start, span.end) !== repaired.slice(span.start, span.end);
  return { ...readSecondLine(repaired), repair: "look_alike", touched: fieldsWhere(differs) };
}

function repairFillerRun(line: string): RepairedLine | null {
  const repaired = onlySoundOne(withFillerRunResized(line));
  if (repaired === null) return null;
  const kept = [...repaired].findIndex((character, place) => character !== line.charAt(place));
  // What stands before the first repaired place was read where it belongs; the composite digit is only looked at.
  const reached = (span: Span) => span.field !== "composite" && span.end > kept;
  return { ...readSecondLine(repaired), repair: "filler_run", touched: fieldsWhere(reached) };
}

/**
 * The second line: as read if it is sound; otherwise repaired, if exactly one repair makes all check digits hold;
 * otherwise as read, with the check digits that fail. Null if it does not have 44 characters and cannot be brought to them.
 */
export function readAndRepairSecondLine(raw: string | null): RepairedLine | null {
  const line = normaliseLine(raw);
  if (line.length < 30) return null;
  if (line.length !== LINE_LENGTH) return repairFillerRun(line);
  const asRead: RepairedLine = { ...readSecondLine(line), repair: null, touched: [] };
  return isSound(line) ? asRead : (repairLookAlikes(line) ?? asRead);
}
