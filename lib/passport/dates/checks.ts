/** Checks of the dates and the holder's age. If a date is in conflict, no one of its readings decides alone. */
import type { CheckFinding } from "../../checks.ts";
import type { AssessedDate } from "../assessment.ts";
import {
  addDays,
  ageRange,
  birthDateCandidates,
  calendarDay,
  compareDates,
  existsInCalendar,
  expiryDateCandidates,
  parseIsoDate,
  type PassportDate,
} from "./calendar.ts";
import type { Finding } from "../checks.ts";
import type { DateName, WeighedFields } from "../fields.ts";
import { profileOf } from "../states/profiles.ts";

const reported = ({ value }: AssessedDate) => (value === null ? null : parseIsoDate(value));

/** Every date that a field may be: the reported one, or all that the readings allow if they leave it open. */
function possibleDates(name: DateName, fields: WeighedFields, today: Date): PassportDate[] {
  const { field } = fields[name];
  const value = reported(field);
  // An old holder and a child can share a date without its century, if nothing printed tells them apart.
  const sure = field.state !== "conflict" && (name !== "birthDate" || field.centurySource === "viz");
  if (sure) return value === null ? [] : [value];
  const candidates = name === "birthDate" ? birthDateCandidates : expiryDateCandidates;
  const read = field.sources.flatMap((source) =>
    source.zone === "printed"
      ? [parseIsoDate(source.value)].filter((date) => date !== null)
      : candidates(source.value, today),
  );
  return read.filter(existsInCalendar);
}

/** No state issues passports for longer, but for those that issue them for any term; ICAO recommends ten years at most. */
const MAX_VALIDITY_YEARS = 20;

const addYears = (date: PassportDate, years: number): PassportDate => ({ ...date, year: date.year + years });

interface DateRules {
  readonly fields: WeighedFields;
  readonly today: Date;
  readonly expiresSoonDays: number;
}

/** Whether the dates exist, go together, and the passport is valid today (by the calendar of UTC). */
export function checkDates({ fields, today, expiresSoonDays }: DateRules): CheckFinding {
  const names: readonly DateName[] = ["birthDate", "issueDate", "expiryDate"];
  const impossible = names.filter((name) => fields[name].impossible);
  const failures: Finding[] = [
    ...impossible.map((field) => ({ code: "date_impossible", field }) as const),
    ...inconsistencies(fields, today),
  ];
  const warnings: Finding[] = [];
  const expiries = possibleDates("expiryDate", fields, today);
  const day = calendarDay(today);
  const expired = expiries.filter((date) => compareDates(date, day) < 0);
  const soon = expiries.some((date) => compareDates(date, addDays(day, expiresSoonDays)) <= 0);
  if (expiries.length === 0) warnings.push({ code: "field_not_legible", field: "expiryDate" });
  else if (expired.length === expiries.length) failures.push({ code: "document_expired", field: "expiryDate" });
  else if (expired.length > 0) warnings.push({ code: "mrz_viz_mismatch", field: "expiryDate" });
  else if (soon) warnings.push({ code: "document_expires_soon", field: "expiryDate" });

  const reasons = [...failures, ...warnings];
  const nothing = names.every((name) => fields[name].field.sources.length === 0);
  const state = nothing ? "not_executed" : failures.length > 0 ? "failed" : warnings.length > 0 ? "warning" : "passed";
  return { name: "dates", state, reasons };
}

function inconsistencies(fields: WeighedFields, today: Date): Finding[] {
  const [birth, issue, expiry] = [fields.birthDate, fields.issueDate, fields.expiryDate].map(({ field }) =>
    reported(field),
  );
  // Issuing offices east of UTC are a day ahead.
  const tomorrow = addDays(calendarDay(today), 1);
  const after = (date: PassportDate | null | undefined, other: PassportDate | null | undefined) =>
    date !== null && date !== undefined && other !== null && other !== undefined && compareDates(date, other) > 0;
  const found: Finding[] = [];
  if (after(birth, tomorrow)) found.push({ code: "dates_inconsistent", field: "birthDate" });
  if (after(issue, tomorrow) || after(birth, issue)) found.push({ code: "dates_inconsistent", field: "issueDate" });
  const { anyTerm } = profileOf(fields.issuingState.field.value ?? "");
  const hasLatest = issue !== null && issue !== undefined && anyTerm !== true;
  const latestExpiry = hasLatest ? addYears(issue, MAX_VALIDITY_YEARS) : null;
  if (after(issue, expiry) || after(birth, expiry) || after(expiry, latestExpiry))
    found.push({ code: "dates_inconsistent", field: "expiryDate" });
  return found;
}

interface AgeRules {
  readonly fields: WeighedFields;
  readonly today: Date;
  readonly minimumAgeYears: number;
  /** The passport itself says that the date of birth is not known. */
  readonly isUnknown: boolean;
}

/** Whether the holder is old enough, whichever of the dates that were read is the right one. */
export function checkAge({ fields, today, minimumAgeYears, isUnknown }: AgeRules): CheckFinding {
  const ages = possibleDates("birthDate", fields, today).map((birth) => ageRange(birth, today));
  const reason = (code: Finding["code"]): Finding[] => [{ code, field: "birthDate" }];
  if (ages.length === 0) {
    const why = isUnknown ? "birth_date_unknown" : "field_not_legible";
    return { name: "age", state: "not_executed", reasons: reason(why) };
  }
  if (ages.every(({ youngest }) => youngest >= minimumAgeYears)) return { name: "age", state: "passed", reasons: [] };
  if (ages.every(({ oldest }) => oldest < minimumAgeYears)) {
    return { name: "age", state: "failed", reasons: reason("holder_under_age") };
  }
  return { name: "age", state: "warning", reasons: reason(whyOpen(fields.birthDate.field)) };
}

/** Why the dates that were read leave the age open. */
function whyOpen(birth: AssessedDate): Finding["code"] {
  if (birth.state === "conflict") return "mrz_viz_mismatch";
  const isWhole = reported(birth)?.day !== null;
  return isWhole ? "field_not_legible" : "birth_date_unknown";
}

/** The holder's age in whole years; null if the date of birth does not tell without doubt. */
export function holderAge(fields: WeighedFields, today: Date): number | null {
  const [birth, ...others] = possibleDates("birthDate", fields, today);
  if (birth === undefined || others.length > 0) return null;
  const { youngest, oldest } = ageRange(birth, today);
  return youngest === oldest ? youngest : null;
}
