/** Runs the rules over readings of every kind, without the independent reader and beside one that is right. */
import { type Assessment, type AssessmentPolicy, assessPassport } from "../lib/passport/assess.ts";
import { PASSPORT_FIELDS } from "../lib/passport/assessment.ts";
import type { FieldState } from "../lib/passport/evidence.ts";
import {
  type MrzReading,
  type PassportReading,
  passportReadingSchema,
  type PrintedFieldName,
} from "../lib/passport/reading.ts";
import { genuineReading, type SamplePassport, samplePassport } from "../dev/samples/passports.ts";
import { createRandom, type Random } from "../dev/samples/random.ts";
import type { Edit, Kinds } from "./edit.ts";
import { GENUINE_KINDS } from "./genuine-kinds.ts";
import { MISREADINGS } from "./misreadings.ts";
import { isTrue } from "./truth.ts";
import { IN_BOTH_ZONES, IN_ONE_ZONE } from "./wrong-kinds.ts";

/** What an operator might set. */
export const POLICY: AssessmentPolicy = { minimumAgeYears: 18, expiresSoonDays: 180, allowSpecimen: false };

/** What happened to the readings of one kind. */
export interface Row {
  readonly kind: string;
  drawn: number;
  /** Readings against which anything is said. */
  flagged: number;
  /** Readings that would cost another request. */
  readAgain: number;
  /** Readings with a wrong value that came out `confirmed` or `agreed`: without the reader, the MRZ read a second time, and beside the reader. */
  agreedAlone: number;
  agreedReadAgain: number;
  agreedBesideReader: number;
  /** Readings with a wrong value that looks usable, and against which nothing is said. */
  silentAlone: number;
  silentBesideReader: number;
  /** What is said first against them without the reader, and how often. */
  readonly reasons: Map<string, number>;
}

/** How much to run. */
interface EvalSize {
  /** Ordinary genuine readings. */
  readonly ordinary: number;
  /** Readings of each other kind. */
  readonly ofEachKind: number;
  readonly seed: number;
  readonly today: Date;
}

/** How often each state came out, by field. */
export type FieldStates = ReadonlyMap<PrintedFieldName, Partial<Record<FieldState, number>>>;

/** The outcome of an eval. */
export interface EvalSummary {
  readonly ordinaryStates: FieldStates;
  readonly genuine: readonly Row[];
  readonly misread: readonly Row[];
  readonly inOneZone: readonly Row[];
  readonly inBothZones: readonly Row[];
}

/** Passports to try for each that is drawn: not every passport has a case of every kind. */
const TRIES = 8;

type IsWrong = (field: PrintedFieldName, value: string) => boolean;

/** Whether the passport does not have a value, and its genuine reading does not come out so either. */
export function createIsWrong(passport: SamplePassport, today: Date): IsWrong {
  // A name that the MRZ has no room for comes out in part.
  const reading = passportReadingSchema.parse(genuineReading(passport));
  const { fields } = assessPassport({ reading, today, policy: POLICY });
  return (field, value) => !isTrue(passport, field, value) && fields[field].value !== value;
}

/** One reading, and what the rules make of it. */
interface Trial {
  readonly isWrong: IsWrong;
  readonly alone: Assessment;
  readonly readAgain: Assessment;
  readonly besideReader: Assessment;
}

/** The ways in which a model writes the same MRZ. */
const FORMS: readonly ((line: string) => string)[] = [
  (line) => line,
  (line) => line.toLowerCase(),
  (line) => line.replaceAll("<<", "«<"),
  (line) => `${line.slice(0, 20)} ${line.slice(20)}`,
];

function assessAll(
  edited: PassportReading,
  mrz: MrzReading,
  { passport, today, random }: { passport: SamplePassport; today: Date; random: Random },
): Trial {
  const reading = passportReadingSchema.parse(edited);
  const [reader, secondMrz] = [{ ...mrz, reason: null }, random.pick([mrz, reading.mrz])];
  const assess = (others: object) => assessPassport({ reading, today, policy: POLICY, ...others });
  return {
    isWrong: createIsWrong(passport, today),
    alone: assess({}),
    readAgain: assess({ secondMrz }),
    besideReader: assess({ reader }),
  };
}

/** Readings of a kind that is genuine: what the edit makes of the MRZ is what the page says. */
function* genuineTrials(edit: Edit, { count, seed, today }: Size): Generator<Trial> {
  for (const { passport, reading, random } of edited(edit, { count, seed, today })) {
    const { line1, line2 } = reading.mrz;
    const form = random.pick(FORMS);
    const mrz = { ...reading.mrz, line1: form(line1 ?? ""), line2: form(line2 ?? "") };
    yield assessAll({ ...reading, mrz }, reading.mrz, { passport, today, random });
  }
}

/** Readings of a kind that is wrong: the page says what the passport does. */
function* wrongTrials(edit: Edit, size: Size): Generator<Trial> {
  for (const { passport, reading, random } of edited(edit, size))
    yield assessAll(reading, genuineReading(passport).mrz, { passport, today: size.today, random });
}

interface Size {
  readonly count: number;
  readonly seed: number;
  readonly today: Date;
}

/** Genuine readings to which the edit could be applied, until there are `count`. */
export function* edited(edit: Edit, { count, seed, today }: Size) {
  let drawn = 0;
  for (let index = 0; drawn < count && index < count * TRIES; index++) {
    const passport = samplePassport(index + seed, today);
    const reading = genuineReading(passport);
    const random = createRandom(index + seed * 1_000);
    if (!edit(reading, passport, random)) continue;
    drawn++;
    yield { passport, reading, random };
  }
}

/** What is said against an assessment. A reader that did not read flags nobody. */
const flagsOf = ({ verdict, checks, fields }: Assessment): string[] => [
  ...(verdict === "passport" ? [] : [verdict]),
  ...checks
    .filter(({ state }) => state === "failed" || state === "warning")
    .flatMap(({ reasons }) => reasons.map(({ code }) => code)),
  ...PASSPORT_FIELDS.filter((name) => fields[name].state === "conflict").map((name) => `${name} in conflict`),
];

/** How far an assessment trusts wrong values. Silent: a wrong value looks usable, and nothing is said against the reading. */
export function judgeWrong(assessment: Assessment, isWrong: IsWrong) {
  const states = PASSPORT_FIELDS.flatMap((name) => {
    const { state, value } = assessment.fields[name];
    return value !== null && isWrong(name, value) ? [state] : [];
  });
  const isConfirmed = states.includes("confirmed");
  return {
    isConfirmed,
    isAgreed: isConfirmed || states.includes("agreed"),
    isSilent: states.some((state) => state !== "conflict") && flagsOf(assessment).length === 0,
  };
}

/** Counts a trial. */
function add(row: Row, { isWrong, alone, readAgain, besideReader }: Trial): void {
  const isAgreed = (assessment: Assessment) => Number(judgeWrong(assessment, isWrong).isAgreed);
  const isSilent = (assessment: Assessment) => Number(judgeWrong(assessment, isWrong).isSilent);
  const [first] = flagsOf(alone);
  row.drawn++;
  row.flagged += Number(first !== undefined || flagsOf(besideReader).length > 0);
  row.readAgain += Number(alone.needsSecondReading || besideReader.needsSecondReading);
  row.agreedAlone += isAgreed(alone);
  row.agreedReadAgain += isAgreed(readAgain);
  row.agreedBesideReader += isAgreed(besideReader);
  row.silentAlone += isSilent(alone);
  row.silentBesideReader += isSilent(besideReader);
  if (first !== undefined) row.reasons.set(first, (row.reasons.get(first) ?? 0) + 1);
}

function tally(kind: string, trials: Iterable<Trial>): Row {
  const row: Row = {
    kind,
    drawn: 0,
    flagged: 0,
    readAgain: 0,
    agreedAlone: 0,
    agreedReadAgain: 0,
    agreedBesideReader: 0,
    silentAlone: 0,
    silentBesideReader: 0,
    reasons: new Map(),
  };
  for (const trial of trials) add(row, trial);
  return row;
}

/** Runs the whole eval; `onKind` gets the name of the kind that is next. The same size, seed and day give the same figures. */
export function runRulesEval(
  { ordinary, ofEachKind, seed, today }: EvalSize,
  onKind: (kind: string) => void = () => {},
): EvalSummary {
  const rows = (kinds: Kinds, trials: typeof wrongTrials, salt: number) =>
    Object.entries(kinds).map(([kind, edit], index) => {
      onKind(kind);
      return tally(kind, trials(edit, { count: ofEachKind, seed: seed + salt + index, today }));
    });
  const ordinaryStates: FieldStates = new Map(PASSPORT_FIELDS.map((name) => [name, {}]));
  const pages = genuineTrials(() => true, { count: ordinary, seed, today });
  return {
    ordinaryStates,
    genuine: [tally("ordinary", counting(pages, ordinaryStates)), ...rows(GENUINE_KINDS, genuineTrials, 0)],
    misread: rows(MISREADINGS, wrongTrials, 300),
    inOneZone: rows(IN_ONE_ZONE, wrongTrials, 100),
    inBothZones: rows(IN_BOTH_ZONES, wrongTrials, 200),
  };
}

/** Passes the trials on and counts the states of their fields. */
function* counting(trials: Iterable<Trial>, counts: FieldStates): Generator<Trial> {
  for (const trial of trials) {
    for (const [name, states] of counts) {
      const { state } = trial.alone.fields[name];
      states[state] = (states[state] ?? 0) + 1;
    }
    yield trial;
  }
}
