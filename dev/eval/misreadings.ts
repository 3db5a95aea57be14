/** Misreadings of single fields, of every kind that readers of passports are known for. */
import { BLIND_CLASSES } from "../../lib/passport/mrz/check-digits.ts";
import type { Random } from "../samples/random.ts";

/** Ways to misread a text that keep or change its length by one character. */
export const TEXT_KINDS = [
  "look_alike",
  "blind_swap",
  "random_character",
  "transposition",
  "dropped_character",
  "doubled_character",
] as const;
export type TextKind = (typeof TEXT_KINDS)[number];

/** Characters that look alike in print; each row in every direction. */
const LOOK_ALIKE_ROWS = [
  "0OQDC",
  "1ILT7",
  "2Z7",
  "3B8",
  "4AH",
  "5S6",
  "6GB8",
  "8BS",
  "9GQ",
  "UVY",
  "MNHW",
  "EF",
  "PRF",
  "K<X",
  "CG",
];
const LETTERS_AND_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

function others(rows: readonly string[], character: string): string[] {
  return rows
    .filter((row) => row.includes(character))
    .flatMap((row) => [...row])
    .filter((other) => other !== character);
}

/** What a reader may take a character for; always of the given alphabet. */
function taken(kind: TextKind, character: string, alphabet: string): string[] {
  const rows = kind === "look_alike" ? LOOK_ALIKE_ROWS : kind === "blind_swap" ? BLIND_CLASSES : [LETTERS_AND_DIGITS];
  return others(rows, character).filter((other) => alphabet.includes(other));
}

const replaceAt = (text: string, place: number, length: number, replacement: string) =>
  text.slice(0, place) + replacement + text.slice(place + length);

/** A text with one misreading of the kind; null where it offers no place for one. Marks over letters stay as they are. */
export function misread(text: string, kind: TextKind, alphabet: string, random: Random): string | null {
  const places = [...text].flatMap((_, place) => variantsAt(text, place, kind, alphabet));
  const different = places.filter((variant) => variant !== text);
  return different.length === 0 ? null : random.pick(different);
}

function variantsAt(text: string, place: number, kind: TextKind, alphabet: string): string[] {
  const character = text.charAt(place);
  if (!alphabet.includes(character)) return [];
  switch (kind) {
    case "transposition": {
      const next = text.charAt(place + 1);
      return alphabet.includes(next) && next !== "" ? [replaceAt(text, place, 2, next + character)] : [];
    }
    case "dropped_character":
      return [replaceAt(text, place, 1, "")];
    case "doubled_character":
      return [replaceAt(text, place, 1, character + character)];
    case "look_alike":
    case "blind_swap":
    case "random_character":
      return taken(kind, character, alphabet).map((other) => replaceAt(text, place, 1, other));
  }
}

/** Every ordered pair of characters that check digits cannot tell apart. */
export const BLIND_PAIRS: readonly (readonly [string, string])[] = BLIND_CLASSES.flatMap((characters) =>
  [...characters].flatMap((from) => [...characters].filter((to) => to !== from).map((to) => [from, to] as const)),
);
