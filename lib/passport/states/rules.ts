/**
 * What the issuing state's own rules say about a reading: the term of validity, the form of the document number, and the
 * date of birth and the sex inside the personal number. They need no second reader, and they never make a conflict.
 *
 * Each rule speaks only if it can hardly be wrong. A term is one of whole years, give or take two days, or any term of less
 * than a year, as of emergency passports. A number of another
 * form is reported if a single look-alike would give it a form of the state's. A personal number is reported if it
 * tells a date near the one that was read, but another one: people who were given a new number, and other data in its place,
 * are far from it.
 */
import type { CheckFinding } from "../../checks.ts";
import { addDays, calendarDay, compareDates, parseIsoDate, type PassportDate } from "../dates/calendar.ts";
import type { WeighedFields } from "../fields.ts";
import type { Finding } from "../checks.ts";
import type { Mrz } from "../mrz/zone.ts";
import { LOOK_ALIKES } from "../mrz/repair.ts";
import { personFromNumber } from "./personal-number.ts";
import { profileOf, type StateProfile } from "./profiles.ts";

/** Whether the values that were read go with the rules of the issuing state. */
export function checkStateRules(fields: WeighedFields, mrz: Mrz): CheckFinding {
  const findings = [checkTerm(fields), checkNumberForm(fields, mrz), checkPersonalNumber(fields)];
  const reasons = findings.flatMap((finding) => finding ?? []);
  const isAsked = findings.some((finding) => finding !== null);
  return {
    name: "state_rules",
    state: reasons.length > 0 ? "warning" : isAsked ? "passed" : "not_executed",
    reasons,
  };
}

/** A value that is no conflict. */
function sure({ field }: WeighedFields[keyof WeighedFields]): string | null {
  return field.state === "conflict" ? null : field.value;
}

/** Terms of passports in use, in years. Emergency passports are issued for any shorter time. */
const YEARS = [2, 3, 5, 7, 10];
const MONTHS_IN_YEAR = 12;
const DAYS_IN_HIJRI_YEAR = 354.367;
/** The day before or after, and one more around the end of February. */
const TOLERANCE_DAYS = 2;

function checkTerm(fields: WeighedFields): Finding[] | null {
  const [issue, expiry, birth] = [fields.issueDate, fields.expiryDate, fields.birthDate].map((field) => {
    const value = sure(field);
    return value === null ? null : parseIsoDate(value);
  });
  if (!isWhole(issue) || !isWhole(expiry) || compareDates(issue, expiry) >= 0) return null;
  const { anyTerm, endsOnBirthday, ...terms } = profileOf(fields.issuingState.field.value ?? "");
  if (anyTerm) return null;
  const onBirthday = endsOnBirthday === true && birth?.month === expiry.month && birth.day === expiry.day;
  return onBirthday || fitsTerm(issue, expiry, terms) ? [] : [{ code: "validity_unusual", field: "expiryDate" }];
}

function fitsTerm(
  issue: WholeDate,
  expiry: WholeDate,
  { years = [], extraMonths = 0, hijriYears }: StateProfile,
): boolean {
  const isBetween = (from: PassportDate, until: PassportDate) =>
    compareDates(addDays(from, -TOLERANCE_DAYS), expiry) <= 0 &&
    compareDates(expiry, addDays(until, TOLERANCE_DAYS)) <= 0;
  if (isBetween(issue, addMonths(issue, MONTHS_IN_YEAR + extraMonths))) return true;
  return [...YEARS, ...years].some((term) => {
    const months = term * MONTHS_IN_YEAR;
    const hijri = addDays(issue, Math.round(term * DAYS_IN_HIJRI_YEAR));
    return (
      isBetween(addMonths(issue, months), addMonths(issue, months + extraMonths)) ||
      (hijriYears === true && isBetween(hijri, hijri))
    );
  });
}

type WholeDate = PassportDate & { readonly month: number; readonly day: number };

const isWhole = (date: PassportDate | null | undefined): date is WholeDate =>
  date !== null && date !== undefined && date.month !== null && date.day !== null;

const addMonths = ({ year, month, day }: WholeDate, months: number): PassportDate =>
  calendarDay(new Date(Date.UTC(year, month - 1 + months, day)));

const CLASSES: Readonly<Record<string, string>> = { "9": "[0-9]", A: "[A-Z]", X: "[A-Z0-9]" };

const patternOf = (form: string) => new RegExp(`^${[...form].map((sign) => CLASSES[sign] ?? sign).join("")}$`);

/** Codes of ordinary passports. Numbers of diplomatic, service and other passports have forms of their own. */
const ORDINARY = /^P[PN]?$/;

function checkNumberForm(fields: WeighedFields, { chosen }: Mrz): Finding[] | null {
  if (!ORDINARY.test(chosen.line1?.documentCode ?? "P")) return null;
  const number = sure(fields.documentNumber)?.replaceAll(/[^A-Z0-9]/g, "");
  const forms = profileOf(fields.issuingState.field.value ?? "").number?.split(" ");
  if (number === undefined || forms === undefined) return null;
  const patterns = forms.map(patternOf);
  const fits = (text: string) => patterns.some((pattern) => pattern.test(text));
  if (fits(number)) return [];
  const misread = [...number].some((character, place) =>
    [...(LOOK_ALIKES[character] ?? "")].some((other) => fits(number.slice(0, place) + other + number.slice(place + 1))),
  );
  return misread ? [{ code: "document_number_form", field: "documentNumber" }] : [];
}

/** This many digits of a date may differ for it to be the one that was read, misread. */
const NEAR = 2;

function checkPersonalNumber(fields: WeighedFields): Finding[] | null {
  const person = personOf(fields);
  const birth = sure(fields.birthDate);
  if (person === null || birth === null || !/^\d{4}-\d{2}-\d{2}$/.test(birth)) return null;
  const different = differentDigits(birth, person);
  if (different > NEAR) return [];
  if (different > 0) return [{ code: "personal_number_mismatch", field: "birthDate" }];
  return isOtherSex(sure(fields.sex), person.sex) ? [{ code: "personal_number_mismatch", field: "sex" }] : [];
}

/** What the personal number tells, if the issuing state has a scheme. */
function personOf({ issuingState, personalNumber }: WeighedFields) {
  const { personal } = profileOf(issuingState.field.value ?? "");
  const number = sure(personalNumber);
  return personal === undefined || number === null ? null : personFromNumber(personal, number);
}

type Person = NonNullable<ReturnType<typeof personOf>>;

/** How many of the six digits of a date differ. */
function differentDigits(birthDate: string, { year, month, day }: Person): number {
  const told = `${year.slice(-2)}${month}${day}`;
  return [...birthDate.slice(2).replaceAll("-", "")].filter((digit, place) => digit !== told.charAt(place)).length;
}

/** Neither an X nor an unknown sex says anything against the other one. */
const isOtherSex = (read: string | null, told: Person["sex"]) =>
  told !== null && (read === "M" || read === "F") && read !== told;
