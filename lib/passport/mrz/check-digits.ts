/**
 * What the check digits of a machine readable zone cannot see.
 *
 * A check digit is a weighted sum modulo 10 (ICAO Doc 9303 part 3, 4.9), and letters count 10 to 35. So characters whose
 * values are equal modulo 10 can be swapped for each other unseen, and adjacent characters whose values differ by 5 can change
 * places unseen, because adjacent weights differ by an even number.
 */

/** The classes of characters that check digits cannot tell apart: one for each value modulo 10. */
export const BLIND_CLASSES = ["0<AKU", "1BLV", "2CMW", "3DNX", "4EOY", "5FPZ", "6GQ", "7HR", "8IS", "9JT"] as const;

const WEIGHTS = [7, 3, 1] as const;

const VALUES: ReadonlyMap<string, number> = new Map(
  BLIND_CLASSES.flatMap((characters, value) => [...characters].map((character) => [character, value] as const)),
);

/** The check digit of a text of MRZ characters; null when it holds any other character. */
export function checkDigitOf(text: string): number | null {
  let sum = 0;
  for (let index = 0; index < text.length; index++) {
    const value = VALUES.get(text.charAt(index));
    if (value === undefined) return null;
    sum += value * (WEIGHTS[index % 3] ?? 0);
  }
  return sum % 10;
}

/** Whether two different characters are one blind swap apart. */
export function isBlindSwap(left: string, right: string): boolean {
  const value = VALUES.get(left);
  return left !== right && value !== undefined && value === VALUES.get(right);
}

/** Whether two different values differ by blind swaps and nothing else; the shorter one is filled up as in the MRZ. */
export function differOnlyByBlindSwaps(left: string, right: string): boolean {
  const width = Math.max(left.length, right.length);
  const [a, b] = [left.padEnd(width, "<"), right.padEnd(width, "<")];
  if (a === b) return false;
  return [...a].every((character, index) => character === b[index] || isBlindSwap(character, b.charAt(index)));
}

/**
 * Whether two different values have the same check digit in a field of the given width, so that it supports both of
 * them alike: blind swaps, blind transpositions, and changes that happen to cancel out.
 */
export function sharesCheckDigit(left: string, right: string, width: number): boolean {
  const [a, b] = [left.padEnd(width, "<"), right.padEnd(width, "<")];
  if (a === b || a.length !== b.length) return false;
  const digit = checkDigitOf(a);
  return digit !== null && digit === checkDigitOf(b);
}
