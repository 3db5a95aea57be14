/**
 * The printed zone's fields, before their kind is considered.
 *
 * The model reports each field twice: as printed, and normalised. The normalised value is its own interpretation, so it
 * counts only together with the printed characters: if they contradict each other, the field has no printed evidence
 * that could agree with anything, and a value without printed characters is not a value.
 */
import type { PrintedValue } from "./evidence.ts";
import type { PrintedField } from "./reading.ts";

/** A field of which nothing was read. */
export const NOT_READ: PrintedValue = { value: null, characters: null, contradictory: false };

/** Whether a text holds any letter or digit. */
export const hasText = (text: string | null): text is string => text !== null && /[\p{L}\p{N}<]/u.test(text);

/** The printed characters, if any were read. */
export function readCharacters(field: PrintedField): string | null {
  return field.unreadable === null && hasText(field.printed) ? field.printed.trim() : null;
}

/** A text that nothing else in a passport repeats. */
export function printedText(field: PrintedField): PrintedValue {
  const characters = readCharacters(field);
  if (characters === null) return NOT_READ;
  return {
    value: hasText(field.value) ? field.value.trim() : characters,
    characters: field.printed,
    contradictory: false,
  };
}
