/** Holds a date as a passport prints it against the same date as the model normalised it. */
import type { PassportDate } from "./calendar.ts";

/** Roman, English, and where the first letters tell the month without doubt, other languages of passports. */
const MONTH_NAMES: ReadonlyMap<string, number> = new Map(
  [
    "I JAN JANUARY JANV JANVIER ENE ENERO GEN GENNAIO JANUAR JANEIRO",
    "II FEB FEBRUARY FEV FÉV FÉVR FÉVRIER FEBRERO FEBBRAIO FEBRUAR FEVEREIRO",
    "III MAR MARCH MARS MARZO MÄR MÄRZ MRZ MRT MAART MARÇO",
    "IV APR APRIL AVR AVRIL ABR ABRIL APRILE",
    "V MAY MAI MAYO MAG MAGGIO MEI MAJ MAIO",
    "VI JUN JUNE JUIN JUNIO GIU GIUGNO JUNI JUNHO",
    "VII JUL JULY JUIL JUILLET JULIO LUG LUGLIO JULI JULHO",
    "VIII AUG AUGUST AOÛT AOUT AGO AGOSTO",
    "IX SEP SEPT SEPTEMBER SEPTEMBRE SEPTIEMBRE SET SETTEMBRE SETEMBRO",
    "X OCT OCTOBER OKT OKTOBER OCTOBRE OCTUBRE OTT OTTOBRE OUT OUTUBRO",
    "XI NOV NOVEMBER NOVEMBRE NOVIEMBRE NOVEMBRO",
    "XII DEC DECEMBER DEZ DEZEMBER DÉC DÉCEMBRE DIC DICIEMBRE DICEMBRE DES DEZEMBRO",
  ].flatMap((names, index) => names.split(" ").map((name) => [name, index + 1] as const)),
);

/** Digits of any script as ASCII digits. */
function asciiDigits(text: string): string {
  return text.replace(/\p{Nd}/gu, (digit) => String(digitValue(digit)));
}

/** Unicode keeps the ten digits of a script together, zero first. */
function digitValue(digit: string): number {
  const code = digit.codePointAt(0) ?? 0;
  let zero = code;
  while (code - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
  return (code - zero) % 10;
}

/** Thailand counts years from 543 BC, in months and days of the Gregorian calendar. */
const BUDDHIST_YEARS = 543;

function sameYear(token: string, year: number): boolean {
  if (token.length === 4) return Number(token) === year || Number(token) === year + BUDDHIST_YEARS;
  return token.length === 2 && Number(token) === year % 100;
}

/** A date of the Hijri calendar has other months and days too: it says nothing about a Gregorian one. */
const isHijriYear = (token: string) => token.length === 4 && Number(token) >= 1300 && Number(token) <= 1500;

/** Japan counts years from an emperor's accession. */
const isNoYear = (token: string) => token.length === 1;

function agreesInNumbers(numbers: readonly string[], { year, month, day }: PassportDate): boolean | null {
  const [first = "", second = "", third = ""] = numbers;
  const known = (token: string, part: number | null) => Number(token) === (part ?? 0);
  const yearFirst = first.length === 4;
  const [printedYear, low, high] = yearFirst ? [first, second, third] : [third, first, second];
  const dayAndMonth = known(low, day) && known(high, month);
  const monthAndDay = known(low, month) && known(high, day);
  const restAgrees = yearFirst ? monthAndDay : dayAndMonth || monthAndDay;
  if (isNoYear(printedYear) || (isHijriYear(printedYear) && !restAgrees)) return null;
  return sameYear(printedYear, year) && restAgrees;
}

function agreesInWords(numbers: readonly string[], months: readonly number[], date: PassportDate): boolean | null {
  const [day = "", year = ""] = numbers;
  if (day.length > 2 || isNoYear(year)) return null;
  // Some short names mean different months in different languages, such as MAR in Finnish.
  const monthAgrees = months.length === 0 || months.some((month) => month === date.month);
  const restAgrees = monthAgrees && Number(day) === (date.day ?? 0);
  if (isHijriYear(year) && !restAgrees) return null;
  // The month's name is of a language without a table here.
  if (restAgrees && months.length === 0 && sameYear(year, date.year)) return null;
  return restAgrees && sameYear(year, date.year);
}

/** Nothing but a year is known, or nothing but a year and a month. */
function agreesInYear([year = ""]: readonly string[], months: readonly number[], date: PassportDate): boolean | null {
  if (date.day !== null || year.length !== 4) return null;
  const monthAgrees = months.length === 0 ? date.month === null : months.some((month) => month === date.month);
  return monthAgrees && sameYear(year, date.year) ? true : null;
}

/**
 * Whether the printed characters can mean the date: true or false where their form is understood, null where it is not
 * (other calendars, two of them at once without a month's name, names of months in other languages).
 */
export function printedDateAgrees(printed: string, date: PassportDate): boolean | null {
  const text = asciiDigits(printed.normalize("NFC").toUpperCase());
  const numbers = text.match(/\d+/g) ?? [];
  const names = text.match(/\p{L}+/gu) ?? [];
  const months = names.flatMap((name) => MONTH_NAMES.get(name) ?? []);
  const [compact = ""] = numbers;
  if (numbers.length === 1)
    return compact.length === 8 ? compactAgrees(compact, date) : agreesInYear(numbers, months, date);
  if (numbers.length === 3 && months.length === 0) return agreesInNumbers(numbers, date);
  if (numbers.length === 2 && names.length > 0) return agreesInWords(numbers, months, date);
  return numbers.length > 2 ? agreesAmongOthers(numbers, months, date) : null;
}

const isOurYear = (token: string) => Number(token) > 1880 && Number(token) < 2200;

/** A date that is printed twice, in two calendars or two ways: day, month and year stand somewhere in it. */
function agreesAmongOthers(
  numbers: readonly string[],
  months: readonly number[],
  { year, month, day }: PassportDate,
): boolean | null {
  const whole = numbers.filter((token) => token.length === 4);
  const hasYear = (whole.length > 0 ? whole : numbers).some((token) => sameYear(token, year));
  if (!hasYear && !whole.some(isOurYear)) return null;
  const hasDay = numbers.some((token) => token.length <= 2 && Number(token) === (day ?? 0));
  const monthAgrees = months.length === 0 || months.some((named) => named === month);
  if (!hasYear || !hasDay || !monthAgrees) return false;
  return months.length > 0 ? true : null;
}

function compactAgrees(digits: string, date: PassportDate): boolean {
  const dayFirst = [digits.slice(0, 2), digits.slice(2, 4), digits.slice(4)];
  const yearFirst = [digits.slice(0, 4), digits.slice(4, 6), digits.slice(6)];
  return [dayFirst, yearFirst].some((numbers) => agreesInNumbers(numbers, date) === true);
}

/** The date that printed characters mean, where only one reading of them exists; null otherwise. */
export function parsePrintedDate(printed: string): PassportDate | null {
  const text = asciiDigits(printed.normalize("NFC").toUpperCase());
  const numbers = text.match(/\d+/g) ?? [];
  // Some short names mean different months in different languages, such as MEI in Irish and in Dutch.
  const months = new Set((text.match(/\p{L}+/gu) ?? []).flatMap((name) => MONTH_NAMES.get(name) ?? []));
  const month = months.size === 1 ? [...months][0] : undefined;
  const date =
    numbers.length === 2 && month !== undefined
      ? { year: Number(numbers[1]), month, day: Number(numbers[0]) }
      : numbers.length === 3 && numbers[0]?.length === 4
        ? { year: Number(numbers[0]), month: Number(numbers[1]), day: Number(numbers[2]) }
        : numbers.length === 3 && Number(numbers[1]) <= 12 && Number(numbers[0]) > 12
          ? { year: Number(numbers[2]), month: Number(numbers[1]), day: Number(numbers[0]) }
          : null;
  return date !== null && date.year >= 1880 && date.year <= 2100 && printedDateAgrees(printed, date) ? date : null;
}
