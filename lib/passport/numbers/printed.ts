/** Numbers of the printed zone: their letters and digits, without labels and signs. */
import type { Agreement, PrintedValue } from "../evidence.ts";
import { asciiDigits } from "../digits.ts";
import { CYRILLIC } from "../names/letters.ts";
import { canBeSpelled, type Spelling } from "../names/spelling.ts";
import { hasText, NOT_READ, readCharacters } from "../printed.ts";
import type { PrintedField } from "../reading.ts";

/** Greek and Cyrillic capitals that are printed like Latin ones. */
const LOOK_ALIKES: ReadonlyMap<string, string> = new Map(
  ["АA", "ВB", "ЕE", "КK", "МM", "НH", "ОO", "РP", "СC", "ТT", "ХX", "УY", "ІI", "ЈJ", "ЅS"]
    .concat(["ΑA", "ΒB", "ΕE", "ΖZ", "ΗH", "ΙI", "ΚK", "ΜM", "ΝN", "ΟO", "ΡP", "ΤT", "ΥY", "ΧX"])
    .map((pair) => [pair.charAt(0), pair.charAt(1)] as const),
);

/** Greek capitals by their sound, if that is another letter than the one that they look like. */
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

/** What each of a number's characters may stand for: letters of other scripts by their looks first, then by their sounds. */
type Form = readonly Spelling[];

/** Whether a text has letters of another script. */
const isForeign = (text: string) => /(?!\p{Script=Latin})\p{L}/u.test(text.normalize("NFKC"));

function spellingOf(character: string): Spelling {
  const known = [
    ...(LOOK_ALIKES.get(character) ?? []),
    ...(CYRILLIC[character] ?? []),
    ...(GREEK[character] ?? []),
    ...(/[A-Z0-9]/.test(character) ? character : ""),
  ];
  return known.length > 0 || !isForeign(character) ? known : ANY_LETTER;
}

/** A letter of a script without a table here stands for one Latin letter, or belongs to a label. */
const ANY_LETTER: Spelling = ["", ..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];

/** What a text may stand for as a number: without its label first, because NO may be a label or two letters of the number. */
function formsOf(text: string): Form[] {
  const capitals = asciiDigits(text.normalize("NFKC").toUpperCase());
  return [capitals.replaceAll(LABELS, " "), capitals]
    .map((form) => [...form].map(spellingOf).filter((spelling) => spelling.length > 0))
    .filter((form) => form.length > 0);
}

const bareOf = (form: Form) => form.map(([likeliest = ""]) => likeliest).join("");

/** Whether one of the forms can stand for the number. */
const isFormOf = (forms: readonly Form[], number: string): boolean =>
  number !== "" && forms.some((form) => canBeSpelled(form, number));

/** What parts a text with a number: the number may be one of the parts, without a label, a check character or zeros. */
const SEPARATORS = /[\s:</\p{Pd}]+|(?<=\p{L})(?=\p{Nd})|(?<=\p{Nd})(?=\p{L})|(?<=^0+)(?!0)/u;
/** Parts shorter than this are no number of their own. */
const MIN_LENGTH = 5;

/** Whether some of the printed words are the number, and others, such as a label, stand around it or between its groups. */
function isAmongWords(number: string, characters: string): boolean {
  if (number.length < MIN_LENGTH) return false;
  const words = characters.split(SEPARATORS);
  const isGroup = (word: string) => /\p{Nd}/u.test(word);
  const runs = words.flatMap((_, from) => words.slice(from).map((__, length) => words.slice(from, from + length + 1)));
  return [words.filter(isGroup), ...runs].some((run) => isFormOf(formsOf(run.join(" ")), number));
}

/** A number of the printed zone. */
export interface PrintedNumber extends PrintedValue {
  /** Its letters and digits, and nothing else. */
  readonly bare: string;
  /** What the number may stand for. */
  readonly forms: readonly Form[];
  /** What the page's own characters may stand for, of which the model may have taken a part. */
  readonly ofPage: readonly Form[];
}

/** How a number of the MRZ goes with the characters on the page; null if they cannot stand for it. */
export function agreementOfForm({ forms, ofPage, characters }: PrintedNumber, number: string): Agreement | null {
  const isForm = isFormOf(forms, number);
  // Letters of another script agree by their looks, and in part by their sound.
  const isPlain = !isForeign(characters ?? "");
  if (isForm && (isPlain || ofPage.some((form) => bareOf(form) === number))) return "agrees";
  return isForm || isFormOf(ofPage, number) ? "partly" : null;
}

/** Letters and digits, and nothing else: signs between them are a matter of layout. */
const charactersOf = (value: string) => asciiDigits(value.normalize("NFKC")).replaceAll(/[^\p{L}\p{N}]/gu, "");

/** A document number or personal number. */
export function printedNumber(field: PrintedField): PrintedNumber {
  const characters = readCharacters(field);
  if (characters === null) return { ...NOT_READ, bare: "", forms: [], ofPage: [] };
  const ofPage = formsOf(characters);
  const ofValue = hasText(field.value) ? formsOf(field.value) : [];
  const shared = ofValue.filter((form) => isFormOf(ofPage, bareOf(form)) || isAmongWords(bareOf(form), characters));
  const bare = bareOf((ofValue.length === 0 ? ofPage : [...shared, ...ofValue])[0] ?? []);
  return {
    value: hasText(field.value) ? charactersOf(field.value) : bare,
    bare,
    forms: ofValue.length === 0 ? ofPage : shared,
    ofPage,
    characters: field.printed,
    contradictory: ofValue.length > 0 && shared.length === 0,
  };
}
