/**
 * Writes the machine readable zone of a TD3 passport (ICAO Doc 9303 part 4): the inverse of reading it.
 *
 * It has its own check digits, because the production code's are under test.
 */
import type { StateProfile } from "./states.ts";

/** What goes into the two lines: names already in MRZ letters, dates as `YYMMDD`. */
interface MrzContent extends Partial<Pick<StateProfile, "emptyOptionalCheckDigit" | "truncation">> {
  readonly documentCode: string;
  readonly issuingState: string;
  readonly surname: string;
  readonly givenNames: string;
  readonly documentNumber: string;
  readonly nationality: string;
  readonly birthDate: string;
  readonly sex: "M" | "F" | "<";
  readonly expiryDate: string;
  readonly optionalData: string;
}

const NAME_WIDTH = 39;
const WEIGHTS = [7, 3, 1] as const;
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** The check digit of ICAO Doc 9303 part 3, 4.9: weights 7, 3, 1; digits as they are, A to Z as 10 to 35, filler as 0. */
export function checkDigit(text: string): string {
  let sum = 0;
  for (const [index, character] of [...text].entries()) {
    const value = character === "<" ? 0 : ALPHABET.indexOf(character);
    if (value < 0) throw new RangeError(`no MRZ character at position ${index + 1}`);
    sum += value * (WEIGHTS[index % 3] ?? 0);
  }
  return String(sum % 10);
}

/** Puts a text of MRZ letters and spaces into a field of the given width, with fillers. Throws a RangeError when it does not fit. */
function fill(text: string, width: number): string {
  const field = text.replaceAll(" ", "<").padEnd(width, "<");
  if (field.length !== width) throw new RangeError(`a value is longer than its field of ${width} characters`);
  return field;
}

/** Cuts names to their field's width so that they end in a letter, which marks them as shortened. */
function cut(names: string): string {
  const head = names.slice(0, NAME_WIDTH);
  // A cut in a gap would read as a name that fits: shorten the last whole component by one letter and bring the next one in.
  if (!head.endsWith(" ")) return head;
  const shorter = names.replace(/^(.{0,38}[A-Z])[A-Z]( +[A-Z])/, "$1$2");
  return shorter === names ? head : cut(shorter);
}

/** Positions 6 to 44 of the first line, with spaces for fillers. */
function shortenNames({ surname, givenNames, truncation }: MrzContent): string {
  const given = givenNames.split(" ");
  /** With so many given names in full, and the initials of the others. */
  const withFull = (count: number) =>
    `${surname}  ${given.map((name, index) => (index < count ? name : name.charAt(0))).join(" ")}`.trimEnd();
  const whole = withFull(given.length);
  if (whole.length <= NAME_WIDTH) return whole;
  // Only a letter at the end says that names were shortened: initials have to fill the field.
  const initials = given.map((_, index) => withFull(index + 1)).find(({ length }) => length === NAME_WIDTH);
  return truncation === "initials" && initials !== undefined ? initials : cut(whole);
}

/** The two lines of 44 characters, with all five check digits right. Throws a RangeError when a value does not fit its field. */
export function writeMrzLines(content: MrzContent): readonly [string, string] {
  const { emptyOptionalCheckDigit = "0", optionalData } = content;
  const number = withCheckDigit(fill(content.documentNumber, 9));
  const birth = withCheckDigit(content.birthDate);
  const expiry = withCheckDigit(content.expiryDate);
  const optional = fill(optionalData, 14);
  const optionalDigit = optionalData === "" ? emptyOptionalCheckDigit : checkDigit(optional);
  const composite = checkDigit(number + birth + expiry + optional + optionalDigit);
  return [
    fill(content.documentCode, 2) + fill(content.issuingState, 3) + fill(shortenNames(content), NAME_WIDTH),
    `${number}${fill(content.nationality, 3)}${birth}${content.sex}${expiry}${optional}${optionalDigit}${composite}`,
  ];
}

const withCheckDigit = (field: string) => field + checkDigit(field);
