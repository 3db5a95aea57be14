/** Passports of people who do not exist, in the shapes that real ones have, and the reading a perfect model gives of them. */
import { PASSPORT_FIELDS } from "../../lib/passport/assessment.ts";
import {
  passportReadingSchema,
  type PassportReading,
  type PrintedField,
  type PrintedFieldName,
} from "../../lib/passport/reading.ts";
import { writeMrzLines } from "./mrz-lines.ts";
import { createRandom, type Random } from "./random.ts";
import { STATE_PROFILES, type StateProfile } from "./states.ts";

/** One synthetic passport: what its page prints and what its machine readable zone says. {@link samplePassport} */
export type SamplePassport = ReturnType<typeof samplePassport>;

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
/** A letter O is left out, as states do. */
const LETTERS = "ABCDEFGHIJKLMNPQRSTUVWXYZ";
const DIGITS = "0123456789";
const CHOICES: Readonly<Record<string, string>> = { A: LETTERS, 9: DIGITS, X: LETTERS + DIGITS };

/** A name in Latin letters, in MRZ letters, and as the page prints it: in both scripts, where it has two. */
function parseName(entry: string) {
  const [letters = "", native] = entry.split("/");
  const [latin = "", mrz = latin] = letters.split("=");
  return { latin, mrz, printed: native === undefined ? latin || null : `${native}/${latin}` };
}

/** Fills a number format: `A` becomes a letter, `9` a digit, `X` either. */
const fillFormat = (format: string, random: Random) =>
  format.replace(/[A9X]/g, (kind) => random.pick([...(CHOICES[kind] ?? "")]));

/** The day that is so many years and days from another. */
const shift = (from: Date, years: number, days = 0) =>
  new Date(Date.UTC(from.getUTCFullYear() + years, from.getUTCMonth(), from.getUTCDate() + days));

/** Birth long enough ago for an adult, issue in the past, expiry at least 300 days ahead. */
function drawDates(random: Random, today: Date) {
  const age = random.onceIn(50) ? 100 + random.below(9) : 18 + random.below(75);
  const birth = shift(today, -age, -random.below(365));
  const expiry = shift(today, 0, 300 + random.below(1400));
  const childhood = shift(expiry, -10) < shift(birth, 16);
  const issue = shift(expiry, childhood ? -5 : -10, random.onceIn(2) ? 0 : 1);
  const iso = (date: Date) => date.toISOString().slice(0, 10);
  return { birthDate: iso(birth), issueDate: iso(issue), expiryDate: iso(expiry) };
}

/** A date as a page prints it. `MON` is the month's name. */
export function printDate(date: string, format = "DD MON YYYY"): string {
  const [year = "", month = "", day = ""] = date.split("-");
  const name = MONTHS[Number(month) - 1] ?? "";
  return format.replace("DD", day).replace("MM", month).replace("YYYY", year).replaceAll("MON", name);
}

function drawNames(profile: StateProfile, sex: "M" | "F" | "X", random: Random) {
  const female = sex === "F" || (sex === "X" && random.onceIn(2));
  const surnames = (female && profile.surnamesFemale) || profile.surnames;
  const givenNames = female ? profile.female : profile.male;
  return { surname: parseName(random.pick(surnames)), given: parseName(random.pick(givenNames)) };
}

const yymmdd = (date: string) => date.slice(2).replaceAll("-", "");

const mrzCharacters = (printed: string) => printed.replace(/[^A-Z0-9]/g, "");

/**
 * Whether a number has a date near this one where numbers of persons have it: at its beginning, or one or two places on.
 * A reader takes a date with up to three other digits for this one, misread.
 */
function hasDateNear(number: string, date: string): boolean {
  const digits = number.replaceAll(/\D/g, "");
  const [year = "", month = "", day = ""] = date.slice(2).split("-");
  return [year + month + day, day + month + year].some((wanted) =>
    [0, 1, 2].some((at) => [...wanted].filter((digit, place) => digit !== digits[at + place]).length <= 3),
  );
}

/** A personal number. If it holds a date near the holder's birth by chance, it would look misread, so it is drawn again. */
function drawPersonalNumber(format: string, random: Random, seed: number, birthDate: string): string {
  let number = fillFormat(format, random);
  for (let again = 1; hasDateNear(number, birthDate); again++)
    number = fillFormat(format, createRandom(seed + again * 1_000_003));
  return number;
}

/**
 * The passport of a seed: the same for the same seed and day. Dates are `YYYY-MM-DD`, codes and numbers as in the MRZ without
 * fillers. A single name is the surname, and the given names are empty.
 *
 * @example samplePassport(2).stateName // "Germany"
 */
export function samplePassport(seed: number, today: Date = new Date()) {
  const random = createRandom(seed);
  const profile = STATE_PROFILES[seed % STATE_PROFILES.length] ?? random.pick(STATE_PROFILES);
  const { stateName, issuingState, nationality = issuingState, personalNumberFormat, optionalDataFormat } = profile;
  const sex = random.onceIn(25) ? "X" : random.pick(["M", "F"] as const);
  const { surname, given } = drawNames(profile, sex, random);
  const dates = drawDates(random, today);
  const documentCode = random.pick(profile.documentCodes);
  const printedNumber = fillFormat(profile.numberFormat, random);
  const personalNumber =
    personalNumberFormat === undefined ? null : drawPersonalNumber(personalNumberFormat, random, seed, dates.birthDate);
  const unprinted = optionalDataFormat === undefined ? "" : fillFormat(optionalDataFormat, random);
  const placeOfBirth = random.pick(profile.places);
  const shared = { documentCode, issuingState, nationality, documentNumber: mrzCharacters(printedNumber) };
  const print = (date: string) => printDate(date, profile.dateFormat);
  return {
    seed,
    stateName,
    ...shared,
    ...dates,
    /** In Latin letters, as the page prints them. */
    surname: surname.latin,
    givenNames: given.latin,
    /** The same names in MRZ letters, before any shortening; words apart by one space. */
    mrzSurname: surname.mrz,
    mrzGivenNames: given.mrz,
    sex,
    /** As printed; null where the state prints none. */
    personalNumber,
    placeOfBirth,
    mrz: writeMrzLines({
      ...profile,
      ...shared,
      surname: surname.mrz,
      givenNames: given.mrz,
      birthDate: yymmdd(dates.birthDate),
      sex: sex === "X" ? "<" : sex,
      expiryDate: yymmdd(dates.expiryDate),
      optionalData: personalNumber === null ? unprinted : mrzCharacters(personalNumber),
    }),
    /** Each field's characters as the page prints them: null where it prints none. */
    printed: {
      surname: surname.printed,
      givenNames: given.printed,
      documentNumber: printedNumber,
      issuingState,
      nationality: profile.nationalityPrinted,
      birthDate: print(dates.birthDate),
      sex,
      issueDate: print(dates.issueDate),
      expiryDate: print(dates.expiryDate),
      personalNumber,
      placeOfBirth,
    },
  };
}

/** What `field` gives for each printed field. */
export function forEachField(field: (name: PrintedFieldName) => PrintedField): PassportReading["fields"] {
  // An empty reply has all fields, and nothing in them.
  const fields = passportReadingSchema.shape.fields.parse({});
  for (const name of PASSPORT_FIELDS) fields[name] = field(name);
  return fields;
}

/** The reading that a model without fault gives of a sample's page. */
export function genuineReading(passport: SamplePassport): PassportReading {
  return {
    mrz: { line1: passport.mrz[0], line2: passport.mrz[1], unreadable: null },
    mrzBox: [780, 40, 960, 960],
    quality: [],
    instructionsSeen: null,
    documentKind: "passport",
    fields: forEachField((name) => {
      const printed = passport.printed[name];
      return { printed, value: passport[name] || null, unreadable: printed === null ? "not_printed" : null };
    }),
  };
}
