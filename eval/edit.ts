/** An edit of a genuine reading: what a kind of page, or of mistake, changes in it. */
import type { PassportReading, PrintedFieldName } from "../lib/passport/reading.ts";
import { checkDigit } from "../dev/samples/mrz-lines.ts";
import type { SamplePassport } from "../dev/samples/passports.ts";
import type { Random } from "../dev/samples/random.ts";

/** Changes a genuine reading in place; false where the passport offers no case of the kind. */
export type Edit = (reading: PassportReading, passport: SamplePassport, random: Random) => boolean;

/** Edits by the name of their kind in the report. */
export type Kinds = Readonly<Record<string, Edit>>;

/** Replaces a printed field: its value, and what is printed where that differs. Returns true, as the last step of an edit. */
export function putField(reading: PassportReading, name: PrintedFieldName, value: string, printed = value): true {
  reading.fields[name] = { printed, value, unreadable: null };
  return true;
}

/** Replaces the names of the first line; false where they do not fit. */
export function putNames(reading: PassportReading, names: string): boolean {
  const line = `${(reading.mrz.line1 ?? "").slice(0, 5)}${names.replaceAll(" ", "<")}`;
  if (line.length > 42) return false;
  reading.mrz.line1 = line.padEnd(44, "<");
  return true;
}

/** Replaces characters of the second line and computes its check digits again. */
export function putLine2(reading: PassportReading, start: number, text: string): true {
  const before = reading.mrz.line2 ?? "";
  const line = before.slice(0, start) + text + before.slice(start + text.length);
  const field = (from: number, to: number) => line.slice(from, to) + checkDigit(line.slice(from, to));
  const optional = line.slice(28, 42) === "<".repeat(14) ? line.slice(28, 43) : field(28, 42);
  const body = `${field(0, 9)}${line.slice(10, 13)}${field(13, 19)}${line.charAt(20)}${field(21, 27)}${optional}`;
  reading.mrz.line2 = body + checkDigit(body.slice(0, 10) + body.slice(13, 20) + body.slice(21, 43));
  return true;
}

/** The names of a passport whose MRZ has them as the page prints them, whole; `undefined` for any other. */
export function plainNames({ surname, mrzSurname, givenNames, mrzGivenNames, mrz }: SamplePassport) {
  const isPlain = surname === mrzSurname && givenNames === mrzGivenNames && !/[A-Z]$/.test(mrz[0]);
  return isPlain && surname !== "" ? { surname, givenNames } : undefined;
}
