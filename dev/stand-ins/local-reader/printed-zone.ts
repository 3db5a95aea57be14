/**
 * Finds a passport's printed fields among the lines of text on its page: by the values of the MRZ first, and then by the
 * labels of the page. What is not found is not reported, and what is found is reported as it was read.
 */
import {
  birthDateCandidates,
  expiryDateCandidates,
  formatDate,
  type PassportDate,
} from "../../../lib/passport/dates/calendar.ts";
import { parsePrintedDate, printedDateAgrees } from "../../../lib/passport/dates/printed.ts";
import { readFirstLine, readSecondLine } from "../../../lib/passport/mrz/lines.ts";
import { splitNames } from "../../../lib/passport/names/identifiers.ts";
import { canBeSpelled, lettersWithoutMarks, spellingsOf } from "../../../lib/passport/names/spelling.ts";
import type { MrzReading, PassportReading, PrintedField, PrintedFieldName } from "../../../lib/passport/reading.ts";
import { mrzStateCode, stateCode } from "../../../lib/passport/states/codes.ts";
import type { Text } from "./ocr.ts";

/** A field of which nothing was found. Nobody can say why, so no reason is given. */
const NOT_FOUND: PrintedField = { printed: null, value: null, unreadable: null };

const found = (printed: string, value: string | null): PrintedField => ({ printed, value, unreadable: null });

/** A line that no value of the MRZ confirms has to be read this surely. */
const SURE = 0.85;

/** Words of labels, without spaces and marks: an OCR loses both. */
const LABELS: Readonly<Record<PrintedFieldName, RegExp>> = {
  surname: /SURNAME|FAMILYNAME|APELLIDO|COGNOME|^NOM|^NAME|^NAZWISKO|^PRIIMEK/,
  givenNames: /GIVENNAME|FORENAME|FIRSTNAME|PRENOM|NOMBRE|VORNAME|^NOME$/,
  documentNumber: /(?:PASSPORT|DOCUMENT|PASS|PASAPORTE)(?:NO|NUMBER|NR)|NODUPASSEPORT/,
  issuingState: /ISSUINGSTATE|CODEOFISSU|COUNTRYCODE|CODEDUPAYS/,
  nationality: /NATIONALI|NACIONALIDAD|STAATSANG|CITIZENSHIP/,
  birthDate: /(?:DATE|DALE)OFBIRTH|DATEDENAISS|FECHADENAC|GEBURTSDATUM/,
  sex: /^SEX|^SEXO|GESCHLECHT/,
  issueDate: /(?:DATE|DALE)OFISSUE|DATEDEDEL|FECHADEEXP|DATEOFISS|AUSSTELLUNG/,
  expiryDate: /EXPIRY|EXPIRATION|DATEDEXP|CADUCIDAD|GULTIGBIS|VALIDUNTIL/,
  personalNumber: /PERSONAL(?:NO|NUMBER|NR)|IDENTITYNO|PERSONALIDNO/,
  placeOfBirth: /PLACEOFBIRTH|LIEUDENAISS|LUGARDENAC|GEBURTSORT/,
};

const compact = (text: string) => lettersWithoutMarks(text).replaceAll(/[^A-Z0-9]/g, "");
const isLabel = ({ text }: Text) => Object.values(LABELS).some((words) => words.test(compact(text)));

type Zone = Pick<MrzReading, "line1" | "line2">;

/** What the page prints, as far as it was found. A line of the MRZ that is not sure is `null`. */
export function findFields(texts: readonly Text[], zone: Zone, today: Date): PassportReading["fields"] {
  const lines = joined(texts);
  const { births, expiries, ...values } = valuesOf(zone, today);
  // Of joined lines, only a date shows that they belong together.
  const labelled = (name: PrintedFieldName, parse: Parse) =>
    byLabel(name.endsWith("Date") ? lines : texts, name, parse);
  const { issuing, nation } = findStates(texts, values);
  const dates = { birth: findDate(lines, births), expiry: findDate(lines, expiries) };
  const isDayFirst = [dates.birth, dates.expiry].some((date) => date !== null && beginsWithDay(date));
  return {
    surname: findName(lines, values.surname) ?? labelled("surname", asName),
    givenNames: findName(lines, values.givenNames) ?? labelled("givenNames", asName),
    documentNumber: findNumber(lines, values.number) ?? labelled("documentNumber", asNumber),
    issuingState: issuing ?? labelled("issuingState", asState),
    nationality: nation ?? labelled("nationality", asState),
    birthDate: dates.birth ?? labelled("birthDate", asDate),
    sex: findSex(texts, values.sex) ?? labelled("sex", asSex),
    issueDate: labelled("issueDate", asOtherDate([...births, ...expiries], isDayFirst)),
    expiryDate: dates.expiry ?? labelled("expiryDate", asDate),
    personalNumber: findNumber(lines, values.personal) ?? labelled("personalNumber", asNumber),
    placeOfBirth: labelled("placeOfBirth", asPlace),
  };
}

const NO_FIRST_LINE = { names: "", issuingState: "" };
const NO_SECOND_LINE = {
  documentNumber: "",
  nationality: "",
  birthDate: "",
  sex: "",
  expiryDate: "",
  personalNumber: "",
};

/** What the MRZ says; empty where it is not sure. Names are without gaps: an OCR loses spaces. */
function valuesOf({ line1, line2 }: Zone, today: Date) {
  const { names, issuingState } = readFirstLine(line1) ?? NO_FIRST_LINE;
  const second = line2 === null ? NO_SECOND_LINE : readSecondLine(line2);
  const { surname, givenNames } = splitNames(names);
  return {
    surname: surname.join(""),
    givenNames: givenNames.join(""),
    issuingState,
    nationality: second.nationality,
    number: second.documentNumber,
    personal: second.personalNumber,
    sex: second.sex,
    births: birthDateCandidates(second.birthDate, today),
    expiries: expiryDateCandidates(second.expiryDate, today),
  };
}

const height = ({ top, bottom }: Text) => bottom - top;

const together = (one: Text, other: Text): Text => ({
  text: `${one.text} ${other.text}`,
  confidence: Math.min(one.confidence, other.confidence),
  left: Math.min(one.left, other.left),
  top: Math.min(one.top, other.top),
  right: Math.max(one.right, other.right),
  bottom: Math.max(one.bottom, other.bottom),
});

/** The texts, and every two that may be one: beside each other, or one below the other. */
function joined(texts: readonly Text[]): readonly Text[] {
  const isNext = (one: Text, other: Text) => {
    const tall = Math.max(height(one), height(other));
    const isBeside = Math.abs(one.top - other.top) < tall / 2 && Math.abs(other.left - one.right) < 2 * tall;
    const isBelow = Math.abs(one.left - other.left) < tall && Math.abs(other.top - one.bottom) < tall / 2;
    return isBeside || isBelow;
  };
  const values = texts.filter((text) => !isLabel(text));
  return [
    ...texts,
    ...values.flatMap((one) =>
      values.filter((other) => other !== one && isNext(one, other)).map((other) => together(one, other)),
    ),
  ];
}

/** The line that may be spelled as the name is in the MRZ. */
function findName(lines: readonly Text[], letters: string): PrintedField | null {
  if (letters === "") return null;
  const line = lines.find(({ text }) => canBeSpelled(spellingsOf(text.replaceAll(" ", "")) ?? [], letters));
  return line === undefined ? null : found(line.text, line.text);
}

/** The line, or the word of a line, that is this number. */
function findNumber(lines: readonly Text[], number: string): PrintedField | null {
  if (number.length < 4) return null;
  const printed = lines
    .flatMap(({ text }) => [text, ...text.split(/[ :]+/)])
    .find((part) => compact(part) === compact(number));
  return printed === undefined ? null : found(printed, compact(printed));
}

/** From the first digit to the last one, or to a year behind a month's name. */
const datePart = (text: string) => /\d.*\d/.exec(text)?.[0] ?? "";

function findDate(lines: readonly Text[], dates: readonly PassportDate[]): PrintedField | null {
  for (const { text } of lines) {
    const printed = datePart(text);
    const date = dates.find((one) => printedDateAgrees(printed, one) === true);
    if (date !== undefined) return found(printed, formatDate(date));
  }
  return null;
}

function findSex(texts: readonly Text[], sex: string): PrintedField | null {
  const isSex = ({ text }: Text) => /^[MFX](?:\W+[MFX])?$/.test(text.trim()) && text.includes(sex);
  const printed = /^[MF]$/.test(sex) ? texts.find(isSex) : undefined;
  return printed === undefined ? null : found(printed.text, sex);
}

/** A page prints its state's code above the nationality's. One that stands alone belongs to the label above it. */
function findStates(texts: readonly Text[], states: { readonly issuingState: string; readonly nationality: string }) {
  const isOf = (code: string) => (text: Text) => code !== "" && stateCode(text.text) === mrzStateCode(code);
  const isCode = ({ text }: Text) => /^(?:[A-Z]{3}|D)$/.test(text);
  const inOrder = texts.toSorted((one, other) => one.top - other.top);
  const labels = labelsOf(texts, "nationality");
  const isLabelled = (text: Text) => labels.some((label) => isBelow(label, text));
  const issuing = inOrder.find((text) => isOf(states.issuingState)(text) && isCode(text) && !isLabelled(text));
  const nation = inOrder
    .filter(isOf(states.nationality))
    .findLast((text) => text !== issuing && (isLabelled(text) || isCode(text)));
  return {
    issuing: issuing && found(issuing.text, states.issuingState),
    nation: nation && found(nation.text, states.nationality),
  };
}

const labelsOf = (texts: readonly Text[], name: PrintedFieldName) =>
  texts.filter(({ text }) => LABELS[name].test(compact(text)));

/** Whether a text stands where the value of a label stands: below it, and not far to the side. */
function isBelow(label: Text, text: Text): boolean {
  const gap = text.top - label.bottom;
  const isNear = gap > -height(label) / 2 && gap < 1.5 * height(label);
  return isNear && text.left > label.left - 2 * height(label) && text.left < label.right;
}

type Parse = (text: string) => PrintedField | null;

function byLabel(lines: readonly Text[], name: PrintedFieldName, parse: Parse): PrintedField {
  const values = lines.filter((text) => text.confidence >= SURE && !isLabel(text));
  const fields = labelsOf(lines, name)
    .flatMap((label) => values.filter((text) => isBelow(label, text)).toSorted((one, other) => one.left - other.left))
    .map(({ text }) => parse(text));
  return fields.find((field) => field !== null) ?? NOT_FOUND;
}

const asName: Parse = (text) => (/^[\p{L} '-]{2,}$/u.test(text) ? found(text, text) : null);
const asNumber: Parse = (text) => (/\d{3}/.test(text) ? found(text, compact(text)) : null);
const asState: Parse = (text) => (/^[\p{L} /.]{3,}$/u.test(text) ? found(text, stateCode(text)) : null);
const asSex: Parse = (text) => (/^[MFX]$/.test(text) ? found(text, text) : null);
const asPlace: Parse = (text) => (/\p{Lu}{3}/u.test(text) && !/\p{Ll}{3}/u.test(text) ? found(text, text) : null);

const asDate: Parse = (text) => {
  const printed = datePart(text);
  const date = parsePrintedDate(printed);
  return date === null ? null : found(printed, formatDate(date));
};

const beginsWithDay = ({ printed, value }: PrintedField) => {
  const [, month, day] = value?.split("-") ?? [];
  return day !== month && printed?.startsWith(day ?? "") === true;
};

/** A date that is not another one. Whether its day comes before its month, the others show. */
const asOtherDate =
  (others: readonly PassportDate[], isDayFirst: boolean): Parse =>
  (text) => {
    if (others.some((date) => printedDateAgrees(text, date) === true)) return null;
    const [printed, day = "", month = "", year = ""] = /(\d\d)\W(\d\d)\W(\d{4})/.exec(text) ?? [];
    const isClear = printed === undefined || !isDayFirst || Number(month) > 12 || Number(day) > 31;
    return isClear ? asDate(text) : found(printed, `${year}-${month}-${day}`);
  };
