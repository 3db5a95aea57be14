/** Compares the model's normalised value of a name with the words that it copied from the page. */
import { splitWord, wordsOf } from "./context.ts";
import { canBeSpelled, spellingsOf } from "./spelling.ts";

/** Whether the model's own value is made of words that the page prints, joined or apart. */
export function isMadeOf(value: string, printed: string): boolean {
  const words = wordsOf(printed).map(({ text }) => text);
  const runs = words.flatMap((_, from) => words.slice(from).map((__, more) => words.slice(from, from + more + 1)));
  const parts = [...words, ...words.flatMap(splitWord)];
  const isPrinted = (word: string) => parts.some((part) => isSameWord(word, part));
  return (
    runs.some((run) => isSameWord(value, run.join(" "))) ||
    wordsOf(value).every(({ text }) => isPrinted(text) || splitWord(text).every(isPrinted))
  );
}

const MRZ_LETTERS = /[^A-Z]+/g;

/** Whether two texts are one name: but for marks, or in a spelling of the MRZ. */
function isSameWord(one: string, other: string): boolean {
  const bare = (text: string) =>
    text
      .normalize("NFD")
      .toUpperCase()
      .replaceAll(/[^\p{L}]/gu, "");
  const letters = (text: string) => text.toUpperCase().replaceAll(MRZ_LETTERS, "<");
  return (
    bare(one) === bare(other) ||
    canBeSpelled(spellingsOf(other) ?? [], letters(one)) ||
    canBeSpelled(spellingsOf(one) ?? [], letters(other))
  );
}
