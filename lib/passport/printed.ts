/**
 * What the printed zone says, field by field.
 *
 * The model reports each field twice: as printed, and normalised. The normalised value is its own interpretation, so it
 * counts only together with the printed characters: where they contradict each other, the field has no printed evidence
 * that could agree with anything, and a value without printed characters is none at all.
 */
import { existsInCalendar, formatDate, parseIsoDate, type PassportDate } from "./dates/calendar.ts";
import { nameVariants } from "./names/compare.ts";
import { parsePrintedDate, printedDateAgrees } from "./dates/printed.ts";
import type { PrintedField } from "./reading.ts";
import { belongsTogether, stateCode, stateNamed } from "./states/codes.ts";
import { canBeSpelled, hasLatinLetters, spellingsOf } from "./names/spelling.ts";

/** A field of the printed zone. */
export interface PrintedEvidence {
  /** The normalised value; null where nothing was read. */
  readonly value: string | null;
  /** The printed characters do not say what the value says. */
  readonly contradictory: boolean;
}

/** A date of the printed zone. */
export interface PrintedDateEvidence extends PrintedEvidence {
  /** Null where only the characters are known, and they may mean several dates. */
  readonly date: PassportDate | null;
  readonly characters: string | null;
  readonly impossible: boolean;
}

const NOTHING: PrintedEvidence = { value: null, contradictory: false };
const hasText = (text: string | null): text is string => text !== null && /[\p{L}\p{N}<]/u.test(text);

/** The printed characters, when any were read. */
function readCharacters(field: PrintedField): string | null {
  return field.unreadable === null && hasText(field.printed) ? field.printed.trim() : null;
}

/** Greek and Cyrillic capitals that are printed like Latin ones. */
const HOMOGLYPHS: ReadonlyMap<string, string> = new Map(
  ["АA", "ВB", "ЕE", "КK", "МM", "НH", "ОO", "РP", "СC", "ТT", "ХX", "УY", "ІI", "ЈJ", "ЅS"]
    .concat(["ΑA", "ΒB", "ΕE", "ΖZ", "ΗH", "ΙI", "ΚK", "ΜM", "ΝN", "ΟO", "ΡP", "ΤT", "ΥY", "ΧX"])
    .map((pair) => [pair.charAt(0), pair.charAt(1)] as const),
);

/** The letters and digits of a number as the MRZ has them: without spaces, signs and the word "No". */
function numberCharacters(text: string): string {
  const bare = text.replaceAll("№", "").normalize("NFKC").toUpperCase();
  return [...bare]
    .map((character) => HOMOGLYPHS.get(character) ?? character)
    .join("")
    .replaceAll(/[^A-Z0-9]/g, "");
}

/** A document number or personal number: its letters and digits. */
export function printedNumber(field: PrintedField): PrintedEvidence & { readonly characters: string } {
  const printed = readCharacters(field);
  if (printed === null) return { ...NOTHING, characters: "" };
  const labelled = printed.replace(/^\s*(?:№|No|N[°º])\s*\.?/iu, "");
  const readings = [numberCharacters(printed), numberCharacters(labelled)];
  const characters = hasText(field.value) ? numberCharacters(field.value) : (readings[1] ?? "");
  const value = hasText(field.value) ? field.value.trim() : characters;
  return { value, characters, contradictory: !readings.includes(characters) };
}

const nameKey = (name: string) =>
  name
    .normalize("NFD")
    .toUpperCase()
    .replaceAll(/[^\p{L} ]/gu, "");

/** A name, which two spellings may stand for that differ in marks only: as normalised, and as printed. */
export interface PrintedNameEvidence extends PrintedEvidence {
  readonly asPrinted: string | null;
}

/**
 * A name: the Latin value where the page prints Latin letters, else the characters of the page's own script. A Latin
 * value of a page without Latin letters was transliterated by the model, or copied from the MRZ.
 */
export function printedName(field: PrintedField): PrintedNameEvidence {
  const printed = readCharacters(field);
  if (printed === null) return { ...NOTHING, asPrinted: null };
  if (!hasText(field.value) || !hasLatinLetters(printed) || !hasLatinLetters(field.value)) {
    return { value: printed, contradictory: false, asPrinted: null };
  }
  const value = field.value.trim();
  const keys = new Set(nameVariants(value).map(nameKey));
  const variants = nameVariants(printed);
  const same = variants.find((variant) => keys.has(nameKey(variant)));
  if (same !== undefined) return { value, contradictory: false, asPrinted: same };
  // The model gave MRZ letters, such as UE for Ü: what is printed counts.
  const spelled = variants.find((variant) => canBeSpelled(spellingsOf(variant) ?? [], mrzLetters(value)));
  return { value: spelled ?? value, contradictory: spelled === undefined, asPrinted: null };
}

const mrzLetters = (name: string) => name.toUpperCase().replaceAll(/[^A-Z]+/g, "<");

/** Texts that consist of a code, as they stand or beside another language. */
function printedCodes(printed: string): string[] {
  return [printed, ...printed.split("/")]
    .map((part) => part.trim().replace(/<+$/, ""))
    .filter((part) => /^(?:[A-Z]{3}|D)$/.test(part));
}

/** Whether two codes differ as a code and its misreading do: in one letter, or in the order of the same ones. */
function isMisreadCode(code: string, other: string): boolean {
  if (code === other || code.length !== other.length) return false;
  const different = [...code].filter((letter, place) => letter !== other[place]).length;
  return different === 1 || [...code].toSorted().join("") === [...other].toSorted().join("");
}

/** Whether a page names states by their names, and none that a passport with this code may name. */
function isOtherState(named: readonly string[], value: string): boolean {
  return named.length > 0 && !named.some((state) => state === value || belongsTogether(state, value));
}

/** A state as its MRZ code; null where the page names it in a way that no table here knows. */
export function printedState(field: PrintedField): PrintedEvidence {
  const printed = readCharacters(field);
  if (printed === null) return NOTHING;
  const codes = printedCodes(printed);
  const known = codes.flatMap((code) => stateCode(code) ?? []);
  const named = [printed, ...printed.split("/")].flatMap((part) => stateNamed(part) ?? []);
  const misread = (value: string) =>
    known.length > 0
      ? !known.includes(value)
      : codes.some((code) => isMisreadCode(code, value)) || isOtherState(named, value);
  if (!hasText(field.value)) {
    const [code] = [printed, ...printed.split("/")].flatMap((part) => stateCode(part) ?? []);
    return { value: code ?? codes[0] ?? null, contradictory: false };
  }
  const value = stateCode(field.value);
  if (value !== null) return { value, contradictory: misread(value) };
  // A code that nobody has assigned was misread; a word is only one that no table here knows.
  const code = field.value.trim().toUpperCase();
  return /^[A-Z<]{1,3}$/.test(code) ? { value: code, contradictory: misread(code) } : NOTHING;
}

const SEXES: Readonly<Record<string, string>> = { M: "M", F: "F", X: "X", "<": "X", М: "M", MALE: "M", FEMALE: "F" };

/** The sex: `M`, `F` or `X`. */
export function printedSex(field: PrintedField): PrintedEvidence {
  const printed = readCharacters(field);
  if (printed === null) return NOTHING;
  const said = printed
    .toUpperCase()
    .split(/[/ ]+/)
    .flatMap((part) => SEXES[part] ?? []);
  const value = SEXES[(field.value ?? "").trim().toUpperCase()] ?? said[0] ?? null;
  return { value, contradictory: value !== null && said.length > 0 && !said.includes(value) };
}

/** A date. */
export function printedDate(field: PrintedField): PrintedDateEvidence {
  const printed = readCharacters(field);
  if (printed === null) return { ...NOTHING, date: null, characters: null, impossible: false };
  const date = hasText(field.value) ? parseIsoDate(field.value) : parsePrintedDate(printed);
  const contradictory = date !== null && printedDateAgrees(printed, date) === false;
  return {
    value: date === null ? printed : formatDate(date),
    date,
    characters: printed,
    contradictory,
    impossible: date !== null && !existsInCalendar(date),
  };
}

/** A text that nothing else in a passport repeats. */
export function printedText(field: PrintedField): PrintedEvidence {
  const printed = readCharacters(field);
  return printed === null ? NOTHING : { value: field.value?.trim() ?? printed, contradictory: false };
}
