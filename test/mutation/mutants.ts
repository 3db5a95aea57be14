/** Small changes of a source file, each of which some test should notice. */
import { hash } from "node:crypto";

/** One change of a file. */
export interface Mutant {
  readonly file: string;
  readonly line: number;
  readonly from: string;
  readonly to: string;
  /** The line after the change. */
  readonly changed: string;
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
    [...code.matchAll(pattern)].map(({ index, 0: from }) => {
      const line = text.slice(0, index).split("\n").length;
      const mutated = text.slice(0, index) + to + text.slice(index + from.length);
      return { file, line, from, to, changed: mutated.split("\n")[line - 1]?.trim() ?? "", text: mutated };
    }),
  );
}

/**
 * The seed chooses the mutants by the hash of what they change, not by their place among all mutants. So a change
 * elsewhere in the code does not draw another sample.
 */
export function sample(mutants: readonly Mutant[], count: number, seed: number): Mutant[] {
  const equals = new Map<string, number>();
  const ranked = mutants.map((mutant) => {
    const name = `${mutant.file} ${mutant.changed}`;
    const ordinal = (equals.get(name) ?? 0) + 1;
    equals.set(name, ordinal);
    return { mutant, rank: hash("sha256", `${seed} ${ordinal} ${name}`) };
  });
  return ranked
    .toSorted((a, b) => a.rank.localeCompare(b.rank))
    .slice(0, count)
    .map(({ mutant }) => mutant);
}
