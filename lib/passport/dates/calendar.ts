/**
 * Dates of a passport: calendar-true, with the century that the MRZ leaves out, and possibly incomplete, because a date
 * of birth may be known in part only (ICAO Doc 9303 part 3, 4.8).
 */

/** A date of the Gregorian calendar; month and day are null if they are not known. */
export interface PassportDate {
  readonly year: number;
  readonly month: number | null;
  readonly day: number | null;
}

/** Where the century of a date comes from. */
export const CENTURY_SOURCES = ["viz", "inferred"] as const;
export type CenturySource = (typeof CENTURY_SOURCES)[number];

/** The oldest age in years that a holder may have. */
const MAX_AGE_YEARS = 120;
/** Years around today in which an expiry date may lie. */
const EXPIRY_RANGE_YEARS = 50;

const UNKNOWN_PART = /^(?:00|<<|XX|--|\*\*|\?\?)$/;

function daysInMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** Whether the calendar has the date; parts that are not known cannot be wrong. */
export function existsInCalendar({ year, month, day }: PassportDate): boolean {
  if (year < 1000 || year > 9999) return false;
  if (month === null) return day === null || (day >= 1 && day <= 31);
  if (month < 1 || month > 12) return false;
  return day === null || (day >= 1 && day <= daysInMonth(year, month));
}

/** The day on which it is `today`, in UTC. */
export function calendarDay(today: Date): PassportDate {
  return { year: today.getUTCFullYear(), month: today.getUTCMonth() + 1, day: today.getUTCDate() };
}

/** `YYYY-MM-DD`, or as much of it as is known. */
export function formatDate({ year, month, day }: PassportDate): string {
  const parts = [String(year).padStart(4, "0")];
  if (month !== null) parts.push(String(month).padStart(2, "0"));
  if (month !== null && day !== null) parts.push(String(day).padStart(2, "0"));
  return parts.join("-");
}

/**
 * Reads `YYYY-MM-DD`, with `00`, `XX` or nothing for what is not known. Null when it has another form; the date need not
 * exist: see {@link existsInCalendar}.
 */
export function parseIsoDate(text: string): PassportDate | null {
  const match = /^(\d{4})(?:[-‐-―./](\d{2}|XX|--|<<|\*\*|\?\?))?(?:[-‐-―./](\d{2}|XX|--|<<|\*\*|\?\?))?$/.exec(
    text.trim().toUpperCase(),
  );
  if (match === null) return null;
  const [, year = "", month = "00", day = "00"] = match;
  const part = (digits: string) => (UNKNOWN_PART.test(digits) ? null : Number(digits));
  return { year: Number(year), month: part(month), day: part(day) };
}

/** The six characters of a date in the MRZ, its century still open; null when they are no digits where digits are due. */
function parseMrzDate(yymmdd: string): { yearOfCentury: number; month: number | null; day: number | null } | null {
  const match = /^(\d{2})(\d{2}|<<)(\d{2}|<<)$/.exec(yymmdd);
  if (match === null) return null;
  const [, year = "", month = "", day = ""] = match;
  const part = (digits: string) => (UNKNOWN_PART.test(digits) ? null : Number(digits));
  return { yearOfCentury: Number(year), month: part(month), day: part(day) };
}

/** A number that orders dates; what is not known counts as its earliest. */
function order({ year, month, day }: PassportDate): number {
  return year * 10_000 + (month ?? 1) * 100 + (day ?? 1);
}

/** Negative when the first date is the earlier one; what is not known counts as its earliest. */
export function compareDates(left: PassportDate, right: PassportDate): number {
  return order(left) - order(right);
}

/** The dates that six characters of the MRZ can mean, the likeliest first. None: the calendar has no such date. */
export function birthDateCandidates(yymmdd: string, today: Date): PassportDate[] {
  const now = calendarDay(today);
  return candidates(yymmdd, now.year)
    .filter((date) => compareDates(date, now) <= 0 && now.year - date.year <= MAX_AGE_YEARS)
    .toSorted((a, b) => b.year - a.year);
}

/** The dates of expiry that six characters of the MRZ can mean: at most 50 years from today, the nearest first. */
export function expiryDateCandidates(yymmdd: string, today: Date): PassportDate[] {
  const { year } = calendarDay(today);
  const distance = (date: PassportDate) => Math.abs(date.year - year);
  return candidates(yymmdd, year)
    .filter((date) => date.month !== null && date.day !== null && distance(date) <= EXPIRY_RANGE_YEARS)
    .toSorted((a, b) => distance(a) - distance(b) || b.year - a.year);
}

function candidates(yymmdd: string, thisYear: number): PassportDate[] {
  const parsed = parseMrzDate(yymmdd);
  if (parsed === null) return [];
  const century = Math.floor(thisYear / 100) * 100;
  return [century - 200, century - 100, century, century + 100]
    .map((base) => ({ year: base + parsed.yearOfCentury, month: parsed.month, day: parsed.day }))
    .filter(existsInCalendar);
}

/** Which of the dates that the MRZ can mean it is: the one that is printed, else the likeliest. */
export function resolveCentury(
  possible: readonly PassportDate[],
  printed: PassportDate | null,
): { date: PassportDate; centurySource: CenturySource } | null {
  const asPrinted = possible.find((date) => date.year === printed?.year);
  if (asPrinted !== undefined) return { date: asPrinted, centurySource: "viz" };
  const [likeliest] = possible;
  return likeliest === undefined ? null : { date: likeliest, centurySource: "inferred" };
}

const twoDigits = (part: number | null) => (part === null ? "<<" : String(part).padStart(2, "0"));

/** A date as the six characters `YYMMDD` of the MRZ. */
export function toMrzDate({ year, month, day }: PassportDate): string {
  return twoDigits(year % 100) + twoDigits(month) + twoDigits(day);
}

/** Whether the first date knows a month or day that the second one does not. */
export function isFuller(date: PassportDate, other: PassportDate): boolean {
  return (date.month !== null && other.month === null) || (date.day !== null && other.day === null);
}

/** Whether two dates are the same in all that both of them know. */
export function sameKnownParts(left: PassportDate, right: PassportDate): boolean {
  const same = (a: number | null, b: number | null) => a === null || b === null || a === b;
  return left.year === right.year && same(left.month, right.month) && same(left.day, right.day);
}

/** The youngest and the oldest age in whole years that a date of birth allows. */
export function ageRange(birth: PassportDate, today: Date): { youngest: number; oldest: number } {
  const earliest = { year: birth.year, month: birth.month ?? 1, day: birth.day ?? 1 };
  const latest = { year: birth.year, month: birth.month ?? 12, day: birth.day ?? (birth.month === null ? 31 : 28) };
  // The last day of a month that is only known by its number.
  if (birth.month !== null && birth.day === null) latest.day = daysInMonth(birth.year, birth.month);
  return { youngest: ageOn(latest, today), oldest: ageOn(earliest, today) };
}

function ageOn(birth: { year: number; month: number; day: number }, today: Date): number {
  const now = calendarDay(today);
  // Who was born on 29 February comes of age on 1 March of other years.
  const birthday = birth.month * 100 + birth.day;
  const hadBirthday = (now.month ?? 0) * 100 + (now.day ?? 0) >= birthday;
  return now.year - birth.year - (hadBirthday ? 0 : 1);
}

/** A date so many days later or, when negative, earlier. It must be complete. */
export function addDays(date: PassportDate, days: number): PassportDate {
  return calendarDay(new Date(Date.UTC(date.year, (date.month ?? 1) - 1, (date.day ?? 1) + days)));
}

/** The other calendars that passports print, three of them for the Hijri one: its months begin a day apart in some states. */
const OTHER_CALENDARS = ["buddhist", "persian", "islamic-umalqura", "islamic-civil", "islamic-tbla", "ethiopic"];

/** Made at first use: they would be a sixth of the time that this folder takes to load, and few passports need them. */
let calendars: readonly Intl.DateTimeFormat[] | undefined;

const otherCalendars = () =>
  (calendars ??= OTHER_CALENDARS.map(
    (calendar) =>
      new Intl.DateTimeFormat(`en-u-ca-${calendar}-nu-latn`, {
        year: "numeric",
        month: "numeric",
        day: "numeric",
        timeZone: "UTC",
      }),
  ));

/** The one of the possible dates that is the same day, if the date is one of another calendar; else the date itself. */
export function asGregorian(date: PassportDate, possible: readonly PassportDate[]): PassportDate {
  if (possible.some((candidate) => sameKnownParts(candidate, date))) return date;
  const isSameDay = (candidate: PassportDate) =>
    inOtherCalendars(candidate).some((other) => formatDate(other) === formatDate(date));
  return possible.find(isSameDay) ?? date;
}

/** The day of the last 20 years that a date of issue means, if it is a date of another calendar; else the date itself. */
export function asRecentGregorian(date: PassportDate, today: Date): PassportDate {
  const thisYear = today.getUTCFullYear();
  const years = Array.from({ length: 22 }, (_, index) => thisYear + 1 - index);
  if (years.includes(date.year)) return date;
  const near = years.filter((year) =>
    inOtherCalendars({ year, month: 7, day: 1 }).some((other) => Math.abs(other.year - date.year) <= 1),
  );
  const daysOf = (year: number) =>
    Array.from({ length: 366 }, (_, index) => addDays({ year, month: 1, day: 1 }, index));
  return asGregorian(date, near.flatMap(daysOf));
}

/** The same day in the other calendars; none if the day is not known. */
export const inOtherCalendars = (date: PassportDate): PassportDate[] =>
  date.day === null ? [] : [...inExactCalendars(date), ...inBikramSambat(date)];

const inExactCalendars = (date: PassportDate) => otherCalendars().map((calendar) => inCalendar(calendar, date));

function inCalendar(calendar: Intl.DateTimeFormat, { year, month, day }: PassportDate): PassportDate {
  const parts = calendar.formatToParts(new Date(Date.UTC(year, (month ?? 1) - 1, day ?? 1)));
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((one) => one.type === type)?.value);
  return { year: part("year"), month: part("month"), day: part("day") };
}

/**
 * The days of Nepal's calendar that a day may be. Its months have 29 to 32 days, by tables for each year. Without the tables,
 * a month begins up to two days from where it does on average.
 */
function inBikramSambat(date: PassportDate): PassportDate[] {
  return [-2, -1, 0, 1, 2].flatMap((offset) => {
    const { year, month, day } = addDays(date, offset);
    const newYear = compareDates({ year, month, day }, { year, month: 4, day: 14 }) < 0 ? year - 1 : year;
    const dayOfYear = (Date.UTC(year, (month ?? 1) - 1, day ?? 1) - Date.UTC(newYear, 3, 14)) / MS_PER_DAY;
    return BIKRAM_SAMBAT_MONTHS.map((start, index) => ({
      year: newYear + 57,
      month: index + 1,
      day: dayOfYear - start + 1,
    })).filter((one) => one.day >= 1 && one.day <= 32);
  });
}

const MS_PER_DAY = 86_400_000;
/** Days from the new year in the middle of April to the beginning of each month, on average. */
const BIKRAM_SAMBAT_MONTHS = [0, 31, 62, 94, 125, 156, 187, 217, 246, 276, 305, 335];
