/**
 * Compares a printed personal number with the optional data of the MRZ (positions 29 to 42). States put the personal
 * number there, a longer or shorter form of it, or something else altogether.
 */
import { sharesCheckDigit } from "../mrz/check-digits.ts";
import type { Agreement } from "../evidence.ts";

const WIDTH = 14;
/** Parts shorter than this are in any number by chance. */
const MIN_SHARED = 5;

/** How many characters must be inserted, deleted or replaced to turn one text into the other. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [i, character] of [...left].entries()) {
    const next = [i + 1];
    for (let j = 0; j < right.length; j++) {
      const replaced = (row[j] ?? 0) + (character === right.charAt(j) ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}

/** How the characters of a printed personal number and the optional data of the MRZ go together. */
export function comparePersonalNumbers(printed: string, optionalData: string): Agreement {
  const mrz = optionalData.replaceAll("<", "");
  if (printed === mrz) return "agrees";
  // A number with more characters than the MRZ has places for.
  if (printed.length > WIDTH && mrz.length === WIDTH && printed.startsWith(mrz)) return "partly";
  if (isOneLonger(printed, mrz) || isOneLonger(mrz, printed)) return "partly";
  if (sharesCheckDigit(printed.slice(0, WIDTH), optionalData, WIDTH)) {
    // One in ten unrelated numbers shares a check digit by chance.
    return isRelated(printed, mrz) ? "blind" : "silent";
  }
  return isRelated(printed, mrz) ? "differs" : "silent";
}

/** One character more at either end, such as a check character or a leading letter or zero, is another form of a number. */
const isOneLonger = (long: string, short: string) =>
  short.length >= MIN_SHARED && long.length === short.length + 1 && (long.startsWith(short) || long.endsWith(short));

/** Whether two different numbers are one number misread, rather than two numbers or a form with more or fewer parts. */
function isRelated(printed: string, mrz: string): boolean {
  const [short, long] = printed.length < mrz.length ? [printed, mrz] : [mrz, printed];
  const partOfTheOther = short.length >= MIN_SHARED && long.length - short.length >= 2 && long.includes(short);
  if (partOfTheOther || isShifted(printed, mrz) || isShifted(mrz, printed)) return false;
  return editDistance(printed, mrz) <= Math.max(3, Math.floor(long.length / 3));
}

/** The digits of one number stand in the other one, but in another place: each has something of its own around them. */
function isShifted(one: string, other: string): boolean {
  const digits = one.replaceAll(/^[A-Z]+|[A-Z]+$/g, "");
  return digits.length >= MIN_SHARED && other.includes(digits) && other.indexOf(digits) !== one.indexOf(digits);
}
