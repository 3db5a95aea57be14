/** Names of months, in Roman numerals and in the languages of passports. */

const ROMAN = "I II III IV V VI VII VIII IX X XI XII".split(" ");

/** The languages of passports. Node.js has their names of months. */
const LANGUAGES = (
  "am ar ar-DZ ar-LB ar-MA ar-TN az be bg bn bs ca cs cy da de el es et eu fi fil fr ga gl he hi hr hu hy id is it ka kk ky " +
  "lb lt lv mk mn ms mt nb ne nl pl pt rm ro ru si sk sl so sq sr sr-Latn sv sw ta tg tk tr uk ur uz"
).split(" ");

/** Abbreviations that are not the beginning of a name. */
const ABBREVIATIONS: Readonly<Record<string, number>> = { MRZ: 3, RGP: 8, RGS: 9, GRD: 12 };

/** Shorter words are no beginnings of a name. */
const MIN_LENGTH = 3;

const lettersOf = (name: string) =>
  name
    .toUpperCase()
    .normalize("NFD")
    .replaceAll(/[^\p{L} ]/gu, "");

/** How a language names a month: in a date, alone, and short. */
const FORMS = [{ month: "long", day: "numeric" }, { month: "long" }, { month: "short" }] as const;

interface MonthName {
  readonly name: string;
  readonly month: number;
}

const namesIn = (languages: readonly string[]): MonthName[] =>
  languages.flatMap((language) =>
    FORMS.flatMap((form) => namesBy(new Intl.DateTimeFormat(`${language}-u-ca-gregory`, { ...form, timeZone: "UTC" }))),
  );

const namesBy = (format: Intl.DateTimeFormat): MonthName[] =>
  Array.from(ROMAN, (_, index) => {
    const parts = format.formatToParts(new Date(Date.UTC(2000, index, 1)));
    const name = parts.find(({ type }) => type === "month")?.value ?? "";
    return { name: lettersOf(name).trim().split(" ")[0] ?? "", month: index + 1 };
  });

/** Made at first use, because they delay the start. */
let english: readonly MonthName[] | undefined;
let others: readonly MonthName[] | undefined;

/** The one month that a word in capitals names, whole or by its beginning; null if it names none, or several of them. */
export function monthNamed(word: string): number | null {
  if (ROMAN.includes(word)) return ROMAN.indexOf(word) + 1;
  const letters = lettersOf(word);
  if (letters.length < MIN_LENGTH) return null;
  // Most passports print English beside their own language, so that MAR is March and not Finland's November.
  english ??= namesIn(["en"]);
  const inEnglish = onlyMonth(english, (name) => name.startsWith(letters));
  if (inEnglish !== null) return inEnglish;
  others ??= namesIn(LANGUAGES);
  const whole = ABBREVIATIONS[letters] ?? onlyMonth(others, (name) => name === letters);
  return whole ?? onlyMonth(others, (name) => name.startsWith(letters));
}

/** The month of all the names that fit. */
function onlyMonth(names: readonly MonthName[], fits: (name: string) => boolean): number | null {
  const [month, ...more] = new Set(names.filter(({ name }) => fits(name)).map((one) => one.month));
  return month === undefined || more.length > 0 ? null : month;
}
