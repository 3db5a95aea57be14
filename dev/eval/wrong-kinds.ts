/**
 * Readings with a wrong value: in one zone alone, or the same in both zones of the model with all check digits right, as a
 * model that misreads both alike, or invents one from the other, gives them.
 */
import type { PassportReading, PrintedFieldName } from "../../lib/passport/reading.ts";
import { printDate, type SamplePassport } from "../samples/passports.ts";
import type { Random } from "../samples/random.ts";
import { withDigits } from "./genuine-kinds.ts";

/** Changes a reading in place and says which fields are wrong now; null where the passport offers no case of the kind. */
export type Wrong = (
  reading: PassportReading,
  passport: SamplePassport,
  random: Random,
) => readonly PrintedFieldName[] | null;

const put = (reading: PassportReading, name: PrintedFieldName, value: string, printed = value) => {
  reading.fields[name] = { printed, value, unreadable: null };
};

const UMLAUTS: readonly (readonly [string, string])[] = [
  ["AE", "Ä"],
  ["OE", "Ö"],
  ["UE", "Ü"],
  ["SS", "ẞ"],
];

/** The page's two letters are taken for one with a mark. */
const addMark: Wrong = (reading, { surname, mrzSurname }) => {
  const pair = UMLAUTS.find(([letters]) => surname === mrzSurname && surname.includes(letters));
  if (pair === undefined) return null;
  put(reading, "surname", surname.replace(...pair));
  return ["surname"];
};

/** Marks where the state prints none. */
const addAccent: Wrong = (reading, { surname, mrzSurname, issuingState }) => {
  const place = surname.search(/[EAON]/);
  if (place < 0 || surname !== mrzSurname || !/^(?:USA|GBR|IND|CHN|JPN)$/.test(issuingState)) return null;
  const accents: Readonly<Record<string, string>> = { E: "É", A: "Ä", O: "Ö", N: "Ñ" };
  put(reading, "surname", surname.slice(0, place) + accents[surname.charAt(place)] + surname.slice(place + 1));
  return ["surname"];
};

const swapDayAndMonth: Wrong = (reading, { birthDate }) => {
  const [year = "", month = "", day = ""] = birthDate.split("-");
  if (Number(day) > 12 || day === month) return null;
  put(reading, "birthDate", `${year}-${day}-${month}`, printDate(`${year}-${day}-${month}`, "month_name"));
  return ["birthDate"];
};

/** The month's number stands before its name and is taken for the day. */
const monthForDay: Wrong = (reading, { birthDate }) => {
  const [year = "", month = "", day = ""] = birthDate.split("-");
  if (day === month) return null;
  const name = printDate(birthDate, "month_name").slice(3, 6);
  const line2 = reading.mrz.line2 ?? "";
  put(reading, "birthDate", `${year}-${month}-${month}`, `${day} ${Number(month)}月/${name} ${year}`);
  reading.mrz.line2 = withDigits(`${line2.slice(0, 17)}${month}${line2.slice(19)}`);
  return ["birthDate"];
};

const swapNames: Wrong = (reading) => {
  const { surname, givenNames } = reading.fields;
  if (surname.value === null || givenNames.value === null || surname.value === givenNames.value) return null;
  reading.fields.surname = givenNames;
  reading.fields.givenNames = surname;
  return ["surname", "givenNames"];
};

const loseFiller: Wrong = (reading) => {
  const line1 = reading.mrz.line1 ?? "";
  const gap = line1.indexOf("<<", 5);
  if (gap < 6 || /^<*$/.test(line1.slice(gap))) return null;
  reading.mrz.line1 = `${line1.slice(0, gap)}${line1.slice(gap + 1)}<`;
  return ["surname", "givenNames"];
};

const transpose = (text: string, random: Random): string | null => {
  const places = [...text].flatMap((character, place) =>
    place + 1 < text.length && character !== text.charAt(place + 1) ? [place] : [],
  );
  if (places.length === 0) return null;
  const place = random.pick(places);
  return text.slice(0, place) + text.charAt(place + 1) + text.charAt(place) + text.slice(place + 2);
};

const printedNumberTransposed: Wrong = (reading, { documentNumber }, random) => {
  const wrong = transpose(documentNumber, random);
  if (wrong === null) return null;
  put(reading, "documentNumber", wrong);
  return ["documentNumber"];
};

/** One zone is wrong, the other one is right. */
export const IN_ONE_ZONE: Readonly<Record<string, Wrong>> = {
  "two letters read as an umlaut": addMark,
  "marks where the state prints none": addAccent,
  "day and month exchanged on the page": swapDayAndMonth,
  "surname and given names exchanged on the page": swapNames,
  "filler between the names lost": loseFiller,
  "number transposed on the page": printedNumberTransposed,
  "month's number taken for the day": monthForDay,
};

/** Replaces a surname in both zones. */
function putSurname(reading: PassportReading, passport: SamplePassport, wrong: string): boolean {
  const { surname, mrzSurname } = passport;
  const line1 = reading.mrz.line1 ?? "";
  const start = line1.indexOf(mrzSurname.replaceAll(" ", "<"), 5);
  if (surname !== mrzSurname || start !== 5 || wrong === surname || /[A-Z]$/.test(line1)) return false;
  const rest = line1.slice(5 + surname.length).replace(/<+$/, "");
  const names = line1.slice(0, 5) + wrong.replaceAll(" ", "<") + rest;
  if (names.length > 42) return false;
  reading.mrz.line1 = names.padEnd(44, "<");
  put(reading, "surname", wrong);
  return true;
}

const surnameBy =
  (change: (surname: string, random: Random) => string): Wrong =>
  (reading, passport, random) =>
    putSurname(reading, passport, change(passport.surname, random)) ? ["surname"] : null;

/** Replaces characters of the second line, with all check digits right. */
function putLine2(reading: PassportReading, start: number, text: string): void {
  const line2 = reading.mrz.line2 ?? "";
  reading.mrz.line2 = withDigits(line2.slice(0, start) + text + line2.slice(start + text.length));
}

const numberBy =
  (change: (number: string, random: Random) => string | null): Wrong =>
  (reading, { documentNumber }, random) => {
    const wrong = change(documentNumber, random);
    if (wrong === null || wrong === documentNumber) return null;
    put(reading, "documentNumber", wrong);
    putLine2(reading, 0, wrong.padEnd(9, "<"));
    return ["documentNumber"];
  };

const LOOK_ALIKES: Readonly<Record<string, string>> = {
  "0": "O",
  O: "0",
  "1": "I",
  I: "1",
  "5": "S",
  S: "5",
  "8": "B",
  B: "8",
};

function withLookAlike(number: string, random: Random): string | null {
  const places = [...number].flatMap((character, place) => (character in LOOK_ALIKES ? [place] : []));
  if (places.length === 0) return null;
  const place = random.pick(places);
  return number.slice(0, place) + (LOOK_ALIKES[number.charAt(place)] ?? "") + number.slice(place + 1);
}

const dateBy =
  (name: "birthDate" | "expiryDate", start: number): Wrong =>
  (reading, passport, random) => {
    const date = passport[name];
    const place = random.pick([3, 6, 9]);
    const digit = String((Number(date.charAt(place)) + 1 + random.below(8)) % 10);
    const wrong = date.slice(0, place) + digit + date.slice(place + 1);
    if (new Date(`${wrong}T00:00:00Z`).toJSON()?.slice(0, 10) !== wrong || wrong.slice(0, 4) > "2040") return null;
    put(reading, name, wrong, printDate(wrong, "month_name"));
    putLine2(reading, start, wrong.slice(2).replaceAll("-", ""));
    return [name];
  };

const wrongSex: Wrong = (reading, { sex }) => {
  const wrong = sex === "M" ? "F" : "M";
  put(reading, "sex", wrong);
  const line2 = reading.mrz.line2 ?? "";
  reading.mrz.line2 = `${line2.slice(0, 20)}${wrong}${line2.slice(21)}`;
  return ["sex"];
};

const wrongNationality: Wrong = (reading, { nationality }, random) => {
  const wrong = random.pick(
    ["FRA", "ITA", "MLI", "MLT", "NER", "NGA", "SVK", "SVN"].filter((code) => code !== nationality),
  );
  const line2 = reading.mrz.line2 ?? "";
  reading.mrz.line2 = `${line2.slice(0, 10)}${wrong}${line2.slice(13)}`;
  put(reading, "nationality", wrong, random.onceIn(2) ? "MAURICIENNE" : wrong);
  return ["nationality"];
};

const namesExchangedInBoth: Wrong = (reading, passport) => {
  const { surname, mrzSurname, givenNames, mrzGivenNames, mrz } = passport;
  const plain = surname === mrzSurname && givenNames === mrzGivenNames && givenNames !== "" && surname !== givenNames;
  if (!plain || /[A-Z]$/.test(mrz[0])) return null;
  const names = `${givenNames}  ${surname}`.replaceAll(" ", "<");
  reading.mrz.line1 = (mrz[0].slice(0, 5) + names).padEnd(44, "<");
  put(reading, "surname", givenNames);
  put(reading, "givenNames", surname);
  return ["surname", "givenNames"];
};

/** The page is right, and the model makes both lines up from it: one given name is a commoner one. */
const invented: Wrong = (reading, passport, random) => {
  const { givenNames, mrzGivenNames, mrz } = passport;
  const wrong = random.pick(["MARIA", "MOHAMMED", "JOHN", "ANNA"]);
  const start = mrz[0].indexOf("<<") + 2;
  if (givenNames !== mrzGivenNames || givenNames === "" || wrong === givenNames || /[A-Z]$/.test(mrz[0])) return null;
  reading.mrz.line1 = (mrz[0].slice(0, start) + wrong).padEnd(44, "<");
  put(reading, "givenNames", wrong);
  return ["givenNames"];
};

/** Both zones of the model are wrong alike, and all check digits hold. */
export const IN_BOTH_ZONES: Readonly<Record<string, Wrong>> = {
  "a letter of the surname lost": surnameBy((name, random) => {
    const place = random.below(name.length);
    return name.slice(0, place) + name.slice(place + 1);
  }),
  "a letter of the surname doubled": surnameBy((name, random) => {
    const place = random.below(name.length);
    return name.slice(0, place) + name.charAt(place) + name.slice(place);
  }),
  "two letters of the surname exchanged": surnameBy((name, random) => transpose(name, random) ?? name),
  "another given name, the line invented": invented,
  "surname and given names exchanged": namesExchangedInBoth,
  "a look-alike in the number": numberBy(withLookAlike),
  "two characters of the number exchanged": numberBy(transpose),
  "another date of birth": dateBy("birthDate", 13),
  "another date of expiry": dateBy("expiryDate", 21),
  "another sex": wrongSex,
  "another nationality": wrongNationality,
};
