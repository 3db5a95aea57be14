/**
 * The same wrong value in both zones: a class of its own, because no comparison of the zones can see it. Check digits
 * see some of it, the table of states and the calendar some more, and a second reading of the MRZ what it reads right.
 */
import { assessPassport, type Assessment } from "../../lib/passport/assess.ts";
import type { PassportReading, PrintedFieldName } from "../../lib/passport/reading.ts";
import { genuineReading, printDate, samplePassport, type SamplePassport } from "../samples/passports.ts";
import { createRandom, type Random } from "../samples/random.ts";
import { TARGETS } from "./inject.ts";
import { misread, TEXT_KINDS, type TextKind } from "./misreadings.ts";
import { POLICY } from "./trials.ts";

/** One wrong value that both zones agree on, without and with a second reading that is right. */
export interface AgreedTrial {
  readonly target: PrintedFieldName;
  readonly kind: TextKind | "wrong_sex";
  readonly alone: Assessment;
  readonly withSecond: Assessment;
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS = "0123456789";

/** Draws a wrong value and reads it in both zones; null where the field offers none. */
export function agreedTrial(seed: number, today: Date): AgreedTrial | null {
  const passport = samplePassport(seed, today);
  const random = createRandom(seed + 3_000_000_000);
  const target = random.pick(TARGETS);
  const kind = target === "sex" ? "wrong_sex" : random.pick(TEXT_KINDS);
  const reading = genuineReading(passport);
  if (!writeBoth(reading, passport, target, kind, random)) return null;
  const second = { line1: passport.mrz[0], line2: passport.mrz[1], unreadable: null };
  return {
    target,
    kind,
    alone: assessPassport({ reading, today, policy: POLICY }),
    withSecond: assessPassport({ reading, secondMrz: second, today, policy: POLICY }),
  };
}

interface Place {
  readonly line: "line1" | "line2";
  readonly start: number;
  readonly width: number;
  readonly alphabet: string;
  readonly text: string;
}

function placeOf(passport: SamplePassport, target: PrintedFieldName): Place | null {
  const [line1, line2] = passport.mrz;
  switch (target) {
    case "surname":
    case "givenNames": {
      const text = target === "surname" ? passport.mrzSurname : passport.mrzGivenNames;
      const letters = text.replaceAll(" ", "<");
      // Only names without marks, so that one text can stand in both zones, and only where they fit.
      const start = line1.indexOf(letters, 5);
      const plain = text === passport[target] && text !== "" && start >= 5 && !/[A-Z]$/.test(line1);
      return plain ? { line: "line1", start, width: letters.length, alphabet: LETTERS, text: letters } : null;
    }
    case "issuingState":
      return { line: "line1", start: 2, width: 3, alphabet: LETTERS, text: passport.issuingState };
    case "nationality":
      return { line: "line2", start: 10, width: 3, alphabet: LETTERS, text: passport.nationality };
    case "documentNumber":
      return { line: "line2", start: 0, width: 9, alphabet: LETTERS + DIGITS, text: passport.documentNumber };
    case "birthDate":
    case "expiryDate": {
      const start = target === "birthDate" ? 13 : 21;
      return { line: "line2", start, width: 6, alphabet: DIGITS, text: line2.slice(start, start + 6) };
    }
    case "personalNumber": {
      const text = passport.personalNumber ?? "";
      const plain = /^[A-Z0-9]+$/.test(text);
      return plain ? { line: "line2", start: 28, width: 14, alphabet: LETTERS + DIGITS, text } : null;
    }
    case "sex":
      return { line: "line2", start: 20, width: 1, alphabet: LETTERS, text: passport.sex };
    case "issueDate":
    case "placeOfBirth":
      return null;
  }
}

function writeBoth(
  reading: PassportReading,
  passport: SamplePassport,
  target: PrintedFieldName,
  kind: AgreedTrial["kind"],
  random: Random,
): boolean {
  const place = placeOf(passport, target);
  if (place === null) return false;
  const wrong =
    kind === "wrong_sex" ? (passport.sex === "M" ? "F" : "M") : misread(place.text, kind, place.alphabet, random);
  if (wrong === null || wrong.length > place.width + (place.line === "line1" ? 1 : 0)) return false;
  const line = reading.mrz[place.line] ?? "";
  const rest = line.slice(place.start + place.width);
  const written =
    line.slice(0, place.start) + wrong.padEnd(place.line === "line1" ? wrong.length : place.width, "<") + rest;
  reading.mrz[place.line] = written.length > 44 ? written.slice(0, 44) : written.padEnd(44, "<");
  const value = asPrinted(passport, target, wrong);
  reading.fields[target] = { printed: value.printed, value: value.value, unreadable: null };
  return true;
}

function asPrinted(passport: SamplePassport, target: PrintedFieldName, wrong: string) {
  if (target !== "birthDate" && target !== "expiryDate") {
    const value = wrong.replaceAll("<", " ").trim();
    return { printed: value, value };
  }
  const century = passport[target].slice(0, 2);
  const value = `${century}${wrong.slice(0, 2)}-${wrong.slice(2, 4)}-${wrong.slice(4, 6)}`;
  return { printed: printDate(value, "dots"), value };
}
