/**
 * Compares a printed name with the name field of the MRZ under ICAO's rules: several spellings for a letter, names
 * shortened to fit, a single name without a second identifier, hyphens and apostrophes (Doc 9303 parts 3, 4.6 and 4, 4.2).
 */
import { shortensNames } from "../mrz/lines.ts";
import { canBeSpelled, hasLatinLetters, spellingsOf, umlautStyle, type UmlautStyle } from "./spelling.ts";

/** The name field of the MRZ in its parts. */
export interface MrzNames {
  readonly surname: readonly string[];
  readonly givenNames: readonly string[];
  /** The name may have been shortened to fit, so that its parts can be beginnings only. */
  readonly shortened: boolean;
  /** How the issuing state spells umlauts. */
  readonly umlauts: UmlautStyle;
}

/**
 * How a printed name and the MRZ go together: `partly` when they do under a rule that also fits other names, because the
 * MRZ is shortened, the page has no Latin spelling, or umlauts are spelled unlike the issuing state does;
 * `incomparable` when one of them is missing or in a script without a table; `elsewhere` when the name stands in the
 * other identifier's place.
 */
export interface NameComparison {
  readonly agreement: "agrees" | "partly" | "differs" | "incomparable" | "elsewhere";
  /** What was compared: without titles and remarks that a MRZ leaves out. Null where the MRZ's letters are all there is. */
  readonly text: string | null;
}

const parts = (text: string) => text.split(/<+/).filter((part) => part !== "");

/** Splits positions 6 to 44 of a passport of the given state: the surname, a double filler, the given names. */
export function splitNames(field: string, issuingState: string): MrzNames {
  const names = field.replace(/<+$/, "");
  const gap = names.indexOf("<<");
  const surname = parts(gap < 0 ? names : names.slice(0, gap));
  const givenNames = parts(gap < 0 ? "" : names.slice(gap));
  return { surname, givenNames, shortened: shortensNames(field), umlauts: umlautStyle(issuingState) };
}

const TITLES = /^(?:(?:DR|DDR|PROF|ING|MAG|MR|MRS|MS|MISS|SIR|DAME|LORD|LADY|HON|REV)\.? +)+/iu;
const SUFFIXES = /[ ,]+(?:JR|SR|II|III|IV)\.?$/iu;
/** What some states print behind a surname: the name at birth or of the spouse. */
const REMARKS = / +(?:GEB|NÉE?|NEE|BORN|ÉPOUSE|EPOUSE|ÉP|EP|VEUVE|VVE|E\/V|ROZ)(?=[ .])\.? .*$/iu;
const BRACKETS = /\([^)]*\)/gu;

const tidy = (text: string) => text.replaceAll(/ +/g, " ").trim();

/** Words with a letter of another script than Latin, left out where Latin ones stand beside them. */
function latinPart(text: string): string {
  const words = text.split(" ").filter((word) => hasLatinLetters(word) || !/\p{L}/u.test(word));
  return words.join(" ").replace(/^[ /|]+|[ /|]+$/g, "");
}

/** The texts that may be the name itself: each alternative, as it stands and without what a MRZ leaves out. */
export function nameVariants(text: string): string[] {
  const plain = [text, text.replace(REMARKS, "")];
  const alternatives = plain.flatMap((variant) => [variant, ...(/[/|]/.test(variant) ? variant.split(/[/|]/) : [])]);
  const latin = alternatives.some(hasLatinLetters)
    ? alternatives.filter(hasLatinLetters).map((variant) => latinPart(tidy(variant)))
    : alternatives;
  const unbracketed = latin.flatMap((variant) => [
    variant,
    variant.replace(BRACKETS, " "),
    variant.replace(/[()]/g, " "),
  ]);
  const untitled = unbracketed.flatMap((variant) => {
    const bare = tidy(variant);
    return [bare, bare.replace(TITLES, ""), bare.replace(SUFFIXES, ""), bare.replace(TITLES, "").replace(SUFFIXES, "")];
  });
  return [...new Set(untitled.map(tidy))].filter((variant) => /\p{L}/u.test(variant));
}

const isLatinOnly = (text: string) => !/[^\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}]/u.test(text);

/** Whether each part of a shortened identifier can be the beginning of the printed word in its place. */
function beginsAlike(text: string, letters: readonly string[]): boolean {
  const words = text.split(/[ ,.\-‐‑–]+/u).filter((word) => word !== "");
  if (letters.length === 0 || letters.length > words.length) return false;
  return letters.every((part, index) => canBeSpelled(spellingsOf(words[index] ?? "") ?? [], part, true));
}

const INCOMPARABLE: NameComparison = { agreement: "incomparable", text: null };
const ELSEWHERE: NameComparison = { agreement: "elsewhere", text: null };

type Rules = Pick<MrzNames, "shortened" | "umlauts">;

function compareVariant(text: string, letters: readonly string[], { shortened, umlauts }: Rules): NameComparison {
  const spellings = spellingsOf(text);
  if (spellings === null) return INCOMPARABLE;
  const latin = isLatinOnly(text) ? text : null;
  const name = letters.join("<");
  if (canBeSpelled(spellings, name)) {
    // Where several spellings are open, one name can read as another: ÜE as U and E, Ü as UE. What a state always does,
    // is certain. And where names were shortened, what looks whole may still be a beginning.
    const certain = latin !== null && !shortened && canBeSpelled(spellingsOf(text, umlauts) ?? [], name);
    return { agreement: certain ? "agrees" : "partly", text: latin };
  }
  if (shortened && beginsAlike(text, letters)) return { agreement: "partly", text: latin };
  return { agreement: "differs", text: null };
}

const RANK = ["agrees", "partly", "elsewhere", "differs"] as const;

/** Compares one printed identifier with one of the MRZ. */
export function compareIdentifier(printed: string, letters: readonly string[], rules: Rules): NameComparison {
  if (rules.shortened && letters.length === 0) return INCOMPARABLE;
  const comparisons = nameVariants(printed).map((variant) => compareVariant(variant, letters, rules));
  return bestOf(comparisons);
}

/** The comparison that speaks most for agreement. */
export function bestOf(comparisons: readonly NameComparison[]): NameComparison {
  for (const rank of RANK) {
    const found = comparisons.find((comparison) => comparison.agreement === rank);
    if (found !== undefined) return found;
  }
  return INCOMPARABLE;
}

/** Both identifiers of a person, as the page prints them; null where it prints none. */
export interface PrintedNames {
  readonly surname: string | null;
  readonly givenNames: string | null;
}

/** Compares the printed names with those of the MRZ. Where those were cut off, given names may be missing altogether. */
export function compareNames(printed: PrintedNames, mrz: MrzNames): Record<keyof PrintedNames, NameComparison> {
  const { surname, givenNames } = printed;
  if (surname !== null && givenNames !== null) return compareBoth({ surname, givenNames }, mrz);
  if (surname !== null) {
    return { surname: compareLoneName(surname, mrz, mrz.surname), givenNames: INCOMPARABLE };
  }
  if (givenNames !== null) {
    const alone = mrz.givenNames.length === 0;
    return {
      surname: alone ? ELSEWHERE : INCOMPARABLE,
      givenNames: compareLoneName(givenNames, mrz, alone ? mrz.surname : mrz.givenNames),
    };
  }
  return { surname: INCOMPARABLE, givenNames: INCOMPARABLE };
}

function compareBoth(printed: Readonly<Record<keyof PrintedNames, string>>, mrz: MrzNames) {
  const { surname, givenNames } = printed;
  const whole = isWholeName([`${surname} ${givenNames}`, `${givenNames} ${surname}`], mrz);
  if (whole) return { surname: { agreement: "partly", text: surname }, givenNames: INCOMPARABLE } as const;
  return {
    surname: compareIdentifier(surname, mrz.surname, mrz),
    givenNames: compareIdentifier(givenNames, mrz.givenNames, mrz),
  };
}

/** States without surnames put the whole name into one identifier: what of it is a surname, only the page can say. */
function isWholeName(orders: readonly string[], mrz: MrzNames): boolean {
  const inOne = mrz.shortened
    ? null
    : mrz.givenNames.length === 0
      ? mrz.surname
      : mrz.surname.length === 0
        ? mrz.givenNames
        : null;
  if (inOne === null || inOne.length < 2) return false;
  return orders.some((name) => ["agrees", "partly"].includes(compareIdentifier(name, inOne, mrz).agreement));
}

/** Pages with one line for the whole name: it may be one identifier of the MRZ or both. */
function compareLoneName(printed: string, mrz: MrzNames, identifier: readonly string[]): NameComparison {
  const alone = compareIdentifier(printed, identifier, mrz);
  if (alone.agreement !== "differs") return alone;
  const whole = compareIdentifier(printed, [...mrz.surname, ...mrz.givenNames], mrz);
  return whole.agreement === "differs" ? alone : whole;
}
