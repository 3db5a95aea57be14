/** Names of the printed zone, in the spellings that the page and the model give. */
import { hasText, NOT_READ, readCharacters } from "../printed.ts";
import type { PrintedValue } from "../evidence.ts";
import type { PrintedField } from "../reading.ts";
import { nameVariants } from "./compare.ts";
import { canBeSpelled, hasLatinLetters, spellingsOf } from "./spelling.ts";

const nameKey = (name: string) =>
  name
    .normalize("NFD")
    .toUpperCase()
    .replaceAll(/[^\p{L} ]/gu, "");

/** A name, which two spellings may stand for that differ in marks only: as normalised, and as printed. */
export interface PrintedName extends PrintedValue {
  readonly asPrinted: string | null;
}

/**
 * A name: the Latin value where the page prints Latin letters, else the characters of the page's own script. A Latin
 * value of a page without Latin letters was transliterated by the model, or copied from the MRZ.
 */
export function printedName(field: PrintedField): PrintedName {
  const printed = readCharacters(field);
  if (printed === null) return { ...NOT_READ, asPrinted: null };
  const read = (value: string, asPrinted: string | null, contradictory = false): PrintedName => ({
    value,
    asPrinted,
    contradictory,
    characters: field.printed,
  });
  if (!hasText(field.value) || !hasLatinLetters(printed) || !hasLatinLetters(field.value)) return read(printed, null);
  const value = field.value.trim();
  const keys = new Set(nameVariants(value).map(nameKey));
  const variants = nameVariants(printed);
  const same = variants.find((variant) => keys.has(nameKey(variant)));
  if (same !== undefined) return read(value, same);
  // The model gave MRZ letters, such as UE for Ü: what is printed counts.
  const spelled = variants.find((variant) => canBeSpelled(spellingsOf(variant) ?? [], mrzLetters(value)));
  return read(spelled ?? value, null, spelled === undefined);
}

const mrzLetters = (name: string) => name.toUpperCase().replaceAll(/[^A-Z]+/g, "<");
