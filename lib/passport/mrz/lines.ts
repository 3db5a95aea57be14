/**
 * Reads the machine readable zone of a TD3 passport (ICAO Doc 9303 part 4): two lines of 44 characters.
 *
 * The `mrz` library parses; this wrapper hands it clean lines of the right length, because it throws on any other, and
 * takes only the check digits from it: its own verdict also depends on its table of states, accepts 30 February and
 * knows nothing of shortened names.
 */
import { parse } from "mrz";
import type { MrzReading } from "../reading.ts";

/** The five check digits of the second line. */
export const CHECK_DIGITS = ["documentNumber", "birthDate", "expiryDate", "personalNumber", "composite"] as const;
export type CheckDigit = (typeof CHECK_DIGITS)[number];
/** Which check digits hold. */
export type CheckDigits = Readonly<Record<CheckDigit, boolean>>;

/** Characters in each line. */
export const LINE_LENGTH = 44;

/** What the fields of the first line say, without fillers at the end. No check digit covers any of them. */
export interface FirstLine {
  readonly line: string;
  readonly documentCode: string;
  readonly issuingState: string;
  /** Positions 6 to 44, fillers kept. */
  readonly names: string;
  /** The line as read had too many or too few fillers at its end. */
  readonly lengthCorrected: boolean;
}

/** What the fields of the second line say, without fillers at the end; dates as `YYMMDD`. */
export interface SecondLine {
  readonly line: string;
  readonly documentNumber: string;
  readonly nationality: string;
  readonly birthDate: string;
  /** `M`, `F`, `<` or any other character that was read. */
  readonly sex: string;
  readonly expiryDate: string;
  /** Positions 29 to 42: the personal number or what else the state puts there. */
  readonly personalNumber: string;
  readonly checkDigits: CheckDigits;
}

const LIBRARY_FIELDS = {
  documentNumber: "documentNumberCheckDigit",
  birthDate: "birthDateCheckDigit",
  expiryDate: "expirationDateCheckDigit",
  personalNumber: "personalNumberCheckDigit",
  composite: "compositeCheckDigit",
} as const satisfies Record<CheckDigit, string>;

/** A first line with nothing in it, for parsing a second line whose first could not be read. */
const BLANK_FIRST_LINE = "P".padEnd(LINE_LENGTH, "<");

/** Upper case, no spaces, guillemets as the fillers they are mistaken for: for one each, or where that fits for two. */
export function normaliseLine(line: string | null): string {
  const characters = (line ?? "").toUpperCase().replaceAll(/\s/g, "").replaceAll(/[‹＜]/g, "<");
  const twoEach = characters.replaceAll("«", "<<");
  return twoEach.length === LINE_LENGTH ? twoEach : characters.replaceAll("«", "<");
}

/** The two lines, also where the model wrote both of them into one. */
export function splitLines({ line1, line2 }: MrzReading): Pick<MrzReading, "line1" | "line2"> {
  const [first, second] = [halvesOf(line1), halvesOf(line2)];
  return { line1: first?.[0] ?? (line1 || second?.[0]) ?? null, line2: second?.[1] ?? (line2 || first?.[1]) ?? null };
}

/**
 * The two lines in one text: if a space parts them, else by their length. Null for any other text. Only the second line
 * has digits, so two second lines do not pass for both.
 */
function halvesOf(text: string | null): readonly [string, string] | null {
  const [, before, after] = /^([^\s\d]{30,}) (\S{30,})$/.exec(text ?? "") ?? [];
  if (before !== undefined && after !== undefined) return [before, after];
  const line = normaliseLine(text);
  const [first, second] = [line.slice(0, LINE_LENGTH), line.slice(LINE_LENGTH)];
  return second.length === LINE_LENGTH && !/\d/.test(first) ? [first, second] : null;
}

const withoutFillers = (field: string) => field.replace(/<+$/, "");

/** Which check digits of a second line of 44 characters hold. */
function verifyCheckDigits(line: string): CheckDigits {
  const { details } = parse([BLANK_FIRST_LINE, line], { autocorrect: false });
  const holds = (digit: CheckDigit) =>
    details.some((detail) => detail.field === LIBRARY_FIELDS[digit] && detail.valid && detail.value !== null);
  return {
    documentNumber: holds("documentNumber"),
    birthDate: holds("birthDate"),
    expiryDate: holds("expiryDate"),
    personalNumber: holds("personalNumber"),
    composite: holds("composite"),
  };
}

/** The first line, with the fillers at its end brought to the right number; null when that does not make it 44 long. */
export function readFirstLine(raw: MrzReading["line1"]): FirstLine | null {
  const read = normaliseLine(raw);
  const line = read.endsWith("<") ? withoutFillers(read).padEnd(LINE_LENGTH, "<") : read;
  // Nothing but code, state and fillers would be a passport without a name: that line was not read.
  if (line.length !== LINE_LENGTH || withoutFillers(line).length <= 5) return null;
  return {
    line,
    documentCode: withoutFillers(line.slice(0, 2)),
    issuingState: withoutFillers(line.slice(2, 5)),
    names: line.slice(5),
    lengthCorrected: read.length !== LINE_LENGTH,
  };
}

/** The second line as it stands, fields cut out by position. It must be 44 characters long. */
export function readSecondLine(line: string): SecondLine {
  const optionalData = withoutFillers(line.slice(28, 42));
  return {
    line,
    documentNumber: withoutFillers(line.slice(0, 9)),
    nationality: withoutFillers(line.slice(10, 13)),
    birthDate: line.slice(13, 19),
    sex: line.slice(20, 21),
    expiryDate: line.slice(21, 27),
    // Fillers are often misread as K, which no check digit sees. What then begins with a filler is no number.
    personalNumber: /^[<K]*$/.test(optionalData) || optionalData.startsWith("<") ? "" : optionalData,
    checkDigits: verifyCheckDigits(line),
  };
}

/** Whether all five check digits hold. */
export function allHold(checkDigits: CheckDigits): boolean {
  return CHECK_DIGITS.every((digit) => checkDigits[digit]);
}

const NAME_WIDTH = 39;

/** Whether positions 6 to 44 may be cut off: then their parts can be beginnings only. */
export function shortensNames(field: string): boolean {
  const names = withoutFillers(field);
  // A letter at the end marks a shortened name. Some states cut without looking, so that the cut falls into a gap.
  const cutInGap = names.length === NAME_WIDTH - 2 && !names.includes("<<");
  return names.length >= NAME_WIDTH - 1 || cutInGap;
}
