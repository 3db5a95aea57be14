/** Runs the rules over every kind of genuine and of wrong reading, without the independent reader and with it. */
import { assessPassport, type Assessment } from "../../lib/passport/assess.ts";
import { PASSPORT_FIELDS } from "../../lib/passport/assessment.ts";
import {
  type PassportReading,
  passportReadingSchema,
  type PrintedFieldName,
  type ReaderReading,
} from "../../lib/passport/reading.ts";
import { genuineReading, type SamplePassport, samplePassport } from "../samples/passports.ts";
import { createRandom, type Random } from "../samples/random.ts";
import { GENUINE_KINDS } from "./genuine-kinds.ts";
import { POLICY } from "./trials.ts";
import { isTrue } from "./truth.ts";
import { IN_BOTH_ZONES, IN_ONE_ZONE, type Wrong } from "./wrong-kinds.ts";

/** What happened to the readings of one genuine kind. */
export interface GenuineRow {
  readonly kind: string;
  drawn: number;
  flagged: number;
  /** Readings that would cost another request without being able to tell more. */
  readAgain: number;
  /** What was said against them, and how often. */
  readonly reasons: Map<string, number>;
}

/** What happened to the readings of one wrong kind. */
export interface WrongRow {
  readonly kind: string;
  drawn: number;
  /** Wrong values that came out `agreed` without the reader, and `confirmed` with it. */
  agreedAlone: number;
  confirmedBesideReader: number;
  /** Wrong values of which nothing is said, without the reader and with it. */
  silentAlone: number;
  silentBesideReader: number;
  /** The check that sees it first, without the reader. */
  readonly seenBy: Map<string, number>;
}

/** Every kind. */
export interface KindsSummary {
  readonly genuine: readonly GenuineRow[];
  readonly inOneZone: readonly WrongRow[];
  readonly inBothZones: readonly WrongRow[];
}

const add = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);

/** Passports to try for each that is drawn: not every passport has a case of every kind. */
const TRIES = 8;

interface Drawn {
  readonly passport: SamplePassport;
  readonly reading: PassportReading;
  readonly random: Random;
}

/** Readings to edit, until `count` of them were of use, which the caller answers each time. */
function* drawReadings(count: number, today: Date, salt: number): Generator<Drawn, void, boolean> {
  let drawn = 0;
  for (let seed = 0; drawn < count && seed < count * TRIES; seed++) {
    const passport = samplePassport(seed * 7 + salt, today);
    const reading = genuineReading(passport);
    const done = yield { passport, reading, random: createRandom(seed + salt * 1_000) };
    if (done) drawn++;
  }
}

/** What is said against an assessment. */
const flagsOf = ({ verdict, checks, fields }: Assessment): string[] => [
  ...(verdict === "passport" ? [] : [verdict]),
  ...checks
    .filter(({ state }) => state === "failed" || state === "warning")
    .flatMap(({ reasons }) => reasons.map(({ code }) => code)),
  ...PASSPORT_FIELDS.filter((name) => fields[name].state === "conflict").map((name) => `${name} in conflict`),
];

const assess = (reading: PassportReading, reader: ReaderReading | undefined, today: Date) =>
  assessPassport({ reading, reader, today, policy: POLICY });

/** A reader that is sure of both lines. */
const sureOf = ([line1, line2]: SamplePassport["mrz"]): ReaderReading => ({ line1, line2, reason: null });

function runGenuine(kind: string, count: number, today: Date, salt: number): GenuineRow {
  const row: GenuineRow = { kind, drawn: 0, flagged: 0, readAgain: 0, reasons: new Map() };
  const readings = drawReadings(count, today, salt);
  const edit = GENUINE_KINDS[kind];
  for (let next = readings.next(false); !next.done;) {
    const { passport, reading, random } = next.value;
    const applies = edit?.(reading, passport, random) ?? false;
    if (applies) {
      const read = passportReadingSchema.parse(reading);
      const { line1, line2 } = read.mrz;
      const [alone, beside] = [assess(read, undefined, today), assess(read, { line1, line2, reason: null }, today)];
      const flags = new Set([...flagsOf(alone), ...flagsOf(beside)]);
      row.drawn++;
      row.flagged += flags.size > 0 ? 1 : 0;
      row.readAgain += alone.needsSecondReading || beside.needsSecondReading ? 1 : 0;
      for (const flag of flags) add(row.reasons, flag);
    }
    next = readings.next(applies);
  }
  return row;
}

/** Some kinds are about marks: there may be none in the value that the page does not print. */
const isExact = (passport: SamplePassport, name: PrintedFieldName, value: string) =>
  isTrue(passport, name, value) &&
  (name !== "surname" || (value.match(/[^ -~]/g) ?? []).every((letter) => passport.surname.includes(letter)));

interface WrongReading {
  readonly reading: PassportReading;
  readonly passport: SamplePassport;
  /** The fields that are wrong. */
  readonly wrong: readonly PrintedFieldName[];
  readonly reader: ReaderReading | undefined;
  readonly today: Date;
}

/** What comes of a wrong reading: the states in which a wrong value is reported, and what is said against the reading. */
export function judgeWrong({ reading, passport, wrong, reader, today }: WrongReading) {
  const assessment = assess(passportReadingSchema.parse(reading), reader, today);
  const states = wrong.flatMap((name) => {
    const { state, value } = assessment.fields[name];
    return value === null || isExact(passport, name, value) ? [] : [state];
  });
  const flags = flagsOf(assessment);
  return {
    isConfirmed: states.includes("confirmed"),
    isTrusted: states.includes("confirmed") || states.includes("agreed"),
    isSilent: states.some((state) => state !== "conflict") && flags.length === 0,
    flags,
  };
}

function runWrong(kind: string, edit: Wrong, count: number, today: Date, salt: number): WrongRow {
  const row: WrongRow = {
    kind,
    drawn: 0,
    agreedAlone: 0,
    confirmedBesideReader: 0,
    silentAlone: 0,
    silentBesideReader: 0,
    seenBy: new Map(),
  };
  const readings = drawReadings(count, today, salt);
  for (let next = readings.next(false); !next.done;) {
    const { passport, reading, random } = next.value;
    const wrong = edit(reading, passport, random);
    if (wrong !== null) addWrong(row, { reading, passport, wrong, today });
    next = readings.next(wrong !== null);
  }
  return row;
}

function addWrong(row: WrongRow, trial: Omit<WrongReading, "reader">): void {
  const alone = judgeWrong({ ...trial, reader: undefined });
  const beside = judgeWrong({ ...trial, reader: sureOf(trial.passport.mrz) });
  row.drawn++;
  row.agreedAlone += alone.isTrusted ? 1 : 0;
  row.confirmedBesideReader += beside.isTrusted ? 1 : 0;
  row.silentAlone += alone.isSilent ? 1 : 0;
  row.silentBesideReader += beside.isSilent ? 1 : 0;
  const [first] = alone.flags;
  if (first !== undefined) add(row.seenBy, first);
}

/** Runs every kind, `count` readings each. */
export function runKinds(count: number, today: Date): KindsSummary {
  const wrong = (kinds: Readonly<Record<string, Wrong>>, salt: number) =>
    Object.entries(kinds).map(([kind, edit], index) => runWrong(kind, edit, count, today, salt + index));
  return {
    genuine: Object.keys(GENUINE_KINDS).map((kind, index) => runGenuine(kind, count, today, index)),
    inOneZone: wrong(IN_ONE_ZONE, 100),
    inBothZones: wrong(IN_BOTH_ZONES, 200),
  };
}
