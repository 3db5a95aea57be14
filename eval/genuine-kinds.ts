/** Readings of genuine pages that are right, and differ from an ordinary one in a way that pages or the model have. */
import { PASSPORT_FIELDS } from "../lib/passport/assessment.ts";
import type { PassportReading } from "../lib/passport/reading.ts";
import { printDate } from "../dev/samples/passports.ts";
import type { Random } from "../dev/samples/random.ts";
import { type Edit, type Kinds, putField, putLine2, putNames } from "./edit.ts";

type Fields = PassportReading["fields"];

/** The names of a page that prints both. */
function namesOf({ surname, givenNames }: Fields) {
  const isWhole = surname.value !== null && givenNames.value !== null;
  return isWhole ? { surname: surname.value, given: givenNames.value } : undefined;
}

/** Puts one of the forms around the printed surname. */
const around =
  (...forms: readonly string[]): Edit =>
  ({ fields: { surname } }, _, random) => {
    if (surname.printed === null) return false;
    surname.printed = random.pick(forms).replace("*", surname.printed);
    return true;
  };

/** Changes the characters of some fields as printed, and not their values. */
const printed =
  (names: readonly (keyof Fields)[], change: (text: string, random: Random) => string): Edit =>
  ({ fields }, _, random) => {
    for (const name of names) {
      const field = fields[name];
      if (field.printed !== null) field.printed = change(field.printed, random);
    }
    return true;
  };

const oneLineInBoth: Edit = ({ fields }, _, random) => {
  const names = namesOf(fields);
  if (names === undefined) return false;
  const { surname, given } = names;
  const line = random.pick([`${surname}, ${given}`, `${surname} ${given}`, `${given} ${surname}`]);
  fields.surname.printed = line;
  fields.givenNames.printed = line;
  return true;
};

const oneLineInOne: Edit = ({ fields }, _, random) => {
  const names = namesOf(fields);
  if (names === undefined) return false;
  const { surname, given } = names;
  const line = random.pick([`${given} ${surname}`, `${surname} ${given}`]);
  const [used, empty] = random.onceIn(2) ? (["surname", "givenNames"] as const) : (["givenNames", "surname"] as const);
  fields[used] = { printed: line, value: line, unreadable: null };
  fields[empty] = { printed: null, value: null, unreadable: "not_printed" };
  return true;
};

const MIDDLE_NAMES = ["SANTOS", "PETROVICH", "REYES", "OGLU", "BINTANG"];

const middleNameOnPage: Edit = (reading, _, random) => {
  const { surname, givenNames } = reading.fields;
  const middle = random.pick(MIDDLE_NAMES);
  if (surname.value === null || givenNames.value === null) return false;
  return putField(reading, "givenNames", `${givenNames.value} ${middle}`, `${givenNames.printed} ${middle}`);
};

const middleNameInMrz: Edit = (reading, { mrz: [line1] }, random) => {
  const names = line1.slice(5).replace(/<+$/, "");
  return namesOf(reading.fields) !== undefined && names.includes("<<")
    ? putNames(reading, `${names}<${random.pick(MIDDLE_NAMES)}`)
    : false;
};

const initialOnPage: Edit = (reading, { mrz: [line1] }) => {
  const [first, second = "", ...more] = (reading.fields.givenNames.value ?? "").split(" ");
  if (second.length < 2 || more.length > 0 || !line1.endsWith("<<")) return false;
  return putField(reading, "givenNames", `${first} ${second.charAt(0)}.`);
};

const wordForNoName: Edit = (reading, _, random) => {
  const { fields } = reading;
  const empty = (["surname", "givenNames"] as const).find((name) => fields[name].printed === null);
  return empty !== undefined && putField(reading, empty, random.pick(["XXX", "FNU", "N/A", "NIL"]));
};

/** The page's day and month can be read either way, and the model has taken the other one. */
const monthFirst: Edit = (reading, { birthDate }) => {
  const [year = "", month = "", day = ""] = birthDate.split("-");
  if (Number(day) > 12 || Number(year) < 1930) return false;
  return putField(reading, "birthDate", `${year}-${day}-${month}`, `${day}/${month}/${year}`);
};

/** A letter of each language, of which the model has taken the wrong one. */
const sexInTwoLanguages: Edit = (reading, { sex }) =>
  sex !== "X" && putField(reading, "sex", sex === "M" ? "F" : "M", sex === "M" ? "F/M" : "M/F");

const labelInNumber: Edit = ({ fields: { documentNumber } }, { documentNumber: number }, random) => {
  const sign = random.pick(["No ", "No. ", "N° ", "Nº", "№ "]);
  documentNumber.printed = random.onceIn(2) ? sign + number : `${number.slice(0, 2)} ${sign}${number.slice(2)}`;
  return true;
};

const ZEROS = ["٠", "۰", "०", "০", "０"];

/** A character so many places behind another one in Unicode. */
const shifted = (character: string, by: number) => String.fromCodePoint((character.codePointAt(0) ?? 0) + by);

/** A text with the digits of another script. */
function inOtherDigits(text: string, random: Random): string {
  const zero = random.pick(ZEROS);
  return text.replaceAll(/\d/g, (digit) => shifted(zero, Number(digit)));
}

const longerPersonalNumber: Edit = ({ fields: { personalNumber } }, _, random) => {
  const { printed: print, value } = personalNumber;
  if (print === null || value === null || value.length < 6) return false;
  const one = random.pick(["0", "7", "V"]);
  const add = random.onceIn(2) ? (text: string) => one + text : (text: string) => `${text}-${one}`;
  personalNumber.printed = add(print);
  personalNumber.value = add(value);
  return true;
};

/** Only the year, or the year and the month, of the date of birth are known. */
const partOfBirthDate: Edit = (reading, { birthDate }, random) => {
  const [year = "", month = ""] = birthDate.split("-");
  const mark = random.pick(["XX", "--", "00", "**"]);
  const sign = random.pick([".", "/", " "]);
  const knowsMonth = random.onceIn(2);
  // If only the year is known, a child looks like a very old holder, and a minor like an adult.
  if (Number(year) < 1930 || Number(year) > 2005) return false;
  putField(
    reading,
    "birthDate",
    `${year}-${knowsMonth ? month : "00"}-00`,
    [mark, knowsMonth ? month : mark, year].join(sign),
  );
  return putLine2(reading, 13, `${year.slice(2)}${knowsMonth ? month : "<<"}<<`);
};

const twoCalendars: Edit = ({ fields }, { birthDate }, random) => {
  const [year = "", month = "", day = ""] = birthDate.split("-");
  const name = printDate(birthDate).slice(3, 6);
  fields.birthDate.printed = random.pick([
    `${day} ${Number(month)}月/${name} ${year}`,
    `${day} ${name} ${year} / ${(Number(day) % 28) + 1} SHA 1410`,
    `${day} ม.ค. ${Number(year) + 543} / ${day} ${name} ${year}`,
    `${year} ${name} ${day}`,
  ]);
  return true;
};

const refugee: Edit = (reading, _, random) => {
  const [print, value, code] = random.pick([
    ["SYRIAN", "SYR", "XXB"],
    ["AFGHANISTAN", "AFG", "XXB"],
    ["STATELESS", "XXA", "XXA"],
    ["ERITREAN", "XXB", "XXB"],
  ] as const);
  reading.documentKind = random.pick(["other_document", "passport"]);
  putField(reading, "nationality", value, print);
  return putLine2(reading, 10, code);
};

const linesInOne: Edit = ({ mrz }, _, random) => {
  mrz.line1 = `${mrz.line1}${random.pick(["\n", " ", ""])}${mrz.line2}`;
  mrz.line2 = null;
  return true;
};

const MONTHS = [
  "ΙΑΝ ΦΕΒ ΜΑΡ ΑΠΡ ΜΑΪ ΙΟΥΝ ΙΟΥΛ ΑΥΓ ΣΕΠ ΟΚΤ ΝΟΕ ΔΕΚ",
  "LEDNA ÚNORA BŘEZNA DUBNA KVĚTNA ČERVNA ČERVENCE SRPNA ZÁŘÍ ŘÍJNA LISTOPADU PROSINCE",
  "ЯНВ ФЕВ МАР АПР МАЯ ИЮН ИЮЛ АВГ СЕН ОКТ НОЯ ДЕК",
].map((names) => names.split(" "));

/** The page has the month in its own language, and the model does not translate it. */
const monthInItsLanguage: Edit = ({ fields }, { issueDate }, random) => {
  const [year, month, day] = issueDate.split("-");
  const name = random.pick(MONTHS)[Number(month) - 1];
  fields.issueDate = { printed: `${day} ${name} ${year}`, value: null, unreadable: null };
  return true;
};

const SPORT_CODES: Readonly<Record<string, string>> = {
  D: "GER",
  NLD: "NED",
  CHE: "SUI",
  GRC: "GRE",
  MYS: "MAS",
  ZAF: "RSA",
};

const sportCode: Edit = (reading, { nationality }) => {
  const code = SPORT_CODES[nationality];
  return code !== undefined && putField(reading, "nationality", code);
};

const shortName: Edit = (reading, { mrzSurname }, random) => {
  const surname = reading.fields.surname.value;
  if (surname === null || mrzSurname === "" || mrzSurname.length > 20) return false;
  const [long, short] = random.pick(["MOHAMMAD MD", "MUHAMMAD MUHD", "MARIA MA", "MOHAMED MOHD"]).split(" ");
  const [page, mrz] = random.onceIn(2) ? [long, short] : [short, long];
  putField(reading, "givenNames", `${page} ALI`);
  return putNames(reading, `${mrzSurname}<<${mrz}<ALI`);
};

/** Every kind, by its name in the report. */
export const GENUINE_KINDS: Kinds = {
  "one line, in both fields": oneLineInBoth,
  "one line, in one field": oneLineInOne,
  "usage or birth name": around(
    "* usage DUPONT",
    "*\nNom d'usage : DUPONT",
    "* geb. HUBER",
    "* e/v JANSEN",
    "* (nascida LIMA)",
  ),
  "title or degree": around("DR. *", "DR.*", "DIPL.-ING. *", "PROF.DR. *", "*, BSC", "*, MBA"),
  "label copied along": around("Surname: *", "Nom/Surname *", "APELLIDOS: *", "SURNAME *"),
  "words that no table knows": around("* QUONDAM MARTINI", "* Z D. NOWAK", "MEVR. *"),
  "middle name on the page only": middleNameOnPage,
  "middle name in the MRZ only": middleNameInMrz,
  "initial on the page": initialOnPage,
  "a word for no name": wordForNoName,
  "label in the number": labelInNumber,
  "digits of another script": printed(["documentNumber", "personalNumber"], inOtherDigits),
  "personal number one longer": longerPersonalNumber,
  "marks without width": printed(PASSPORT_FIELDS, (text) => `\u2067${text}\u2069\u200f`),
  "full-width characters": printed(["surname", "documentNumber"], (text) =>
    text.replaceAll(/[!-~]/g, (character) => shifted(character, 0xfee0)),
  ),
  "fillers behind every text": printed(PASSPORT_FIELDS, (text) => `${text}<<<`),
  "both lines of the MRZ in one": linesInOne,
  "a month in another language": monthInItsLanguage,
  "code of a sports body": sportCode,
  "short form of a name": shortName,
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
