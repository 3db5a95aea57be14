/** The sex of a passport's holder. */
import type { FieldEvidence, PrintedValue } from "./evidence.ts";
import { type Mrz, uncoveredValues } from "./mrz/zone.ts";
import { NOT_READ, readCharacters } from "./printed.ts";
import type { PrintedField } from "./reading.ts";

const SEXES: Readonly<Record<string, string>> = { M: "M", F: "F", X: "X", "<": "X", М: "M", MALE: "M", FEMALE: "F" };

/** The sex that a page prints: `M`, `F` or `X`, and all that its characters may say. */
export function printedSex(field: PrintedField): PrintedValue & { readonly said: readonly string[] } {
  const printed = readCharacters(field);
  if (printed === null) return { ...NOT_READ, said: [] };
  const said = printed
    .toUpperCase()
    .split(/[^\p{L}<]+/u)
    .flatMap((part) => SEXES[part] ?? []);
  // Two languages may say it, and an F is a man in one and a woman in the other.
  const alike = new Set(said).size === 1 ? said[0] : undefined;
  const value = SEXES[(field.value ?? "").trim().toUpperCase()] ?? alike ?? null;
  return {
    value,
    said,
    characters: field.printed,
    contradictory: value !== null && said.length > 0 && !said.includes(value),
  };
}

/** What was read of the sex. */
export function readSex(field: PrintedField, { line2 }: Mrz): FieldEvidence {
  const { said, ...printed } = printedSex(field);
  return {
    printed,
    mrz: uncoveredValues(line2, ({ sex }) => (sex === "<" ? "X" : sex)),
    compare: (sex) => {
      if (sex !== printed.value && !said.includes(sex)) return "differs";
      // A word that no table here knows rests on the model's translation, and of two letters one is meant.
      return said.length > 0 && said.every((one) => one === sex) ? "agrees" : "partly";
    },
  };
}
