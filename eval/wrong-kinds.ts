/**
 * Readings with a wrong value: in one zone alone, or the same in both zones of the model with all check digits right, as a
 * model that misreads both alike, or invents one from the other, gives them.
 */
import { printDate } from "../dev/samples/passports.ts";
import type { Random } from "../dev/samples/random.ts";
import { type Edit, type Kinds, plainNames, putField, putLine2, putNames } from "./edit.ts";
import { LETTERS_AND_DIGITS, misread, misreadInEachZone } from "./misreadings.ts";

const UMLAUTS: readonly (readonly [string, string])[] = [
  ["AE", "Ä"],
  ["OE", "Ö"],
  ["UE", "Ü"],
  ["SS", "ẞ"],
];

/** The page's two letters are taken for one with a mark. */
const addUmlaut: Edit = (reading, { surname, mrzSurname }) => {
  const pair = UMLAUTS.find(([letters]) => surname === mrzSurname && surname.includes(letters));
  return pair !== undefined && putField(reading, "surname", surname.replace(...pair));
};

/** Marks where the state prints none. */
const addAccent: Edit = (reading, { surname, mrzSurname, issuingState }) => {
  const place = surname.search(/[EAON]/);
  if (place < 0 || surname !== mrzSurname || !/^(?:USA|GBR|IND|CHN|JPN)$/.test(issuingState)) return false;
  const accents: Readonly<Record<string, string>> = { E: "É", A: "Ä", O: "Ö", N: "Ñ" };
  const accent = accents[surname.charAt(place)] ?? "";
  return putField(reading, "surname", surname.slice(0, place) + accent + surname.slice(place + 1));
};

/** Marks that leave no other trace in the MRZ than the plain letter. */
const MARKED: Readonly<Record<string, string>> = {
  A: "ÁĂĄ",
  C: "ÇĆ",
  E: "ÉĘ",
  I: "Íİ",
  L: "Ł",
  N: "ÑŃ",
  O: "ÓŐ",
  S: "ŚŞ",
  U: "ÚŮ",
  Z: "ŹŻ",
};

/** A mark over any letter, in passports of any state. */
const addMark: Edit = (reading, { surname }, random) => {
  const places = [...surname].flatMap((letter, place) => (letter in MARKED ? [place] : []));
  if (places.length === 0) return false;
  const place = random.pick(places);
  const mark = random.pick([...(MARKED[surname.charAt(place)] ?? "")]);
  return (
    !surname.includes(mark) && putField(reading, "surname", surname.slice(0, place) + mark + surname.slice(place + 1))
  );
};

/** The page has one line for the whole name, and the MRZ divides it in another place. */
const divideElsewhere: Edit = (reading, passport) => {
  const { surname = "", givenNames = "" } = plainNames(passport) ?? {};
  const [first = "", ...more] = givenNames.split(" ");
  if (more.length === 0) return false;
  reading.fields.givenNames = { printed: null, value: null, unreadable: "not_printed" };
  const line = `${surname} ${givenNames}`;
  return putField(reading, "surname", line) && putNames(reading, `${surname} ${first}  ${more.join(" ")}`);
};

const swapDayAndMonth: Edit = (reading, { birthDate }) => {
  const [year = "", month = "", day = ""] = birthDate.split("-");
  const wrong = `${year}-${day}-${month}`;
  return Number(day) <= 12 && day !== month && putField(reading, "birthDate", wrong, printDate(wrong));
};

/** The month's number stands before its name and is taken for the day. */
const monthForDay: Edit = (reading, { birthDate }) => {
  const [year = "", month = "", day = ""] = birthDate.split("-");
  if (day === month) return false;
  const name = printDate(birthDate).slice(3, 6);
  putField(reading, "birthDate", `${year}-${month}-${month}`, `${day} ${Number(month)}月/${name} ${year}`);
  return putLine2(reading, 17, month);
};

const swapNames: Edit = ({ fields }) => {
  const { surname, givenNames } = fields;
  if (surname.value === null || givenNames.value === null || surname.value === givenNames.value) return false;
  fields.surname = givenNames;
  fields.givenNames = surname;
  return true;
};

const loseFiller: Edit = ({ mrz }, { mrz: [line1] }) => {
  const gap = line1.indexOf("<<", 5);
  if (gap < 6 || /^<*$/.test(line1.slice(gap))) return false;
  mrz.line1 = `${line1.slice(0, gap)}${line1.slice(gap + 1)}<`;
  return true;
};

const transposed = (number: string, random: Random) => misread(number, "transposition", LETTERS_AND_DIGITS, random);

const transposeInPrint: Edit = (reading, { documentNumber }, random) => {
  const wrong = transposed(documentNumber, random);
  return wrong !== null && putField(reading, "documentNumber", wrong);
};

/** One zone is wrong, the other one is right. */
export const IN_ONE_ZONE: Kinds = {
  "two letters read as an umlaut": addUmlaut,
  "marks where the state prints none": addAccent,
  "a mark over any letter": addMark,
  "one line, divided elsewhere in the MRZ": divideElsewhere,
  "day and month exchanged on the page": swapDayAndMonth,
  "surname and given names exchanged on the page": swapNames,
  "filler between the names lost": loseFiller,
  "number transposed on the page": transposeInPrint,
  "month's number taken for the day": monthForDay,
};

/** Misreads the surname, in both zones alike. */
const surnameBy =
  (kind: "dropped_character" | "doubled_character" | "transposition"): Edit =>
  (reading, passport, random) => {
    const names = plainNames(passport);
    const wrong = names === undefined ? null : misread(names.surname, kind, LETTERS_AND_DIGITS, random);
    if (
      wrong === null ||
      !putNames(reading, wrong + passport.mrz[0].slice(5 + passport.surname.length).replace(/<+$/, ""))
    )
      return false;
    return putField(reading, "surname", wrong);
  };

const numberBy =
  (change: (number: string, random: Random) => string | null): Edit =>
  (reading, { documentNumber }, random) => {
    const wrong = change(documentNumber, random);
    return wrong !== null && putField(reading, "documentNumber", wrong) && putLine2(reading, 0, wrong.padEnd(9, "<"));
  };

const dateBy =
  (name: "birthDate" | "expiryDate", start: number): Edit =>
  (reading, passport, random) => {
    const date = passport[name];
    const place = random.pick([3, 6, 9]);
    const digit = String((Number(date.charAt(place)) + 1 + random.below(8)) % 10);
    const wrong = date.slice(0, place) + digit + date.slice(place + 1);
    if (new Date(`${wrong}T00:00:00Z`).toJSON()?.slice(0, 10) !== wrong || wrong.slice(0, 4) > "2040") return false;
    putField(reading, name, wrong, printDate(wrong));
    return putLine2(reading, start, wrong.slice(2).replaceAll("-", ""));
  };

const wrongSex: Edit = (reading, { sex }) => {
  const wrong = sex === "M" ? "F" : "M";
  return putField(reading, "sex", wrong) && putLine2(reading, 20, wrong);
};

const wrongNationality: Edit = (reading, { nationality }, random) => {
  const codes = ["FRA", "ITA", "MLI", "MLT", "NER", "NGA", "SVK", "SVN"].filter((code) => code !== nationality);
  const wrong = random.pick(codes);
  putField(reading, "nationality", wrong, random.pick(["MAURICIENNE", wrong]));
  return putLine2(reading, 10, wrong);
};

const exchangeNames: Edit = (reading, passport) => {
  const { surname = "", givenNames = "" } = plainNames(passport) ?? {};
  if (givenNames === "" || surname === givenNames || !putNames(reading, `${givenNames}  ${surname}`)) return false;
  return putField(reading, "surname", givenNames) && putField(reading, "givenNames", surname);
};

/** The page is right, and the model makes both lines up from it: one given name is a commoner one. */
const inventGivenName: Edit = (reading, passport, random) => {
  const { givenNames, mrzGivenNames, mrz } = passport;
  const wrong = random.pick(["MARIA", "MOHAMMED", "JOHN", "ANNA"]);
  const start = mrz[0].indexOf("<<") + 2;
  if (givenNames !== mrzGivenNames || givenNames === "" || wrong === givenNames || /[A-Z]$/.test(mrz[0])) return false;
  return putNames(reading, mrz[0].slice(5, start) + wrong) && putField(reading, "givenNames", wrong);
};

/** Both zones of the model are wrong: alike and with all check digits right, but for the last kind. */
export const IN_BOTH_ZONES: Kinds = {
  "a letter of the surname lost": surnameBy("dropped_character"),
  "a letter of the surname doubled": surnameBy("doubled_character"),
  "two letters of the surname exchanged": surnameBy("transposition"),
  "another given name, the line invented": inventGivenName,
  "surname and given names exchanged": exchangeNames,
  "a look-alike in the number": numberBy((number, random) => misread(number, "look_alike", LETTERS_AND_DIGITS, random)),
  "two characters of the number exchanged": numberBy(transposed),
  "another date of birth": dateBy("birthDate", 13),
  "another date of expiry": dateBy("expiryDate", 21),
  "another sex": wrongSex,
  "another nationality": wrongNationality,
  "a misreading in each zone": misreadInEachZone,
};
