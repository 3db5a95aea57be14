/** Small changes of a source file, each of which some test should notice. */

/** One change of a file. */
export interface Mutant {
  readonly file: string;
  readonly line: number;
  readonly from: string;
  readonly to: string;
  /** The whole file after the change. */
  readonly text: string;
}

const CHANGES: readonly (readonly [pattern: RegExp, to: string])[] = [
  [/===/g, "!=="],
  [/!==/g, "==="],
  [/&&/g, "||"],
  [/\|\|/g, "&&"],
  [/\?\?/g, "&&"],
  [/(?<= )<(?= )/g, "<="],
  [/(?<= )<=(?= )/g, "<"],
  [/(?<= )>(?= )/g, ">="],
  [/(?<= )>=(?= )/g, ">"],
  [/(?<= )\+(?= )/g, "-"],
  [/(?<= )-(?= )/g, "+"],
  [/(?<= )\*(?= )/g, "/"],
  [/\btrue\b/g, "false"],
  [/\bfalse\b/g, "true"],
  [/\bsome\(/g, "every("],
  [/\bevery\(/g, "some("],
  [/\bMath\.min\(/g, "Math.max("],
  [/\bMath\.max\(/g, "Math.min("],
  [/(?<=\bif \()(?=[a-z!])/g, "!!0 && "],
];

/** Comments, texts, patterns and types are not run: they are replaced by spaces before a place is chosen. */
const blank = (text: string) =>
  [/\/\*[\s\S]*?\*\//g, /\/\/.*/g, /"(?:[^"\\\n]|\\.)*"/g, /^(?:import|export type|export interface)\b[^;]*;/gm].reduce(
    (left, pattern) => left.replaceAll(pattern, (match) => match.replaceAll(/[^\n]/g, " ")),
    text,
  );

/** What a template says, but not the code in it. */
const blankTemplates = (text: string) =>
  text.replaceAll(/`(?:[^`\\]|\\.)*`/gs, (template) =>
    template.replaceAll(/(\$\{[^}]*\})|[^\n]/g, (match, code: string | undefined) => code ?? match.replace(/./, " ")),
  );

/** All mutants of a file. */
export function mutantsOf(file: string, text: string): Mutant[] {
  const code = blankTemplates(blank(text));
  return CHANGES.flatMap(([pattern, to]) =>
    [...code.matchAll(pattern)].map(({ index, 0: from }) => ({
      file,
      line: text.slice(0, index).split("\n").length,
      from,
      to,
      text: text.slice(0, index) + to + text.slice(index + from.length),
    })),
  );
}

/** A prime: steps of this size visit every mutant once before they repeat, far apart from each other. */
const STRIDE = 7_919;

/** The same mutants in the same order for the same seed, spread over all files. */
export const sample = (mutants: readonly Mutant[], count: number, seed: number): Mutant[] =>
  Array.from({ length: Math.min(count, mutants.length) }).flatMap(
    (_, index) => mutants[(seed + index * STRIDE) % mutants.length] ?? [],
  );
