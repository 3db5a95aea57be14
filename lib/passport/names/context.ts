/**
 * What may stand around a name on a page: titles, remarks, labels, suffixes, brackets, a second spelling. None of it makes
 * two zones disagree. These lists only say which words are known to be no part of a name; others weaken the agreement.
 */
import { hasLatinLetters, lettersWithoutMarks } from "./spelling.ts";

const set = (words: string): ReadonlySet<string> => new Set(words.split(" "));

/** Titles, degrees and ranks, without points and marks. */
const TITLES = set(
  "DR DDR DRS PROF ING DIPL MAG MGR MUDR JUDR PHDR RNDR BC BSC MSC MBA PHD MD LLM LLB DHC HC MED PHIL JUR RER NAT HABIL " +
    "MR MRS MS MISS MSTR SIR DAME LORD LADY REV DONA SRA SRTA EXMO HRH DATO DATUK PUAN ENCIK HAJI HAJJAH HAJAH SHRI SMT " +
    "KUMARI SHEIKH SHAIKH GRAF GRAFIN FREIHERR BARON CAPT ESQ",
);
/** Words of labels that were copied along with the name. */
const LABELS = set(
  "SURNAME SURNAMES NAME NAMES GIVEN FAMILY FIRST LAST NOM NOMS PRENOM PRENOMS VORNAME VORNAMEN NACHNAME FAMILIENNAME " +
    "APELLIDO APELLIDOS NOMBRE NOMBRES COGNOME NOME NOMI APELIDO APELIDOS ACHTERNAAM NAAM VOORNAMEN ETTERNAVN FORNAVN " +
    "EFTERNAMN FORNAMN SOYADI ADI NAZWISKO IMIONA PRIJMENI JMENO PREZIME IME",
);
/** Suffixes that tell two people of one name apart; some states put them behind the given names in the MRZ. */
const SUFFIXES = set("JR SR JNR SNR II III IV JUNIOR SENIOR");
/** Words that a remark begins with: the name at birth, in use, of the spouse, of the father. What follows is the remark. */
const REMARKS = set(
  "GEB GEBOREN GEBORENE GEBORENER NE NEE BORN MAIDEN EPOUSE EPOUX EP VEUVE VEUF VVE VF DIVORCEE DIVORCE DIV USAGE E/V W/V " +
    "G/V V/V WV EV WED WEDUWE WEDUWNAAR GESCHIEDEN GESCH VERW WWE VERH ROZ ROZENA RODENA RODOM URODZ SZUL SZULETETT FODD " +
    "FODT SYNT NACIDA NATA NASCIDA VDA VIUDA VED VEDOVA CONIUGATA ALIAS AKA A/K/A DIT DITE GENANNT S/O D/O W/O H/O C/O " +
    "HUSBAND WIFE SPOUSE PARTNER FATHER MOTHER MARRIED WIDOW WIDOWED DIVORCED ORDENSNAME KUNSTLERNAME",
);

/** Words for son and daughter between the names of a person and a father, which a zone may write in another way. */
const FILIATIONS = set(
  "BIN BN IBN BINT BINTI BINTE BT BTE BTI A/L A/P AL AP S/O D/O SO DO ANAK AK LELAKI PEREMPUAN OGLU OGLI OGLY UGLI ULY UULU QIZI KIZI KYZY",
);
/** What is printed if there is no such name, without spaces and signs. */
const NO_NAME = /^(?:X{2,}|NA|NIL|NONE|[FL]NU|NOTAPPLICABLE|NO(?:GIVEN|FIRST|SUR|LAST|FAMILY)?NAMES?)$/;

/** One word of a printed name. */
export interface NameWord {
  readonly text: string;
  /** In brackets, or before a colon: beside the name, not part of it. */
  readonly aside: boolean;
  /** Which of several spellings it belongs to, if a stroke parts them. */
  readonly alternative: number;
}

const key = (word: string) => lettersWithoutMarks(word).replaceAll(/[^\p{L}/]/gu, "");

/** `DR.MÜLLER` and `DIPL.-ING.` are several words. */
function splitTitles(word: string): string[] {
  const [head = "", ...rest] = word.split(/(?<=\.)-?(?=\p{L})/u);
  return rest.length > 0 && TITLES.has(key(head)) ? [head, ...splitTitles(rest.join(""))] : [word];
}

/** The words of a printed name, in order. */
export function wordsOf(text: string): NameWord[] {
  const words: NameWord[] = [];
  let depth = 0;
  let alternative = 0;
  for (const [token] of text.matchAll(/[([]|[)\]]|[|/](?=\s)|(?<=\s)[|/]|[^\s()[\],;|@=*<"“”„«»?!_#&+]+/gu)) {
    if (/^[([]$/.test(token)) depth++;
    else if (/^[)\]]$/.test(token)) depth = Math.max(0, depth - 1);
    else if (/^[|/]$/.test(token)) alternative++;
    else alternative = addToken(words, token, { aside: depth > 0, alternative });
  }
  return words;
}

/** Adds the words of a text without spaces; returns the spelling that the next one belongs to. */
function addToken(words: NameWord[], token: string, { aside, alternative }: Omit<NameWord, "text">): number {
  const isRemark = REMARKS.has(key(token));
  const spellings = isRemark ? [token] : token.split("/");
  for (const [index, spelling] of spellings.entries()) {
    for (const text of splitTitles(spelling)) {
      if (/[\p{L}\p{N}]/u.test(text)) words.push({ text, aside, alternative: alternative + index });
    }
  }
  // What stands before a colon is a label.
  if (token.endsWith(":") || token === ":")
    words.splice(0, words.length, ...words.map((word) => ({ ...word, aside: true })));
  return alternative + spellings.length - 1;
}

/** The words that hyphens, points or strokes join. */
export const splitWord = (word: string): string[] => word.split(/[-‐‑–./]+/u).filter((part) => part !== "");

/** Whether a word is a suffix such as JR. */
const isSuffix = (word: string): boolean => SUFFIXES.has(key(word));

/** The parts of a name that tell who it is. A name that is nothing but a suffix, such as the surname IV, is a name. */
export function withoutSuffixes(letters: readonly string[]): readonly string[] {
  const others = letters.filter((part) => !isSuffix(part));
  return others.length > 0 ? others : letters;
}

/** The MRZ may have a suffix, such as JR, that the page does not print, or prints elsewhere than among these words. */
export function withAndWithoutSuffix(letters: readonly string[], words: readonly NameWord[]): (readonly string[])[] {
  const last = letters.at(-1);
  if (last === undefined) return [];
  const isLeftOut = letters.length > 1 && isSuffix(last) && !words.some(({ text }) => key(text) === last);
  return isLeftOut ? [letters, letters.slice(0, -1)] : [letters];
}

/** Whether a word of a name says son or daughter. */
export const isFiliation = (word: string): boolean => FILIATIONS.has(key(word));

/** Whether a text stands for no name: what it says without spaces and signs, or null. */
export function noNameIn(text: string): string | null {
  const letters = key(text).replaceAll("/", "");
  return NO_NAME.test(letters) ? letters : null;
}

const isRemark = ({ text }: NameWord) => REMARKS.has(key(text).replace(/^D(?=USAGE)/, ""));

/** Of the words around a run, those that may belong to the name: what is known to be something else is left out. */
export function unknownContext(words: readonly NameWord[], from: number, to: number): NameWord[] {
  const remark = words.findIndex((word, index) => index >= Math.max(to, 1) && isRemark(word));
  const run = words.slice(from, to);
  return words.filter((word, index) => {
    if (index >= from && index < to) return false;
    const isOtherSpelling = run.length > 0 && run.every(({ alternative }) => alternative !== word.alternative);
    const isOtherScript = run.some(({ text }) => hasLatinLetters(text)) && !hasLatinLetters(word.text);
    const isInRemark = remark >= 0 && index >= remark;
    return !(word.aside || isOtherSpelling || isOtherScript || isInRemark || isKnown(word.text));
  });
}

const isKnown = (word: string) => TITLES.has(key(word)) || LABELS.has(key(word)) || isSuffix(word);
