/**
 * What a personal number tells about its holder, by the scheme of the state.
 *
 * Sources: python-stdnum (be.nn, bg.egn, cz.rc, dk.cpr, ee.ik, fi.hetu, is_.kennitala, lt.asmens, no.fodselsnummer, pl.pesel,
 * ro.cnp, se.personnummer, si.emso for the states of former Yugoslavia, za.idnr); from memory, the registers of Kazakhstan and
 * Uzbekistan. Malaysia's number may tell the date of registration, so it is left out.
 */

/** What the number tells; month and day as two digits that the calendar can have. */
interface PersonFromNumber {
  readonly year: string;
  readonly month: string;
  readonly day: string;
  readonly sex: "M" | "F" | null;
}

interface Scheme {
  /** With the groups `year`, `month` and `day`. */
  readonly form: RegExp;
  /** What is added to the month, for centuries or women. */
  readonly monthOffsets?: readonly number[];
  readonly sex?: (digits: string) => "M" | "F" | null;
}

const byParity =
  (place: number, odd: "M" | "F" = "M") =>
  (digits: string): "M" | "F" =>
    Number(digits.charAt(place)) % 2 === 1 ? odd : odd === "M" ? "F" : "M";

const YMD = "(?<year>\\d{2})(?<month>\\d{2})(?<day>\\d{2})";
const DMY = "(?<day>\\d{2})(?<month>\\d{2})(?<year>\\d{2})";

/** By the name that a state's profile gives. */
export const SCHEMES: Readonly<Record<string, Scheme>> = {
  BEL: { form: new RegExp(`^${YMD}\\d{5}$`), sex: (digits) => byParity(8)(digits) },
  BGR: {
    form: new RegExp(`^${YMD}\\d{4}$`),
    monthOffsets: [0, 20, 40],
    sex: byParity(8, "F"),
  },
  CZE: {
    form: new RegExp(`^${YMD}\\d{3,4}$`),
    monthOffsets: [0, 20, 50, 70],
    sex: (digits) => (Number(digits.charAt(2)) >= 5 ? "F" : "M"),
  },
  DNK: { form: new RegExp(`^${DMY}\\d{4}$`), sex: byParity(9) },
  EST: { form: new RegExp(`^[1-8]${YMD}\\d{4}$`), sex: byParity(0) },
  FIN: { form: new RegExp(`^${DMY}\\d{3}[0-9A-Y]$`), sex: byParity(8) },
  ISL: { form: new RegExp(`^${DMY}\\d{4}$`) },
  JMBG: {
    form: /^(?<day>\d{2})(?<month>\d{2})(?<year>\d{3})\d{6}$/,
    sex: (digits) => (Number(digits.slice(9, 12)) < 500 ? "M" : "F"),
  },
  KAZ: { form: new RegExp(`^${YMD}\\d{6}$`), sex: byParity(6) },
  NOR: { form: new RegExp(`^${DMY}\\d{5}$`), monthOffsets: [0, 40, 80], sex: byParity(8) },
  POL: {
    form: new RegExp(`^${YMD}\\d{5}$`),
    monthOffsets: [0, 20, 40, 60, 80],
    sex: byParity(9),
  },
  ROU: {
    form: new RegExp(`^[1-8]${YMD}\\d{6}$`),
    sex: byParity(0),
  },
  SWE: { form: new RegExp(`^(?:19|20)?${YMD}\\d{4}$`), sex: (digits) => byParity(8)(digits.slice(-10)) },
  UZB: { form: new RegExp(`^[1-6]${DMY}\\d{7}$`), sex: byParity(0) },
  ZAF: { form: new RegExp(`^${YMD}\\d{7}$`), sex: (digits) => (Number(digits.slice(6, 10)) >= 5_000 ? "M" : "F") },
};

const twoDigits = (part: number) => String(part).padStart(2, "0");

/** What a number of the scheme tells; null if it has another form, or tells no date of the calendar. */
export function personFromNumber(name: string, number: string): PersonFromNumber | null {
  const digits = number.replaceAll(/[^A-Z0-9]/g, "");
  const scheme = SCHEMES[name];
  const birth = scheme === undefined ? null : birthFrom(digits, scheme);
  return birth === null ? null : { ...birth, sex: scheme?.sex?.(digits) ?? null };
}

function birthFrom(digits: string, { form, monthOffsets = [0] }: Scheme): Omit<PersonFromNumber, "sex"> | null {
  const { year, month, day } = form.exec(digits)?.groups ?? {};
  if (year === undefined || month === undefined || day === undefined) return null;
  const offset = monthOffsets.find((added) => Number(month) - added >= 1 && Number(month) - added <= 12);
  if (offset === undefined || Number(day) < 1 || Number(day) > 31) return null;
  return { year, month: twoDigits(Number(month) - offset), day };
}
