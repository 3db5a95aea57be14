/** Compares a date as a passport prints it with the same date as the model normalised it. */
import { asciiDigits } from "../digits.ts";
import type { PassportDate } from "./calendar.ts";
import { monthNamed } from "./months.ts";

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

/** A part that is not known is printed as zero, if at all. */
const isPart = (token: string, part: number | null) => Number(token) === (part ?? 0);

function agreesInNumbers(numbers: readonly string[], date: PassportDate): boolean | null {
  const [first = "", second = "", third = ""] = numbers;
  const isYearFirst = first.length === 4 || Number(first) > 31;
  const year = isYearFirst ? first : third;
  const restAgrees = isYearFirst
    ? isMonthAndDay(second, third, date)
    : isMonthAndDay(first, second, date) || isMonthAndDay(second, first, date);
  if (isNoYear(year) || (isHijriYear(year) && !restAgrees)) return null;
  return sameYear(year, date.year) && restAgrees;
}

const isMonthAndDay = (one: string, other: string, { month, day }: PassportDate) =>
  isPart(one, month) && isPart(other, day);

/** A date with a word that no table here knows as a month. */
function agreesInWords(numbers: readonly string[], date: PassportDate): boolean | null {
  const [day = "", year = ""] = numbers;
  if (day.length > 2 || isNoYear(year) || isHijriYear(year)) return null;
  // The word may say that the day is not known.
  if (agreesInPart(numbers, date)) return null;
  const restAgrees = isPart(day, date.day) && sameYear(year, date.year);
  return restAgrees ? null : false;
}

/** A date with a month's name: the day is the number beside it, with any other text around it. */
function agreesWithMonth(tokens: readonly Token[], date: PassportDate): boolean | null {
  const named = tokens.flatMap((token, index) => (token.month === null ? [] : [{ ...token, index }]));
  const fitting = findMonth(named, date.month);
  const dayPlace = dayBeside(tokens, (fitting ?? named[0])?.index ?? 0);
  const day = dayPlace === null ? "" : (tokens[dayPlace]?.text ?? "");
  const numbers = tokens.filter(({ isNumber }, index) => isNumber && index !== dayPlace).map(({ text }) => text);
  const years = numbers.filter((text) => text.length === 4 || text.length === 2);
  const agrees = fitting !== undefined && isPart(day, date.day) && years.some((year) => sameYear(year, date.year));
  return !agrees && years.every(isHijriYear) ? null : agrees;
}

/** The token that names this month. */
function findMonth<Named extends Token>(named: readonly Named[], month: number | null): Named | undefined {
  // A month's number may stand in a date of another calendar beside the one with a name.
  const inWords = named.filter(({ text }) => !text.startsWith(MONTH_SIGN));
  return (inWords.length > 0 ? inWords : named).find((token) => token.month === month);
}

/** The place of the number of one or two digits next to a month's name: before it, else behind it. */
function dayBeside(tokens: readonly Token[], month: number): number | null {
  const isNumber = ({ isNumber: number }: Token) => number;
  const before = tokens.slice(0, month).findLastIndex(isNumber);
  const after = tokens.findIndex((token, index) => index > month && isNumber(token));
  const place = [before, after].find((index) => index >= 0 && (tokens[index]?.text.length ?? 0) <= 2);
  const short = tokens.filter((token) => isNumber(token) && token.text.length <= 2);
  if (place === undefined && short.length === 1) return tokens.findIndex((token) => token === short[0]);
  // A year of two digits follows the month if there is no day.
  return place === undefined || (place === after && before < 0 && after === tokens.findLastIndex(isNumber))
    ? null
    : place;
}

/** Nothing but a year is known, or nothing but a year and a month. */
function agreesInPart(numbers: readonly string[], date: PassportDate): boolean | null {
  const [first = "", second] = numbers;
  if (date.day !== null) return null;
  if (second === undefined)
    return date.month === null && first.length === 4 && sameYear(first, date.year) ? true : null;
  const [year, month] = first.length === 4 ? [first, second] : [second, first];
  return year.length === 4 ? sameYear(year, date.year) && isPart(month, date.month) : null;
}

interface Token {
  readonly text: string;
  readonly isNumber: boolean;
  /** The month that a word names. */
  readonly month: number | null;
}

/** Parts that are not known, as pages and models write them: XX, **, ??, __, -- and so on. A lone X is October. */
const UNKNOWN_PART =
  /(?<!\p{L})X{2,4}(?!\p{L})|[*?_]{1,4}|<{2,4}|(?<![\p{N}-])-{2,4}(?![\p{N}-])|(?<![\p{L}\p{M}.])\.{2,4}/gu;
/** A month as East Asian and Vietnamese pages write it. */
const MONTH_BY_NUMBER = /(\d{1,2})\s*[月월]|(?<![\p{L}\d])TH(?:ÁNG)?\.?\s*(\d{1,2})/gu;
/** Some Arabic names of months end in a number: the first or second of two. */
const NUMBER_IN_NAME = /(?<=\p{Script=Arabic}\p{M}?)[12](?!\d)/gu;
const MONTH_SIGN = "§";
/** A year since an accession or the founding of a state, before the sign for year. */
const ERA_YEAR = /(?<!\d)\d{1,3}\s*[年년]/u;

/** The numbers and words of a printed date. */
function tokensOf(printed: string): Token[] {
  const text = asciiDigits(printed.normalize("NFC").toUpperCase())
    .replaceAll(NUMBER_IN_NAME, "")
    .replaceAll(UNKNOWN_PART, " 00 ")
    .replaceAll(MONTH_BY_NUMBER, `${MONTH_SIGN}$1$2 `);
  return [...text.matchAll(/§\d+|\d+|[\p{L}\p{M}]+/gu)].map(([token]) => {
    const month = token.startsWith(MONTH_SIGN) ? Number(token.slice(1)) : monthNamed(token);
    return { text: token, isNumber: /^\d/.test(token), month };
  });
}

/**
 * Whether the printed characters can mean the date: true or false if their form is understood, null if it is not
 * (other calendars, two of them at once without a month's name, names of months in other languages).
 */
export function printedDateAgrees(printed: string, date: PassportDate): boolean | null {
  const tokens = tokensOf(printed);
  const numbers = tokens.filter(({ isNumber }) => isNumber).map(({ text }) => text);
  const [compact = ""] = numbers;
  const isNamed = tokens.some(({ month, text }) => month !== null && !text.startsWith(MONTH_SIGN));
  if (!isNamed && ERA_YEAR.test(asciiDigits(printed))) return null;
  // East Asian pages write all three parts in numbers: year, month, day.
  const spelled = tokens.filter(({ text }) => /^[§\d]/.test(text)).map(({ text }) => text.replace(MONTH_SIGN, ""));
  if (!isNamed && spelled.length === 3) return agreesInNumbers(spelled, date);
  if (tokens.some(({ month }) => month !== null)) return agreesWithMonth(tokens, date);
  if (numbers.length === 1) return compact.length === 8 ? compactAgrees(compact, date) : agreesInPart(numbers, date);
  if (numbers.length === 2) return tokens.length > 2 ? agreesInWords(numbers, date) : agreesInPart(numbers, date);
  return numbers.length > 2 ? agreesAmongOthers(numbers, date) : null;
}

const isOurYear = (token: string) => Number(token) > 1880 && Number(token) < 2200;

/** A date that is printed twice, in two calendars or two ways, without a month's name: its parts stand somewhere in it. */
function agreesAmongOthers(numbers: readonly string[], { year, month, day }: PassportDate): boolean | null {
  const whole = numbers.filter((token) => token.length === 4);
  const hasYear = (whole.length > 0 ? whole : numbers).some((token) => sameYear(token, year));
  if (!hasYear && !whole.some(isOurYear)) return null;
  const has = (part: number | null) => numbers.some((token) => token.length <= 2 && Number(token) === (part ?? 0));
  return hasYear && has(day) && (numbers.length < 5 || has(month)) ? null : false;
}

function compactAgrees(digits: string, date: PassportDate): boolean {
  const dayFirst = [digits.slice(0, 2), digits.slice(2, 4), digits.slice(4)];
  const yearFirst = [digits.slice(0, 4), digits.slice(4, 6), digits.slice(6)];
  return [dayFirst, yearFirst].some((numbers) => agreesInNumbers(numbers, date) === true);
}

/**
 * The date that printed characters mean, if only one reading of them exists; null otherwise. A year of two digits has no
 * other reading if its century is known.
 */
export function parsePrintedDate(printed: string, century = 0): PassportDate | null {
  const tokens = tokensOf(printed);
  const months = new Set(tokens.flatMap(({ month }) => month ?? []));
  const numbers = tokens.filter(({ isNumber }) => isNumber).map(({ text }) => Number(text));
  const [first = 0, second = 0, third] = numbers;
  const [named] = months.size === 1 ? months : [];
  const inWords = named !== undefined && third === undefined;
  const date = inWords ? dateInWords(first, second, named, century) : dateInNumbers(first, second, third);
  return date !== null && date.year >= 1880 && date.year <= 2100 && printedDateAgrees(printed, date) ? date : null;
}

const known = (part: number) => (part === 0 ? null : part);

function dateInWords(first: number, second: number, month: number, century: number): PassportDate {
  const [year, day] = first > 31 ? [first, second] : [second, first];
  return { year: year < 100 ? year + century : year, month, day: known(day) };
}

/** The date that three numbers mean, the day first as in the standard; null for any other form. */
export function parseDayFirst(printed: string): PassportDate | null {
  const numbers = tokensOf(printed).map(({ text }) => text);
  const [day = "", month = "", year = ""] = numbers;
  if (numbers.length !== 3 || year.length !== 4) return null;
  const date = { year: Number(year), month: known(Number(month)), day: known(Number(day)) };
  return printedDateAgrees(printed, date) ? date : null;
}

function dateInNumbers(first: number, second: number, third: number | undefined): PassportDate | null {
  if (third === undefined) return null;
  if (first > 31) return { year: first, month: known(second), day: known(third) };
  const isDayFirst = second <= 12 && (first > 12 || first === 0);
  return isDayFirst ? { year: third, month: known(second), day: known(first) } : null;
}
