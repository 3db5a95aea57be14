/** Numbers of the printed zone: their letters and digits, without labels and signs. */
import type { PrintedValue } from "../evidence.ts";
import { asciiDigits } from "../digits.ts";
import { CYRILLIC } from "../names/letters.ts";
import { hasText, NOT_READ, readCharacters } from "../printed.ts";
import type { PrintedField } from "../reading.ts";

/** Greek and Cyrillic capitals that are printed like Latin ones. */
const LOOK_ALIKES: ReadonlyMap<string, string> = new Map(
  ["АA", "ВB", "ЕE", "КK", "МM", "НH", "ОO", "РP", "СC", "ТT", "ХX", "УY", "ІI", "ЈJ", "ЅS"]
    .concat(["ΑA", "ΒB", "ΕE", "ΖZ", "ΗH", "ΙI", "ΚK", "ΜM", "ΝN", "ΟO", "ΡP", "ΤT", "ΥY", "ΧX"])
    .map((pair) => [pair.charAt(0), pair.charAt(1)] as const),
);

/** Greek capitals by their sound, where that is another letter than the one that they look like. */
const GREEK: Readonly<Record<string, string>> = {
  Α: "A",
  Β: "V",
  Γ: "G",
  Δ: "D",
  Ε: "E",
  Ζ: "Z",
  Η: "I",
  Θ: "TH",
  Ι: "I",
  Κ: "K",
  Λ: "L",
  Μ: "M",
  Ν: "N",
  Ξ: "X",
  Ο: "O",
  Π: "P",
  Ρ: "R",
  Σ: "S",
  Τ: "T",
  Υ: "Y",
  Φ: "F",
  Χ: "CH",
  Ψ: "PS",
  Ω: "O",
};

/** Words for "number", before it or between its groups. */
const LABELS = /(?<![A-Z])(?:N[O°º]|NR|NUM|NUMBER|NUMERO|N(?=\.))(?![A-Z])\s*[.:°º]*/gu;

const bareOf = (text: string, letters: (character: string) => string) =>
  [...text]
    .map(letters)
    .join("")
    .replaceAll(/[^A-Z0-9]/g, "");

const looks = (character: string) => LOOK_ALIKES.get(character) ?? character;
const sounds = (character: string) => CYRILLIC[character]?.[0] ?? GREEK[character] ?? character;

/** What a number's characters may stand for: without its label first, letters of other scripts by looks first. */
function formsOf(text: string): string[] {
  const capitals = asciiDigits(text.normalize("NFKC").toUpperCase());
  const withoutLabel = capitals.replaceAll(LABELS, " ");
  const forms = [withoutLabel, capitals].flatMap((form) => [bareOf(form, looks), bareOf(form, sounds)]);
  return [...new Set(forms)].filter((form) => form !== "");
}

/** Whether some of the printed words are the number, and others, such as a label, stand around it or between its groups. */
function isAmongWords(number: string, characters: string): boolean {
  const words = characters.split(/[\s:]+/);
  const isGroup = (word: string) => /\p{Nd}/u.test(word);
  const runs = words.flatMap((_, from) => words.slice(from).map((__, length) => words.slice(from, from + length + 1)));
  return [words.filter(isGroup), ...runs].some((run) => formsOf(run.join(" ")).includes(number));
}

/** A number of the printed zone. */
export interface PrintedNumber extends PrintedValue {
  /** Its letters and digits, and nothing else. */
  readonly bare: string;
  /** What its characters may stand for, `bare` among them: NO may be a label or two letters of the number. */
  readonly forms: readonly string[];
  /** Letters of another script stand in it, which the MRZ may have by looks or by sound. */
  readonly isForeign: boolean;
}

/** A document number or personal number. */
export function printedNumber(field: PrintedField): PrintedNumber {
  const characters = readCharacters(field);
  if (characters === null) return { ...NOT_READ, bare: "", forms: [], isForeign: false };
  const printed = formsOf(characters);
  const ofValue = hasText(field.value) ? formsOf(field.value) : [];
  const shared = ofValue.filter((form) => printed.includes(form) || isAmongWords(form, characters));
  // The model may have gone by the looks of a letter, and the MRZ by its sound.
  const isForeign = /[\p{Script=Greek}\p{Script=Cyrillic}]/u.test(characters);
  const forms = ofValue.length === 0 ? printed : isForeign ? [...shared, ...printed] : shared;
  const bare = (ofValue.length === 0 ? printed : [...shared, ...ofValue])[0] ?? "";
  return {
    value: hasText(field.value) ? asciiDigits(field.value.trim()) : bare,
    bare,
    forms,
    isForeign,
    characters: field.printed,
    contradictory: ofValue.length > 0 && shared.length === 0,
  };
}
