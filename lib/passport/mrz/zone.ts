/**
 * The machine readable zone as a whole: its two lines as each reading has them, and what the result says about it.
 *
 * Up to three readings exist: the model's, with the rest of the page; the model's second one, of a picture of the MRZ
 * alone; and the one of an independent reader, which has seen neither. A line that the reader is sure of stands in the
 * place of the second reading.
 */
import type { MrzDetails } from "../assessment.ts";
import type { MrzValue, MrzSource } from "../evidence.ts";
import type { MrzReading, PassportReading, ReaderReading } from "../reading.ts";
import {
  allHold,
  type CheckDigits,
  type FirstLine,
  LINE_LENGTH,
  normaliseLine,
  readFirstLine,
  readSecondLine,
  shortensNames,
  splitLines,
} from "./lines.ts";
import { readAndRepairSecondLine, type RepairedLine } from "./repair.ts";

/** One reading of the MRZ; a line is null if it is not usable. */
interface MrzLines {
  readonly line1: FirstLine | null;
  readonly line2: RepairedLine | null;
}

/** A line with the reading that it is from. */
interface Attributed<Line> {
  readonly line: Line;
  readonly from: MrzSource;
}

/** All readings of the MRZ, line by line. */
export interface Mrz {
  /** At most two readings of a line: the model's first one, and the one to hold against it. */
  readonly line1: readonly Attributed<FirstLine>[];
  readonly line2: readonly Attributed<RepairedLine>[];
  /** The sounder reading of each line. */
  readonly chosen: MrzLines;
  /** The lines that the reader is sure of. */
  readonly readerIsSure: { readonly line1: boolean; readonly line2: boolean };
  /** The reader searched the whole picture and found no machine readable zone. */
  readonly readerFoundNone: boolean;
  /** A second look at the place where the lines should be did not find them. */
  readonly notFoundAgain: boolean;
  readonly details: MrzDetails;
}

interface Readings {
  readonly reading: PassportReading;
  readonly secondMrz: MrzReading | undefined;
  readonly reader: ReaderReading | undefined;
}

/** Reads the lines of each reading. */
export function readMrz({ reading, secondMrz, reader }: Readings): Mrz {
  const first = readLines(reading.mrz);
  const second = secondMrz === undefined ? NO_LINES : readLines(secondMrz);
  const sure = readSureLines(reader);
  const line1 = attribute(first.line1, second.line1, sure.line1);
  const line2 = attribute(first.line2, second.line2, sure.line2);
  const [chosen1, chosen2] = [chooseFirstLine(line1), chooseSecondLine(line2)];
  return {
    line1,
    line2,
    chosen: { line1: chosen1?.line ?? null, line2: chosen2?.line ?? null },
    readerIsSure: { line1: sure.line1 !== null, line2: sure.line2 !== null },
    readerFoundNone: isWithoutZone(reader),
    notFoundAgain: isEmpty(second) && isUnreadable(secondMrz),
    details: {
      ...describeFirstLine(chosen1),
      ...describeSecondLine(chosen2),
      secondReading: secondMrz === undefined ? "none" : compareReadings(first, second),
    },
  };
}

const NO_LINES: MrzLines = { line1: null, line2: null };

const isEmpty = ({ line1, line2 }: MrzLines) => line1 === null && line2 === null;

const isUnreadable = (mrz: MrzReading | undefined) => mrz !== undefined && mrz.unreadable !== null;

const isWithoutZone = (reader: ReaderReading | undefined) =>
  reader !== undefined && reader !== "off" && reader.reason === "no_zone";

function readLines(mrz: MrzReading): MrzLines {
  const { line1, line2 } = splitLines(mrz);
  return { line1: readFirstLine(line1), line2: readAndRepairSecondLine(line2) };
}

/** The reader reports lines as it read them, and only those that it is sure of: nothing is repaired in them. */
function readSureLines(reader: ReaderReading | undefined): MrzLines {
  if (reader === undefined || reader === "off") return NO_LINES;
  const line2 = normaliseLine(reader.line2);
  const isWhole = line2.length === LINE_LENGTH;
  return {
    line1: readFirstLine(reader.line1),
    line2: isWhole ? { ...readSecondLine(line2), repair: null, touched: [] } : null,
  };
}

function attribute<Line>(first: Line | null, second: Line | null, sure: Line | null): Attributed<Line>[] {
  const readings = [
    { line: first, from: "first" },
    sure === null ? ({ line: second, from: "second" } as const) : ({ line: sure, from: "reader" } as const),
  ] as const;
  return readings.flatMap(({ line, from }) => (line === null ? [] : [{ line, from }]));
}

function chooseFirstLine(lines: Mrz["line1"]) {
  return lines.find(({ from }) => from === "reader") ?? lines[0] ?? null;
}

function chooseSecondLine(lines: Mrz["line2"]) {
  const isSound = ({ line }: Attributed<RepairedLine>) => allHold(line.checkDigits);
  const isSoundAsRead = (read: Attributed<RepairedLine>) => isSound(read) && read.line.repair === null;
  const byReader = lines.find((read) => read.from === "reader" && isSoundAsRead(read));
  return byReader ?? lines.find(isSoundAsRead) ?? lines.find(isSound) ?? lines[0] ?? null;
}

/** What the readings of the second line say about a field that has a check digit. */
export function coveredValues(
  { line2 }: Mrz,
  name: "documentNumber" | "birthDate" | "expiryDate" | "personalNumber",
): MrzValue[] {
  return line2.map(({ line, from }) => {
    const repaired = line.touched.includes(name);
    const { [name]: own, composite } = line.checkDigits;
    const digits = !own ? "fail" : repaired ? "repaired" : composite ? "hold" : "composite_fails";
    return { value: line[name], digits, repaired, from };
  });
}

/**
 * The values of a field that may also be empty or hold other data; none if nothing else was read. Other data that
 * the model reads says nothing, unless the reader reads a value there. If the reader reads other data and the model a
 * value, the two contradict each other.
 */
export function valuesBesideOther(
  values: readonly MrzValue[],
  isOther: (value: string) => boolean,
): readonly MrzValue[] {
  if (values.every(({ value }) => isOther(value))) return [];
  const byReader = values.some(({ from }) => from === "reader");
  return byReader ? values : values.filter(({ value }) => !isOther(value));
}

/** What the readings of a line say about a field that no check digit covers. */
export function uncoveredValues<Line>(
  lines: readonly Attributed<Line>[],
  valueOf: (line: Line) => string | null,
): MrzValue[] {
  return lines.flatMap(({ line, from }) => {
    const value = valueOf(line);
    return value === null ? [] : [{ value, digits: "none", repaired: false, from } as const];
  });
}

/** Whether the model's line is there but cannot be used, so that another reading could tell more. */
export function isUnusable({ mrz }: PassportReading, name: "line1" | "line2", { [name]: lines }: Mrz): boolean {
  if (lines.some(({ from }) => from === "first")) return false;
  // A line that is missing without a reason was dropped: the model had written characters without end, or foreign ones.
  return normaliseLine(mrz[name]) !== "" || mrz.unreadable === null;
}

/** Whether the model's second line does not hold as it was read. */
export function failsAsRead({ line2 }: Mrz): boolean {
  const first = line2.find(({ from }) => from === "first")?.line;
  return first !== undefined && (first.repair === "look_alike" || !allHold(first.checkDigits));
}

/** Whether the model reports any of the two lines. */
export function reportsMrz({ line1, line2 }: Mrz): boolean {
  return [...line1, ...line2].some(({ from }) => from === "first");
}

function describeFirstLine(read: Attributed<FirstLine> | null) {
  if (read === null) return { line1: null, documentCode: null, namesShortened: false, line1From: null };
  const { line, documentCode, names } = read.line;
  return { line1: line, documentCode, namesShortened: shortensNames(names), line1From: read.from };
}

function describeSecondLine(read: Attributed<RepairedLine> | null) {
  if (read === null) return { line2: null, checkDigits: null, repaired: null, repairedFields: [], line2From: null };
  const { line, checkDigits, repair, touched } = read.line;
  return {
    line2: line,
    checkDigits: describeDigits(checkDigits),
    repaired: repair,
    repairedFields: [...touched],
    line2From: read.from,
  };
}

function describeDigits(digits: CheckDigits): NonNullable<MrzDetails["checkDigits"]> {
  const describe = (holds: boolean) => (holds ? "passed" : "failed");
  return {
    documentNumber: describe(digits.documentNumber),
    birthDate: describe(digits.birthDate),
    expiryDate: describe(digits.expiryDate),
    personalNumber: describe(digits.personalNumber),
    composite: describe(digits.composite),
  };
}

function compareReadings(first: MrzLines, second: MrzLines): MrzDetails["secondReading"] {
  if (isEmpty(second)) return "unreadable";
  const alike = (one: { line: string } | null, other: { line: string } | null) =>
    other === null || one?.line === other.line;
  return alike(first.line1, second.line1) && alike(first.line2, second.line2) ? "agrees" : "differs";
}
