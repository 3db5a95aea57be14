/**
 * What a row's costs say: its text, as read, which places are in doubt, and whether the line is sure.
 *
 * That all check digits hold proves little: a wrong line satisfies them as soon as two readings are about as good. So the
 * distance to the next reading decides. The thresholds are chosen by `npm run eval -- pages` on half of its pages.
 */
import { ALPHABET } from "./alphabet.ts";
import { cheapest } from "./decode.ts";

/** A row's reading, judged. */
export interface Judged {
  readonly text: string;
  /** Places, from 0, whose next reading costs little more. */
  readonly doubtful: readonly number[];
  readonly sure: boolean;
}

/** What a row's decoding came to, over all looks. */
export interface Costs {
  readonly costs: readonly Float32Array[];
  /** What it cost to have 44 characters of the grammar: the least of all looks. */
  readonly forced: number;
}

/** All in nats. */
export const THRESHOLDS = {
  /** The most that the form of 44 characters may cost. */
  forced: 20,
  /** The least distance for each character of the first line, which no check digit covers. */
  firstLine: 3,
  /** For the nationality and the sex, which no check digit covers. */
  uncovered: 4,
  /** In the second line, where a check digit would not see the difference. */
  covered: 2,
  /** For each place of a second line whose check digits do not hold. */
  withoutDigits: 10,
} as const;

/** A passport's first line: code, state, names, fillers. India prints a given name without a surname after two fillers. */
const FIRST_LINE = /^P[A-Z<](?:[A-Z]{3}|D<<)(?:<<)?[A-Z]+(?:<[A-Z]+)*(?:<<[A-Z]+(?:<[A-Z]+)*)?<*$/;
const UNCOVERED: ReadonlySet<number> = new Set([10, 11, 12, 20]);

const textOf = (costs: readonly Float32Array[]) => costs.map((place) => ALPHABET[cheapest(place)] ?? "").join("");

/** The distance from a place's best reading to its next one. */
function marginOf(costs: Float32Array): number {
  const [, next = 0] = costs.toSorted();
  return next;
}

/** Judges the first line. */
export function judgeFirstLine({ costs, forced }: Costs): Judged {
  const text = textOf(costs);
  const doubtful = placesBelow(costs, THRESHOLDS.firstLine);
  return { text, doubtful, sure: forced <= THRESHOLDS.forced && doubtful.length === 0 && FIRST_LINE.test(text) };
}

/** Judges the second line. */
export function judgeSecondLine({ costs, forced }: Costs): Judged {
  const text = textOf(costs);
  const doubtful = placesBelow(costs, THRESHOLDS.covered);
  const isLikely = forced <= THRESHOLDS.forced;
  const sure = digitsHold(text)
    ? UNCOVERED_PLACES.every((place) => marginOf(costs[place] ?? EMPTY) >= THRESHOLDS.uncovered) && isApart(costs)
    : placesBelow(costs, THRESHOLDS.withoutDigits).length === 0;
  return { text, doubtful, sure: isLikely && sure };
}

const EMPTY = new Float32Array(2);
const UNCOVERED_PLACES = [...UNCOVERED];

const placesBelow = (costs: readonly Float32Array[], least: number) =>
  costs.flatMap((place, index) => (marginOf(place) < least ? [index] : []));

/**
 * Whether no other reading with the same check digits is near: one change between characters of equal value, or any two
 * changes.
 */
function isApart(costs: readonly Float32Array[]): boolean {
  const covered = costs.filter((_, place) => !UNCOVERED.has(place));
  const blind = covered.map(blindMarginOf);
  const [least = 0, next = 0] = covered.map(marginOf).toSorted((a, b) => a - b);
  return Math.min(...blind) >= THRESHOLDS.covered && least + next >= THRESHOLDS.covered;
}

/** The distance to the next character that weighs the same in a check digit. */
function blindMarginOf(costs: Float32Array): number {
  const best = cheapest(costs);
  const same = costs.filter((_, index) => index !== best && valueAt(index) % 10 === valueAt(best) % 10);
  return Math.min(...same);
}

/** The value of a character in a check digit: `<` is 0, digits are themselves, A is 10. */
const valueAt = (index: number) => Math.max(0, index - 1);

const WEIGHTS = [7, 3, 1] as const;

/** The check digit of ICAO Doc 9303 part 3, 4.9. */
function digitOf(text: string): string {
  const sum = Array.from(text).reduce(
    (total, character, index) => total + valueAt(ALPHABET.indexOf(character)) * (WEIGHTS[index % 3] ?? 0),
    0,
  );
  return String(sum % 10);
}

function digitsHold(line: string): boolean {
  const holds = (from: number, to: number) => digitOf(line.slice(from, to)) === line[to];
  const optional = line.slice(28, 42);
  const optionalHolds = /^<+$/.test(optional) ? /[<0]/.test(line[42] ?? "") : holds(28, 42);
  const all = line.slice(0, 10) + line.slice(13, 20) + line.slice(21, 43);
  return holds(0, 9) && holds(13, 19) && holds(21, 27) && optionalHolds && digitOf(all) === line[43];
}
