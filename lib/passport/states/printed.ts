/** States of the printed zone: named by a code, or in words. */
import { hasText, NOT_READ, readCharacters } from "../printed.ts";
import type { PrintedValue } from "../evidence.ts";
import type { PrintedField } from "../reading.ts";
import { belongsTogether, namesNoState, stateCode, stateNamed, stateOfRegion } from "./codes.ts";

/** Texts that consist of a code, as they stand or beside another language. */
function printedCodes(printed: string): string[] {
  return [printed, ...printed.split("/")]
    .map((part) => part.trim().replace(/<+$/, ""))
    .filter((part) => /^(?:[A-Z]{3}|D)$/.test(part));
}

/** Whether two codes differ as a code and its misreading do: in one letter, or in the order of the same ones. */
export function isMisreadCode(code: string, other: string): boolean {
  if (code === other || code.length !== other.length) return false;
  const different = [...code].filter((letter, place) => letter !== other[place]).length;
  return different === 1 || [...code].toSorted().join("") === [...other].toSorted().join("");
}

/** A state of the printed zone. */
export interface PrintedState extends PrintedValue {
  /** The characters name it by a code or a name of the tables here: the model has translated nothing. */
  readonly certain: boolean;
}

/** Whether a passport with the one code may print the other: states of one family, or the origin of a refugee. */
const goTogether = (printed: string, value: string) =>
  printed === value || belongsTogether(printed, value) || namesNoState(value) || namesNoState(printed);

/** A state as its MRZ code; null if the page names it in a way that no table here knows. */
export function printedState(field: PrintedField): PrintedState {
  const printed = readCharacters(field);
  if (printed === null) return { ...NOT_READ, certain: false };
  const codes = printedCodes(printed);
  const known = codes.flatMap((code) => stateCode(code) ?? []);
  const named = [printed, ...printed.split("/")].flatMap((part) => stateNamed(part) ?? []);
  const isMisread = (value: string) => {
    if (known.length > 0) return !known.some((code) => goTogether(code, value));
    return codes.some((code) => isMisreadCode(code, value)) || isOtherState(named, value);
  };
  const read = (value: string | null, contradictory: boolean): PrintedState => ({
    value,
    characters: field.printed,
    contradictory,
    certain: value !== null && [...known, ...named].includes(value),
  });
  if (!hasText(field.value)) {
    const [code] = [printed, ...printed.split("/")].flatMap((part) => stateCode(part) ?? []);
    return read(code ?? codes[0] ?? null, false);
  }
  const value = stateCode(field.value) ?? stateOfRegion(field.value.trim().toUpperCase());
  if (value !== null) return read(value, isMisread(value));
  // A code that nobody has assigned says nothing against the name of a state; a word is only one that no table here knows.
  const code = field.value.trim().toUpperCase();
  const [stated] = [...known, ...named];
  if (stated !== undefined && !codes.some((one) => isMisreadCode(one, code))) return read(stated, false);
  return /^[A-Z<]{1,3}$/.test(code) ? read(code, isMisread(code)) : { ...NOT_READ, certain: false };
}

/** Whether a page names states by their names, and none that a passport with this code may name. */
function isOtherState(named: readonly string[], value: string): boolean {
  return named.length > 0 && !named.some((state) => goTogether(state, value));
}
