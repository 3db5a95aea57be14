/** Misreadings of single fields, of every kind that readers of passports are known for: in print or in the MRZ. */
import { FIELDS_IN_BOTH_ZONES } from "../lib/passport/assessment.ts";
import { BLIND_CLASSES } from "../lib/passport/mrz/check-digits.ts";
import type { MrzReading, PrintedFieldName } from "../lib/passport/reading.ts";
import { printDate, type SamplePassport } from "../dev/samples/passports.ts";
import type { Random } from "../dev/samples/random.ts";
import { STATE_PROFILES } from "../dev/samples/states.ts";
import { type Edit, type Kinds, putField } from "./edit.ts";

const TEXT_KINDS = [
  "look_alike",
  "blind_swap",
  "random_character",
  "transposition",
  "dropped_character",
  "doubled_character",
] as const;
type TextKind = (typeof TEXT_KINDS)[number];

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS = "0123456789";
/** The characters of a number. */
export const LETTERS_AND_DIGITS = LETTERS + DIGITS;

/** Characters that a reader takes for each other; each row in every direction. */
const ROWS: Readonly<Partial<Record<TextKind, readonly string[]>>> = {
  look_alike: "0OQDC 1ILT7 2Z7 3B8 4AH 5S6 6GB8 8BS 9GQ UVY MNHW EF PRF K<X CG".split(" "),
  blind_swap: BLIND_CLASSES,
  random_character: [LETTERS_AND_DIGITS],
};

/** A text with one misreading of the kind; null where it offers no place for one. Marks over letters stay as they are. */
export function misread(text: string, kind: TextKind, alphabet: string, random: Random): string | null {
  const places = Array.from(text, (_, place) => variantsAt(text, place, kind, alphabet));
  const different = places.flat().filter((variant) => variant !== text);
  return different.length === 0 ? null : random.pick(different);
}

function variantsAt(text: string, place: number, kind: TextKind, alphabet: string): string[] {
  const character = text.charAt(place);
  if (!alphabet.includes(character)) return [];
  const [before, after] = [text.slice(0, place), text.slice(place + 1)];
  if (kind === "dropped_character") return [before + after];
  if (kind === "doubled_character") return [before + character + character + after];
  if (kind === "transposition") {
    const next = after.charAt(0);
    return next !== "" && alphabet.includes(next) ? [before + next + character + after.slice(1)] : [];
  }
  const taken = (ROWS[kind] ?? []).filter((row) => row.includes(character)).flatMap((row) => [...row]);
  return taken.filter((other) => alphabet.includes(other)).map((other) => before + other + after);
}

const isDate = (name: PrintedFieldName) => name.endsWith("Date");
const isNumber = (name: PrintedFieldName) => name.endsWith("Number");

function alphabetOf(name: PrintedFieldName): string {
  if (isDate(name)) return DIGITS;
  if (isNumber(name)) return LETTERS_AND_DIGITS;
  return name === "sex" ? "MFX" : LETTERS;
}

/** What the model has wrong of the printed zone: the characters as printed and their value, or one of the two. */
const HALVES = ["printed", "value_only", "printed_only"] as const;

const inPrint =
  (kind: TextKind, half: (typeof HALVES)[number]): Edit =>
  ({ fields }, passport, random) => {
    const name = random.pick(FIELDS_IN_BOTH_ZONES);
    const { printed, value } = fields[name];
    if (printed === null || value === null) return false;
    const wrong = misread(value, kind, alphabetOf(name), random);
    // A date keeps its form.
    if (wrong === null || (isDate(name) && wrong.length !== value.length)) return false;
    const print = printAs(passport, name, { printed, value, wrong });
    if (half !== "value_only" && print === printed) return false;
    fields[name] = {
      printed: half === "value_only" ? printed : print,
      value: half === "printed_only" ? value : wrong,
      unreadable: null,
    };
    return true;
  };

/** How the page would print the wrong value; a text that does not spell the value out stays. */
function printAs(
  { seed }: SamplePassport,
  name: PrintedFieldName,
  { printed, value, wrong }: Readonly<Record<"printed" | "value" | "wrong", string>>,
): string {
  if (isDate(name)) {
    const format = STATE_PROFILES[seed % STATE_PROFILES.length]?.dateFormat ?? "YYYY-MM-DD";
    const month = Number(wrong.slice(5, 7));
    return printDate(wrong, month >= 1 && month <= 12 ? format : "DD.MM.YYYY");
  }
  if (printed.includes(value)) return printed.replace(value, wrong);
  // Numbers may be printed in groups.
  return isNumber(name) ? wrong : printed;
}

const anotherState: Edit = (reading, _, random) => {
  const name = random.pick(["issuingState", "nationality"] as const);
  const wrong = random.pick(STATE_PROFILES).issuingState;
  const { value } = reading.fields[name];
  return value !== null && value !== wrong && putField(reading, name, wrong);
};

interface Span {
  readonly line: "line1" | "line2";
  readonly start: number;
  readonly end: number;
}

/** Where the MRZ has the fields of a fixed length, their check digits included. */
const FIXED_SPANS: Readonly<Partial<Record<PrintedFieldName, Span>>> = {
  issuingState: { line: "line1", start: 2, end: 5 },
  documentNumber: { line: "line2", start: 0, end: 10 },
  nationality: { line: "line2", start: 10, end: 13 },
  birthDate: { line: "line2", start: 13, end: 20 },
  sex: { line: "line2", start: 20, end: 21 },
  expiryDate: { line: "line2", start: 21, end: 28 },
  personalNumber: { line: "line2", start: 28, end: 44 },
};

function spanOf(name: PrintedFieldName, { line1 }: MrzReading): Span | undefined {
  const names = (line1 ?? "").slice(5);
  const gap = names.indexOf("<<");
  const end = names.replace(/<+$/, "").length;
  if (name === "surname") return { line: "line1", start: 5, end: 5 + Math.min(gap < 0 ? end : gap, end) };
  if (name !== "givenNames") return FIXED_SPANS[name];
  return gap < 0 || gap >= end ? undefined : { line: "line1", start: 5 + gap + 2, end: 5 + end };
}

const inMrz =
  (kind: TextKind): Edit =>
  ({ mrz }, _, random) => {
    const name = random.pick(FIELDS_IN_BOTH_ZONES);
    const { line, start, end } = spanOf(name, mrz) ?? { line: "line1", start: 0, end: 0 };
    const text = mrz[line] ?? "";
    const wrong = misread(text.slice(start, end), kind, `${LETTERS_AND_DIGITS}<`, random);
    if (wrong === null) return false;
    mrz[line] = text.slice(0, start) + wrong + text.slice(end);
    return true;
  };

/** Replaces a run of fillers of the MRZ. */
const fillersBy =
  (change: (fillers: string, random: Random) => string): Edit =>
  ({ mrz }, _, random) => {
    const line = random.pick(["line1", "line2"] as const);
    const text = mrz[line] ?? "";
    const runs = [...text.matchAll(/<+/g)];
    if (runs.length === 0) return false;
    const { 0: fillers, index } = random.pick(runs);
    mrz[line] = text.slice(0, index) + change(fillers, random) + text.slice(index + fillers.length);
    return mrz[line] !== text;
  };

const one = (kinds: Kinds): Edit => {
  const edits = Object.values(kinds);
  return (reading, passport, random) => random.pick(edits)(reading, passport, random);
};
const both =
  (first: Edit, second: Edit): Edit =>
  (...reading) =>
    first(...reading) && second(...reading);

const IN_PRINT: Kinds = {
  ...Object.fromEntries(
    TEXT_KINDS.flatMap((kind) => HALVES.map((half) => [`${kind} in ${half}`, inPrint(kind, half)] as const)),
  ),
  "another state in print": anotherState,
};

const IN_MRZ: Kinds = {
  ...Object.fromEntries(TEXT_KINDS.map((kind) => [`${kind} in mrz`, inMrz(kind)] as const)),
  "fillers of another number": fillersBy((fillers, random) =>
    "<".repeat(Math.max(0, fillers.length + random.pick([-3, -2, -1, 1, 2, 3, 4]))),
  ),
  "a filler read as K": fillersBy((fillers, random) => {
    const place = random.below(fillers.length);
    return `${fillers.slice(0, place)}K${fillers.slice(place + 1)}`;
  }),
};

/** One misreading, or two in the same zone. */
export const MISREADINGS: Kinds = {
  ...IN_PRINT,
  ...IN_MRZ,
  "two of these in print": both(one(IN_PRINT), one(IN_PRINT)),
  "two of these in mrz": both(one(IN_MRZ), one(IN_MRZ)),
};

/** One misreading in print and one in the MRZ: the zones may agree on the same wrong value by chance. */
export const misreadInEachZone: Edit = both(one(IN_PRINT), one(IN_MRZ));
