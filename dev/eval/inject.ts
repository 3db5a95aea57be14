/** Puts misreadings into a reading: into the printed zone, into the MRZ, or only into the model's own normalisation. */
import type { MrzReading, PassportReading, PrintedFieldName } from "../../lib/passport/reading.ts";
import { printDate, type SamplePassport } from "../samples/passports.ts";
import type { Random } from "../samples/random.ts";
import { STATE_PROFILES } from "../samples/states.ts";
import { misread, TEXT_KINDS } from "./misreadings.ts";

/** Where a misreading happened: `value_only` and `printed_only` are halves of the printed zone. */
const ZONES = ["printed", "mrz", "value_only", "printed_only"] as const;
export type Zone = (typeof ZONES)[number];

/** A field that both zones may misread, or the layout of the MRZ. */
export type Target = PrintedFieldName | "line1" | "line2";

/** A misreading as it happened. */
export interface Misreading {
  readonly kind: string;
  readonly zone: Zone;
  readonly target: Target;
}

const NAME_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS = "0123456789";
const NUMBER = NAME_LETTERS + DIGITS;
const MRZ = `${NUMBER}<`;

interface Span {
  readonly line: "line1" | "line2";
  readonly start: number;
  readonly end: number;
}

/** Where the MRZ has the fields of a fixed length, their check digits included. */
const FIXED_SPANS: Readonly<Partial<Record<PrintedFieldName, Span>>> = {
  issuingState: { line: "line1", start: 2, end: 5 },
  documentNumber: { line: "line2", start: 0, end: 10 },
  nationality: { line: "line2", start: 10, end: 13 },
  birthDate: { line: "line2", start: 13, end: 20 },
  sex: { line: "line2", start: 20, end: 21 },
  expiryDate: { line: "line2", start: 21, end: 28 },
  personalNumber: { line: "line2", start: 28, end: 44 },
};

function spanOf(target: PrintedFieldName, { line1 }: MrzReading): Span | null {
  const names = (line1 ?? "").slice(5);
  const gap = names.indexOf("<<");
  const end = names.replace(/<+$/, "").length;
  if (target === "surname") return { line: "line1", start: 5, end: 5 + Math.min(gap < 0 ? end : gap, end) };
  if (target !== "givenNames") return FIXED_SPANS[target] ?? null;
  return gap < 0 || gap >= end ? null : { line: "line1", start: 5 + gap + 2, end: 5 + end };
}

/** Misreads one field of the MRZ in place; returns what happened, or null where the field offers nothing to misread. */
export function misreadMrz(reading: MrzReading, target: PrintedFieldName, random: Random): Misreading | null {
  if (target === "sex") return misreadMrzSex(reading, random);
  const span = spanOf(target, reading);
  const line = span === null ? null : reading[span.line];
  if (span === null || line === null) return null;
  const kind = random.pick(TEXT_KINDS);
  const wrong = misread(line.slice(span.start, span.end), kind, MRZ, random);
  if (wrong === null) return null;
  reading[span.line] = line.slice(0, span.start) + wrong + line.slice(span.end);
  return { kind, zone: "mrz", target };
}

function misreadMrzSex(reading: MrzReading, random: Random): Misreading | null {
  const { line2 } = reading;
  if (line2 === null || line2.length < 21) return null;
  const wrong = random.pick([..."MF<KH"].filter((letter) => letter !== line2.charAt(20)));
  reading.line2 = line2.slice(0, 20) + wrong + line2.slice(21);
  return { kind: "wrong_sex", zone: "mrz", target: "sex" };
}

/** Gives a run of fillers of the MRZ the wrong length, or takes one of them for a K. */
export function misreadFillers(reading: MrzReading, random: Random): Misreading | null {
  const target = random.pick(["line1", "line2"] as const);
  const line = reading[target];
  const runs = [...(line ?? "").matchAll(/<+/g)];
  if (line === null || runs.length === 0) return null;
  const run = random.pick(runs);
  if (random.onceIn(4)) {
    const place = run.index + random.below(run[0].length);
    reading[target] = `${line.slice(0, place)}K${line.slice(place + 1)}`;
    return { kind: "filler_as_k", zone: "mrz", target };
  }
  const length = Math.max(0, run[0].length + random.pick([-3, -2, -1, 1, 2, 3, 4]));
  reading[target] = line.slice(0, run.index) + "<".repeat(length) + line.slice(run.index + run[0].length);
  return { kind: "filler_run", zone: "mrz", target };
}

type PrintedZone = Exclude<Zone, "mrz">;

/** Misreads one field of the printed zone in place. */
export function misreadPrinted(
  reading: PassportReading,
  passport: SamplePassport,
  target: PrintedFieldName,
  zone: PrintedZone,
  random: Random,
): Misreading | null {
  const field = reading.fields[target];
  if (field.value === null || field.printed === null) return null;
  const wrong = wrongValue(target, field.value, random);
  if (wrong === null) return null;
  const printed = printAs(passport, target, field.printed, field.value, wrong.value);
  // Where the printed text does not spell the value out (a nationality in words), only the value can be wrong.
  const effective = zone === "printed" && printed === field.printed ? "value_only" : zone;
  if (zone === "printed_only" && printed === field.printed) return null;
  if (zone !== "value_only") field.printed = printed;
  if (zone !== "printed_only") field.value = wrong.value;
  return { kind: wrong.kind, zone: effective, target };
}

interface WrongValue {
  readonly value: string;
  readonly kind: string;
}

function wrongValue(target: PrintedFieldName, value: string, random: Random): WrongValue | null {
  switch (target) {
    case "sex":
      return { value: random.pick([..."MFX"].filter((letter) => letter !== value)), kind: "wrong_sex" };
    case "issuingState":
    case "nationality":
      return random.onceIn(2) ? otherState(value, random) : misreadText(value, NAME_LETTERS, random);
    case "birthDate":
    case "expiryDate":
    case "issueDate":
      return misreadDate(value, random);
    case "documentNumber":
    case "personalNumber":
      return misreadText(value, NUMBER, random);
    default:
      return misreadText(value, NAME_LETTERS, random);
  }
}

function otherState(value: string, random: Random): WrongValue {
  const states = STATE_PROFILES.map((profile) => profile.issuingState).filter((code) => code !== value);
  return { value: random.pick(states), kind: "other_state" };
}

function misreadText(value: string, alphabet: string, random: Random): WrongValue | null {
  const kind = random.pick(TEXT_KINDS);
  const wrong = misread(value, kind, alphabet, random);
  return wrong === null ? null : { value: wrong, kind };
}

function misreadDate(value: string, random: Random): WrongValue | null {
  const kind = random.pick(["random_character", "transposition", "look_alike"] as const);
  const wrong = misread(value, kind, DIGITS, random);
  return wrong === null ? null : { value: wrong, kind: `date_${kind}` };
}

/** How the page would print the wrong value. */
function printAs(
  passport: SamplePassport,
  target: PrintedFieldName,
  printed: string,
  value: string,
  wrong: string,
): string {
  if (target === "birthDate" || target === "expiryDate" || target === "issueDate") {
    const style = STATE_PROFILES[passport.seed % STATE_PROFILES.length]?.dateStyle ?? "iso";
    const month = Number(wrong.slice(5, 7));
    return printDate(wrong, month >= 1 && month <= 12 ? style : "dots");
  }
  if (printed.includes(value)) return printed.replace(value, wrong);
  // Numbers printed in groups.
  return target === "documentNumber" || target === "personalNumber" ? wrong : printed;
}
