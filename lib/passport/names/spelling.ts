/**
 * How the letters of a printed name may be spelled in the machine readable zone (ICAO Doc 9303 part 3, section 6).
 */

import { BASES, CYRILLIC, LATIN } from "./letters.ts";

const SPELLINGS: ReadonlyMap<string, readonly string[]> = new Map([
  ...Object.entries(LATIN),
  ...Object.entries(CYRILLIC),
]);

/** Signs that stand for a sound or an omission: the MRZ drops them and joins the parts, some states part them. */
const APOSTROPHES = /^['’‘`´ʼʻʾʿ]$/u;
/** Signs between the parts of a name. */
const HYPHENS = /^[-‐‑–/]$/u;

/** One sign of a printed name, with the MRZ spellings it may have; `<` stands for a gap between two parts. */
export type Spelling = readonly string[];

/** Upper case in the letters of the tables: one code point for a letter with its mark, ẞ for a sharp s. */
function toCapitals(name: string): string {
  const capitals = name.normalize("NFC").replaceAll("ß", "ẞ").toUpperCase().normalize("NFC");
  // The space that type leaves behind an apostrophe is no gap of its own.
  return capitals.replaceAll(/(?<=\p{L}['’‘`´]) /gu, "");
}

function spellingOf(character: string): Spelling | null {
  if (/^[A-Z]$/.test(character)) return [character];
  const listed = SPELLINGS.get(character);
  if (listed !== undefined) return listed;
  if (APOSTROPHES.test(character)) return ["", "<"];
  if (HYPHENS.test(character)) return ["<", ""];
  if (character === " " || character === ",") return ["<"];
  // The standard leaves other punctuation out; a point may also part two words.
  if (/^[.·"]$/u.test(character)) return ["", "<"];
  if (/^\p{M}$/u.test(character)) return [""];
  const base = character.normalize("NFD").charAt(0);
  if (base === character) return null;
  return SPELLINGS.get(base) ?? (/^[A-Z]$/.test(base) ? [base] : null);
}

/** The spellings of each sign of a printed name. Null when a letter belongs to a script without a table here. */
export function spellingsOf(name: string): Spelling[] | null {
  const spellings: Spelling[] = [];
  for (const character of toCapitals(name)) {
    const spelling = spellingOf(character);
    if (spelling === null) return null;
    spellings.push(spelling);
  }
  return spellings;
}

/**
 * Whether a name with these spellings can read as the MRZ's letters, several gaps in a row counting as one. With
 * `prefix`, also whether those letters can be its beginning.
 */
export function canBeSpelled(spellings: readonly Spelling[], letters: string, prefix = false): boolean {
  // All places in the letters that the name's signs so far can lead to: linear, for any number of spellings.
  let places = new Set([0]);
  for (const spelling of spellings) {
    const next = new Set<number>();
    for (const place of places) {
      for (const option of spelling) {
        const reached = advance(letters, place, option);
        if (reached !== null) next.add(reached);
        if (prefix && isCutOff(letters, place, option)) return true;
      }
    }
    places = next;
  }
  return [...places].some((place) => letters.slice(place).replace(/^<+/, "") === "");
}

function advance(letters: string, place: number, option: string): number | null {
  if (option !== "<") return letters.startsWith(option, place) ? place + option.length : null;
  // A gap at the beginning, at the end or beside another gap leaves no trace.
  if (letters.charAt(place) === "<") return place + 1;
  return place === 0 || place === letters.length || letters.charAt(place - 1) === "<" ? place : null;
}

/** The letters end within the option, so that the rest of the name was cut off. */
function isCutOff(letters: string, place: number, option: string): boolean {
  const rest = letters.slice(place);
  return option !== "" && option.startsWith(rest) && (rest !== "" || place > 0);
}

/** Whether any letter of the text is Latin. */
export function hasLatinLetters(text: string): boolean {
  return /\p{Script=Latin}/u.test(text);
}

/** Whether all letters of the text are Latin. */
export const isLatinOnly = (text: string): boolean =>
  !/[^\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}]/u.test(text);

/** Capitals without their marks. */
export const lettersWithoutMarks = (text: string): string =>
  toCapitals(text).replaceAll(/./gu, baseOf).normalize("NFD").replaceAll(/\p{M}/gu, "");

/** Abbreviations that are in use without a point, of MOHAMMED in its spellings, MARIA, SANTA, SANTO and ABDUL. */
const ABBREVIATIONS: ReadonlySet<string> = new Set("MD MHD MOHD MUHD MUH MA STA STO ABD".split(" "));

/**
 * Whether a printed word and a part of the MRZ's name are a letter and a name that begins with it, or an abbreviation such as
 * MA. for MARIA and the whole name, either way round.
 */
export function isInitial(word: string, part: string): boolean {
  const letters = word.replaceAll(/[^\p{L}]/gu, "");
  const bare = lettersWithoutMarks(letters);
  if ((/\p{L}{2}\.$/u.test(word) || ABBREVIATIONS.has(bare)) && isAbbreviation(bare, part)) return true;
  if (ABBREVIATIONS.has(part) && isAbbreviation(part, bare)) return true;
  if ([...letters].length > 1) return part.length === 1 && canBeSpelled(spellingsOf(word) ?? [], part, true);
  return (spellingsOf(letters)?.[0] ?? []).some((option) => option !== "" && part.startsWith(option));
}

/** Whether a name begins with the first of a few letters, and has the others behind it in their order. */
function isAbbreviation(letters: string, name: string): boolean {
  if (letters.length * 3 > name.length * 2) return false;
  let place = 0;
  for (const letter of letters) place = name.indexOf(letter, place) + 1 || Infinity;
  return name.startsWith(letters.charAt(0)) && place < Infinity;
}

const baseOf = (letter: string) => BASES[letter] ?? letter.normalize("NFD").charAt(0);

/** A letter with its mark, or a mark that no letter of Unicode includes. */
const isMarked = (character: string) => /[\p{Script=Latin}\p{M}]/u.test(character) && !/[A-Z]/.test(character);

/**
 * Whether the MRZ's letters speak for the text with all its marks: they come from no other letters. An E may be an É or an
 * E, and OE an Ö or the two letters; only spellings such as NXX for Ñ have no other source.
 */
export function tracesAllMarks(text: string, letters: string): boolean {
  const characters = [...toCapitals(text)];
  const spellings = (spellingsOf(text) ?? []).map((spelling, index) =>
    isMarked(characters[index] ?? "") ? spelling.filter((option) => option.endsWith("XX")) : spelling,
  );
  return canBeSpelled(spellings, letters);
}
