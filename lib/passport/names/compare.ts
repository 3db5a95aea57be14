/**
 * Compares the printed names with the name field of the MRZ (Doc 9303 parts 3, 4.6 and 4, 4.2).
 *
 * A name is a set of words. Its words may be spelled in several ways, stand in either field or both, in another order,
 * with more of them in one zone, and with words around them that are no part of it. The zones disagree only if each has
 * a word that the other lacks.
 */
import {
  isFiliation,
  type NameWord,
  splitWord,
  unknownContext,
  withAndWithoutSuffix,
  withoutSuffixes,
  wordsOf,
} from "./context.ts";
import type { Identifier, MrzNames, PrintedNames } from "./identifiers.ts";
import { canBeSpelled, hasLatinLetters, isInitial, isLatinOnly, spellingsOf, tracesAllMarks } from "./spelling.ts";

/** How a printed identifier goes with the MRZ's. */
export interface NameComparison {
  readonly agreement: "agrees" | "partly" | "differs" | "silent";
  /** The words of the page that are the name; null if the MRZ's letters are all there is. */
  readonly text: string | null;
}

/** There is nothing to compare. */
export const SILENT: NameComparison = { agreement: "silent", text: null };
const DIFFERS: NameComparison = { agreement: "differs", text: null };

/** What both identifiers are compared with. */
interface Rules {
  readonly shortened: boolean;
  /** All parts of the name in the MRZ, and all words on the page. */
  readonly allLetters: readonly string[];
  readonly allWords: readonly NameWord[];
  /** The words that the model reports as the name, in capitals. */
  readonly reported: ReadonlySet<string>;
  /** How many of them it reports as this identifier; 0 if it reports none. */
  readonly reportedHere: number;
}

/** Compares both printed names with those of the MRZ. `values` are the names that the model makes of the printed characters. */
export function compareNames(
  printed: PrintedNames,
  mrz: MrzNames,
  values: PrintedNames = printed,
): Record<Identifier, NameComparison> {
  const words = { surname: wordsOf(printed.surname ?? ""), givenNames: wordsOf(printed.givenNames ?? "") };
  const rules = {
    shortened: mrz.shortened,
    allLetters: [...(mrz.surname ?? []), ...(mrz.givenNames ?? [])],
    allWords: [...words.surname, ...words.givenNames],
    reported: new Set([values.surname, values.givenNames].flatMap((value) => wordsOf(value ?? "").map(capitals))),
  };
  const compare = (name: Identifier) =>
    compareIdentifier(words[name], mrz[name], { ...rules, reportedHere: wordsOf(values[name] ?? "").length });
  return { surname: compare("surname"), givenNames: compare("givenNames") };
}

function compareIdentifier(
  words: readonly NameWord[],
  letters: readonly string[] | null,
  rules: Rules,
): NameComparison {
  if (letters === null) return SILENT;
  return findRun(words, letters, rules) ?? compareAsSet(words, letters, rules);
}

/** The words of the page that spell the identifier one after the other, if there are any. */
function findRun(words: readonly NameWord[], letters: readonly string[], rules: Rules): NameComparison | null {
  let found: NameComparison | null = null;
  for (const wanted of withAndWithoutSuffix(letters, words)) {
    for (const run of runsOf(words)) {
      const comparison = compareRun(words, run, wanted, rules);
      if (comparison?.agreement === "agrees") return comparison;
      found ??= comparison;
    }
  }
  return found;
}

/** Words from one place up to another. */
interface Run {
  readonly from: number;
  readonly to: number;
}

/**
 * Every run of words that may be the name. What stands beside Latin letters in another script is the same name again,
 * and the Latin one is what the MRZ has.
 */
function* runsOf(words: readonly NameWord[]): Generator<Run> {
  const isLatin = words.some(({ text }) => hasLatinLetters(text));
  for (let from = 0; from < words.length; from++) {
    for (let to = from + 1; to <= words.length; to++) {
      if (!isLatin || words.slice(from, to).every(({ text }) => hasLatinLetters(text))) yield { from, to };
    }
  }
}

function compareRun(
  words: readonly NameWord[],
  { from, to }: Run,
  letters: readonly string[],
  rules: Rules,
): NameComparison | null {
  const run = words.slice(from, to);
  const text = run.map((word) => word.text).join(" ");
  const spellings = spellingsOf(text);
  if (spellings === null) return null;
  const name = letters.join("<");
  const isSpelledOut = canBeSpelled(spellings, name);
  const isAlike = isSpelledOut || isSameWithoutGaps(run, letters) || (rules.shortened && beginsAlike(run, letters));
  if (!isAlike) return null;
  // On one line for the whole name, the words of the other identifier stand there too: only the MRZ says which are which.
  const unknown = unknownContext(words, from, to);
  const isMore = (word: NameWord) => rules.reported.has(capitals(word)) && !isPart(word.text, rules.allLetters, true);
  const more = new Set(unknown.filter(isMore));
  const isName = (word: NameWord, index: number) => (index >= from && index < to) || more.has(word);
  const certain = isSpelledOut && unknown.length === 0 && isCertain(run, text, name, rules);
  return { agreement: certain ? "agrees" : "partly", text: textOf(words.filter(isName)) };
}

/** Whether nothing is left open where words of the page spell the MRZ's identifier. */
function isCertain(run: readonly NameWord[], text: string, name: string, rules: Rules): boolean {
  // The model may take a part of them for the identifier, and only the page can tell.
  const isReported = rules.reportedHere === 0 || run.length <= rules.reportedHere;
  return isReported && !rules.shortened && tracesAllMarks(text, name) && isLatinOnly(text);
}

const capitals = ({ text }: NameWord) => text.toUpperCase();

/** Whether each part of a shortened identifier can be the beginning of the printed word in its place. */
function beginsAlike(run: readonly NameWord[], letters: readonly string[]): boolean {
  const words = run.flatMap(({ text }) => splitWord(text));
  if (letters.length === 0 || letters.length > words.length) return false;
  return letters.every((part, index) => isSpelled(words[index] ?? "", part, true));
}

const isSpelled = (word: string, part: string, prefix: boolean) => canBeSpelled(spellingsOf(word) ?? [], part, prefix);

/** Whether a printed word, or each of the words that hyphens join in it, is a part of the name in the MRZ. */
function isPart(word: string, letters: readonly string[], prefix = false): boolean {
  const isOne = (text: string) => letters.some((part) => isSpelled(text, part, prefix));
  return isOne(word) || splitWord(word).every(isOne);
}

/** Whether a printed word is short for a part of the name, or one of the initials that are joined in it, as in J.-P. */
function isAbbreviated(word: string, part: string): boolean {
  const pieces = splitWord(word);
  const areInitials = pieces.length > 1 && pieces.every((piece) => [...piece].length === 1);
  return isInitial(word, part) || (areInitials && pieces.some((piece) => isInitial(piece, part)));
}

/** Compares words without their order, over both fields. */
function compareAsSet(words: readonly NameWord[], letters: readonly string[], rules: Rules): NameComparison {
  const { allLetters, allWords, shortened } = rules;
  const readable = relevantWords(words, allLetters);
  if (letters.length === 0) return compareWithNothing(readable, allLetters, shortened);
  if (isSameWithoutGaps(readable, letters)) return { agreement: "partly", text: textOf(readable) };
  const onPage = relevantWords(allWords, allLetters);
  const isOnPage = (part: string) =>
    onPage.some(({ text }) => isOnWord(text, part, shortened) || isAbbreviated(text, part));
  const missing = withoutSuffixes(letters).filter((part) => !isOnPage(part));
  if (missing.length === 0) {
    if (onPage.length === 0) return SILENT;
    // The page splits what the MRZ keeps in one identifier: what of it is a surname, only the page can say.
    const isSplit = allLetters.length === letters.length && readable.every(({ text }) => isPart(text, letters));
    if (isSplit && readable.length > 0) return { agreement: "partly", text: textOf(readable) };
    const elsewhere = findRun(onPage, letters, rules)?.text;
    return { agreement: "partly", text: elsewhere ?? textOf(pick(onPage, letters, shortened)) };
  }
  if (readable.length === 0) return SILENT;
  const isInMrz = (word: string) =>
    isPart(word, allLetters, shortened) || allLetters.some((part) => isAbbreviated(word, part));
  const extra = readable.map(({ text }) => text).filter((word) => !isInMrz(word));
  const mayStay = () =>
    extra.length === 0 || (missing.length < letters.length && [...missing, ...extra].every(isFiliation));
  return mayStay() ? { agreement: "partly", text: textOf(readable) } : DIFFERS;
}

/** A page that prints an identifier which the MRZ does not have: its words must stand in the other one. */
function compareWithNothing(
  words: readonly NameWord[],
  allLetters: readonly string[],
  prefix: boolean,
): NameComparison {
  if (words.length === 0) return SILENT;
  return words.every(({ text }) => isPart(text, allLetters, prefix))
    ? { agreement: "partly", text: textOf(words) }
    : DIFFERS;
}

const isOnWord = (word: string, part: string, prefix: boolean) =>
  [word, ...splitWord(word)].some((text) => isSpelled(text, part, prefix));

/** Some states write two words as one, in either zone. */
function isSameWithoutGaps(words: readonly NameWord[], letters: readonly string[]): boolean {
  const text = words.map((word) => word.text).join("");
  const spellings = spellingsOf(text)?.map((spelling) => spelling.filter((option) => option !== "<"));
  return words.length > 0 && canBeSpelled(spellings ?? [], letters.join(""));
}

/** The words that can be compared: those that are no known context, Latin ones where there are any. */
function relevantWords(words: readonly NameWord[], allLetters: readonly string[]): NameWord[] {
  const unknown = new Set(unknownContext(words, 0, 0));
  const readable = words.filter(
    (word) => spellingsOf(word.text) !== null && (unknown.has(word) || isPart(word.text, allLetters)),
  );
  const latin = readable.filter(({ text }) => hasLatinLetters(text));
  return latin.length > 0 ? latin : readable;
}

/** The words of the page that are these parts of the MRZ, in the order of the MRZ. */
function pick(words: readonly NameWord[], letters: readonly string[], prefix: boolean): NameWord[] {
  return letters.flatMap((part) => words.find(({ text }) => isOnWord(text, part, prefix)) ?? []);
}

function textOf(words: readonly NameWord[]): string | null {
  const text = words.map((word) => word.text).join(" ");
  return text !== "" && isLatinOnly(text) ? text : null;
}
