/** Runs the rules over every kind of genuine and of wrong reading, without the independent reader and with it. */
import { assessPassport, type Assessment } from "../../lib/passport/assess.ts";
import { PASSPORT_FIELDS } from "../../lib/passport/assessment.ts";
import { type PassportReading, passportReadingSchema, type PrintedFieldName } from "../../lib/passport/reading.ts";
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

function assess(reading: PassportReading, lines: readonly [string | null, string | null] | null, today: Date) {
  const reader = lines === null ? undefined : { line1: lines[0], line2: lines[1], reason: null };
  return assessPassport({ reading, reader, today, policy: POLICY });
}

function runGenuine(kind: string, count: number, today: Date, salt: number): GenuineRow {
  const row: GenuineRow = { kind, drawn: 0, flagged: 0, readAgain: 0, reasons: new Map() };
  const readings = drawReadings(count, today, salt);
  const edit = GENUINE_KINDS[kind];
  for (let next = readings.next(false); !next.done;) {
    const { passport, reading, random } = next.value;
    const applies = edit?.(reading, passport, random) ?? false;
    if (applies) {
      const read = passportReadingSchema.parse(reading);
      const lines = [read.mrz.line1, read.mrz.line2] as const;
      const [alone, beside] = [assess(read, null, today), assess(read, lines, today)];
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

/** The wrong fields that an assessment reports in a state that a reader of the result may rely on. */
const wrongIn = (
  { fields }: Assessment,
  passport: SamplePassport,
  wrong: readonly PrintedFieldName[],
  states: RegExp,
) =>
  wrong.some((name) => {
    const { state, value } = fields[name];
    return states.test(state) && value !== null && !isExact(passport, name, value);
  });

/** Some kinds are about marks: there may be none in the value that the page does not print. */
const isExact = (passport: SamplePassport, name: PrintedFieldName, value: string) =>
  isTrue(passport, name, value) &&
  (name !== "surname" || (value.match(/[^ -~]/g) ?? []).every((letter) => passport.surname.includes(letter)));

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
    if (wrong !== null) addWrong(row, passportReadingSchema.parse(reading), passport, wrong, today);
    next = readings.next(wrong !== null);
  }
  return row;
}

function addWrong(
  row: WrongRow,
  reading: PassportReading,
  passport: SamplePassport,
  wrong: readonly PrintedFieldName[],
  today: Date,
): void {
  const [alone, beside] = [assess(reading, null, today), assess(reading, passport.mrz, today)];
  const isIn = (assessment: Assessment, states: RegExp) => wrongIn(assessment, passport, wrong, states);
  const isSilent = (assessment: Assessment) =>
    isIn(assessment, /confirmed|agreed|checked|single_source/) && flagsOf(assessment).length === 0;
  row.drawn++;
  row.agreedAlone += isIn(alone, /confirmed|agreed/) ? 1 : 0;
  row.confirmedBesideReader += isIn(beside, /confirmed|agreed/) ? 1 : 0;
  row.silentAlone += isSilent(alone) ? 1 : 0;
  row.silentBesideReader += isSilent(beside) ? 1 : 0;
  const [first] = flagsOf(alone);
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
