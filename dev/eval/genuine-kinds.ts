/** Readings of genuine pages that are right, and differ from an ordinary one in a way that pages or the model have. */
import type { PassportReading } from "../../lib/passport/reading.ts";
import { checkDigit } from "../samples/mrz-lines.ts";
import type { SamplePassport } from "../samples/passports.ts";
import type { Random } from "../samples/random.ts";

/** Changes a reading in place; false where the passport offers no case of the kind. */
export type Edit = (reading: PassportReading, passport: SamplePassport, random: Random) => boolean;

type Fields = PassportReading["fields"];

const nameOf = ({ surname, givenNames }: Fields) => ({
  surname: surname.value ?? "",
  given: givenNames.value ?? "",
});

const printsBoth = (fields: Fields) => fields.surname.value !== null && fields.givenNames.value !== null;

/** Puts something around the printed surname. */
const around =
  (forms: readonly string[]): Edit =>
  ({ fields: { surname } }, _, random) => {
    if (surname.printed === null) return false;
    surname.printed = random.pick(forms).replace("*", surname.printed);
    return true;
  };

function oneLineInBoth({ fields }: PassportReading, _: SamplePassport, random: Random): boolean {
  if (!printsBoth(fields)) return false;
  const { surname, given } = nameOf(fields);
  const line = random.pick([`${surname}, ${given}`, `${surname} ${given}`, `${given} ${surname}`]);
  fields.surname.printed = line;
  fields.givenNames.printed = line;
  return true;
}

function oneLineInOne({ fields }: PassportReading, _: SamplePassport, random: Random): boolean {
  if (!printsBoth(fields)) return false;
  const { surname, given } = nameOf(fields);
  const line = random.onceIn(2) ? `${given} ${surname}` : `${surname} ${given}`;
  const [used, empty] = random.onceIn(2) ? (["surname", "givenNames"] as const) : (["givenNames", "surname"] as const);
  fields[used] = { printed: line, value: line, unreadable: null };
  fields[empty] = { printed: null, value: null, unreadable: "not_printed" };
  return true;
}

const MIDDLE_NAMES = ["SANTOS", "PETROVICH", "REYES", "OGLU", "BINTANG"];

function middleNameOnPage({ fields }: PassportReading, _: SamplePassport, random: Random): boolean {
  if (!printsBoth(fields)) return false;
  const middle = random.pick(MIDDLE_NAMES);
  const { givenNames } = fields;
  fields.givenNames = {
    printed: `${givenNames.printed} ${middle}`,
    value: `${givenNames.value} ${middle}`,
    unreadable: null,
  };
  return true;
}

function middleNameInMrz({ fields, mrz }: PassportReading, _: SamplePassport, random: Random): boolean {
  const names = mrz.line1?.replace(/<+$/, "") ?? "";
  const longer = `${names}<${random.pick(MIDDLE_NAMES)}`;
  if (!printsBoth(fields) || !names.slice(5).includes("<<") || longer.length > 42) return false;
  mrz.line1 = longer.padEnd(44, "<");
  return true;
}

function initialOnPage({ fields: { givenNames }, mrz }: PassportReading): boolean {
  const [first, second, ...more] = (givenNames.value ?? "").split(" ");
  if (second === undefined || second.length < 2 || more.length > 0 || !mrz.line1?.endsWith("<<")) return false;
  Object.assign(givenNames, { printed: `${first} ${second.charAt(0)}.`, value: `${first} ${second.charAt(0)}.` });
  return true;
}

function wordForNoName({ fields }: PassportReading, _: SamplePassport, random: Random): boolean {
  const empty = [fields.surname, fields.givenNames].find(({ printed }) => printed === null);
  const word = random.pick(["XXX", "FNU", "N/A", "NIL"]);
  if (empty === undefined) return false;
  Object.assign(empty, { printed: word, value: word, unreadable: null });
  return true;
}

/** The page's day and month can be read either way, and the model has taken the other one. */
function monthFirst({ fields }: PassportReading, { birthDate }: SamplePassport): boolean {
  const [year = "", month = "", day = ""] = birthDate.split("-");
  if (Number(day) > 12 || Number(year) < 1930) return false;
  Object.assign(fields.birthDate, { printed: `${day}/${month}/${year}`, value: `${year}-${day}-${month}` });
  return true;
}

/** A letter of each language, of which the model has taken the wrong one. */
function sexInTwoLanguages({ fields }: PassportReading, { sex }: SamplePassport): boolean {
  if (sex === "X") return false;
  Object.assign(fields.sex, { printed: sex === "M" ? "F/M" : "M/F", value: sex === "M" ? "F" : "M" });
  return true;
}

const NUMBER_SIGNS = ["No ", "No. ", "N° ", "Nº", "№ "];

function labelInNumber({ fields: { documentNumber } }: PassportReading, _: SamplePassport, random: Random): boolean {
  const { value } = documentNumber;
  if (value === null) return false;
  const sign = random.pick(NUMBER_SIGNS);
  documentNumber.printed = random.onceIn(2) ? sign + value : `${value.slice(0, 2)} ${sign}${value.slice(2)}`;
  return true;
}

const ZEROS = ["٠", "۰", "०", "০", "０"];

/** The digits of another script. */
function inDigits(text: string, zero: string): string {
  return text.replaceAll(/\d/g, (digit) => String.fromCodePoint((zero.codePointAt(0) ?? 0) + Number(digit)));
}

function otherDigits({ fields }: PassportReading, _: SamplePassport, random: Random): boolean {
  const zero = random.pick(ZEROS);
  for (const field of [fields.documentNumber, fields.personalNumber]) {
    if (field.printed !== null) field.printed = inDigits(field.printed, zero);
  }
  return true;
}

function longerPersonalNumber(
  { fields: { personalNumber } }: PassportReading,
  _: SamplePassport,
  random: Random,
): boolean {
  const { printed, value } = personalNumber;
  if (printed === null || value === null || value.length < 6) return false;
  const one = random.pick(["0", "7", "V"]);
  const add = random.onceIn(2) ? (text: string) => one + text : (text: string) => `${text}-${one}`;
  personalNumber.printed = add(printed);
  personalNumber.value = add(value);
  return true;
}

function marksWithoutWidth({ fields }: PassportReading): boolean {
  for (const field of Object.values(fields)) {
    if (field.printed !== null) field.printed = `\u2067${field.printed}\u2069\u200f`;
  }
  return true;
}

function fullWidth({ fields: { surname, documentNumber } }: PassportReading): boolean {
  const widen = (text: string) =>
    text.replaceAll(/[!-~]/g, (sign) => String.fromCodePoint((sign.codePointAt(0) ?? 0) + 0xfee0));
  for (const field of [surname, documentNumber]) if (field.printed !== null) field.printed = widen(field.printed);
  return true;
}

/** Only the year, or the year and the month, of the date of birth are known. */
function partOfBirthDate(reading: PassportReading, { birthDate }: SamplePassport, random: Random): boolean {
  const [year = "", month = ""] = birthDate.split("-");
  const mark = random.pick(["XX", "--", "00", "**"]);
  const sign = random.pick([".", "/", " "]);
  const knowsMonth = random.onceIn(2);
  const line2 = reading.mrz.line2 ?? "";
  // Where the year alone is known, a child and a very old holder cannot be told apart, nor a minor and an adult.
  if (line2.length !== 44 || Number(year) < 1930 || Number(year) > 2005) return false;
  reading.fields.birthDate = {
    printed: [mark, knowsMonth ? month : mark, year].join(sign),
    value: `${year}-${knowsMonth ? month : "00"}-00`,
    unreadable: null,
  };
  const born = `${year.slice(2)}${knowsMonth ? month : "<<"}<<`;
  reading.mrz.line2 = withDigits(`${line2.slice(0, 13)}${born}0${line2.slice(20)}`);
  return true;
}

/** A second line with its check digits of the dates, the number and the whole computed again. */
export function withDigits(line: string): string {
  const field = (start: number, end: number) => line.slice(start, end) + checkDigit(line.slice(start, end));
  const optional = line.slice(28, 42) === "<".repeat(14) ? line.slice(28, 43) : field(28, 42);
  const body = `${field(0, 9)}${line.slice(10, 13)}${field(13, 19)}${line.charAt(20)}${field(21, 27)}${optional}`;
  return body + checkDigit(body.slice(0, 10) + body.slice(13, 20) + body.slice(21, 43));
}

function refugee(reading: PassportReading, _: SamplePassport, random: Random): boolean {
  const line2 = reading.mrz.line2 ?? "";
  const [printed, value] = random.pick([
    ["SYRIAN", "SYR"],
    ["AFGHANISTAN", "AFG"],
    ["STATELESS", "XXA"],
    ["ERITREAN", "XXB"],
  ] as const);
  reading.mrz.line2 = `${line2.slice(0, 10)}${printed === "STATELESS" ? "XXA" : "XXB"}${line2.slice(13)}`;
  reading.fields.nationality = { printed, value, unreadable: null };
  reading.documentKind = random.onceIn(2) ? "other_document" : "passport";
  return true;
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

function twoCalendars({ fields }: PassportReading, { birthDate }: SamplePassport, random: Random): boolean {
  const [year = "", month = "", day = ""] = birthDate.split("-");
  const name = MONTHS[Number(month) - 1] ?? "";
  fields.birthDate.printed = random.pick([
    `${day} ${Number(month)}月/${name} ${year}`,
    `${day} ${name} ${year} / ${(Number(day) % 28) + 1} SHA 1410`,
    `${day} ม.ค. ${Number(year) + 543} / ${day} ${name} ${year}`,
    `${year} ${name} ${day}`,
  ]);
  return true;
}

/** Every kind, by its name in the report. */
export const GENUINE_KINDS: Readonly<Record<string, Edit>> = {
  "one line, in both fields": oneLineInBoth,
  "one line, in one field": oneLineInOne,
  "usage or birth name": around([
    "* usage DUPONT",
    "*\nNom d'usage : DUPONT",
    "* geb. HUBER",
    "* e/v JANSEN",
    "* (nascida LIMA)",
  ]),
  "title or degree": around(["DR. *", "DR.*", "DIPL.-ING. *", "PROF.DR. *", "*, BSC", "*, MBA"]),
  "label copied along": around(["Surname: *", "Nom/Surname *", "APELLIDOS: *", "SURNAME *"]),
  "words that no table knows": around(["* QUONDAM MARTINI", "* Z D. NOWAK", "MEVR. *"]),
  "middle name on the page only": middleNameOnPage,
  "middle name in the MRZ only": middleNameInMrz,
  "initial on the page": initialOnPage,
  "a word for no name": wordForNoName,
  "label in the number": labelInNumber,
  "digits of another script": otherDigits,
  "personal number one longer": longerPersonalNumber,
  "marks without width": marksWithoutWidth,
  "full-width characters": fullWidth,
  "part of the birth date": partOfBirthDate,
  "date in two calendars": twoCalendars,
  "day and month taken for each other": monthFirst,
  "sex in two languages": sexInTwoLanguages,
  "refugee or stateless": refugee,
  "another kind of document": (reading) => {
    reading.documentKind = "other_document";
    return true;
  },
  "nothing to report, in a word": (reading, _, random) => {
    reading.instructionsSeen = random.pick(["None", "null", "N/A", ""]);
    return true;
  },
};
