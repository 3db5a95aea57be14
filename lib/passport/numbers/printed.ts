/** Numbers of the printed zone: their letters and digits, without labels and signs. */
import { hasText, NOT_READ, readCharacters } from "../printed.ts";
import type { PrintedValue } from "../evidence.ts";
import type { PrintedField } from "../reading.ts";

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

/** A number of the printed zone. */
export interface PrintedNumber extends PrintedValue {
  /** Its letters and digits, and nothing else. */
  readonly bare: string;
}

/** A document number or personal number. */
export function printedNumber(field: PrintedField): PrintedNumber {
  const characters = readCharacters(field);
  if (characters === null) return { ...NOT_READ, bare: "" };
  const labelled = characters.replace(/^\s*(?:№|No|N[°º])\s*\.?/iu, "");
  const readings = [numberCharacters(characters), numberCharacters(labelled)];
  const bare = hasText(field.value) ? numberCharacters(field.value) : (readings[1] ?? "");
  const value = hasText(field.value) ? field.value.trim() : bare;
  return { value, bare, characters: field.printed, contradictory: !readings.includes(bare) };
}
