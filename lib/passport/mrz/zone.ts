/** The machine readable zone as a whole: its two lines in each reading, the sounder of two readings, and its description. */
import type { MrzDetails } from "../assessment.ts";
import type { MrzValue } from "../evidence.ts";
import type { MrzReading } from "../reading.ts";
import { allHold, type CheckDigits, type FirstLine, normaliseLine, readFirstLine, shortensNames } from "./lines.ts";
import { readAndRepairSecondLine, type RepairedLine } from "./repair.ts";

/** One reading of the MRZ; a line is null where it is not usable. */
export interface MrzLines {
  readonly line1: FirstLine | null;
  readonly line2: RepairedLine | null;
}

/** All readings of the MRZ, and the sounder one of each line. */
export interface Mrz {
  readonly first: MrzLines;
  /** The second reading, of a picture of the MRZ alone; null where there was none. */
  readonly second: MrzLines | null;
  readonly chosen: MrzLines;
}

/** Reads the lines of each reading. */
export function readMrz(reading: MrzReading, secondReading: MrzReading | undefined): Mrz {
  const first = readLines(reading);
  const second = secondReading === undefined ? null : readLines(secondReading);
  return { first, second, chosen: chooseLines(first, second) };
}

function readLines({ line1, line2 }: MrzReading): MrzLines {
  return { line1: readFirstLine(line1), line2: readAndRepairSecondLine(line2) };
}

/** Of two readings of a line, the sounder one; the first where they are alike. */
function chooseLines(first: MrzLines, second: MrzLines | null): MrzLines {
  const isSound = (line: RepairedLine) => allHold(line.checkDigits);
  const lines = [first.line2, second?.line2 ?? null].filter((line) => line !== null);
  const line2 = lines.find((line) => isSound(line) && line.repair === null) ?? lines.find(isSound) ?? lines[0] ?? null;
  return { line1: first.line1 ?? second?.line1 ?? null, line2 };
}

/** What a second line says about a field that has a check digit. */
export function coveredValue(
  line: RepairedLine | null | undefined,
  name: "documentNumber" | "birthDate" | "expiryDate" | "personalNumber",
): MrzValue | null {
  if (line === null || line === undefined) return null;
  const repaired = line.touched.includes(name);
  const { [name]: own, composite } = line.checkDigits;
  const digits = !own ? "fail" : repaired ? "repaired" : composite ? "hold" : "composite_fails";
  return { value: line[name], digits, repaired };
}

/** What a line says about a field without a check digit; null where the line is not usable. */
export function uncoveredValue(value: string | undefined): MrzValue | null {
  return value === undefined ? null : { value, digits: "none", repaired: false };
}

/** Whether a line is there but cannot be used: another reading could tell more. */
export function hasUnusableLine({ line1, line2, unreadable }: MrzReading, { first }: Mrz): boolean {
  // A line that is missing without a reason was dropped: the model had written characters without end, or foreign ones.
  const isThere = (raw: string | null) => normaliseLine(raw) !== "" || unreadable === null;
  return (first.line1 === null && isThere(line1)) || (first.line2 === null && isThere(line2));
}

/** Whether the first reading of the second line does not hold as it was read. */
export function failsAsRead({ first: { line2 } }: Mrz): boolean {
  return line2 !== null && (line2.repair === "look_alike" || !allHold(line2.checkDigits));
}

/** What the result says about the MRZ. */
export function describeMrz({ first, second, chosen: { line1, line2 } }: Mrz): MrzDetails {
  return {
    line1: line1?.line ?? null,
    line2: line2?.line ?? null,
    documentCode: line1?.documentCode ?? null,
    checkDigits: line2 === null ? null : describeDigits(line2.checkDigits),
    repaired: line2?.repair ?? null,
    repairedFields: [...(line2?.touched ?? [])],
    namesShortened: line1 !== null && shortensNames(line1.names),
    line1From: line1 === null ? null : line1 === first.line1 ? "first" : "second",
    line2From: line2 === null ? null : line2 === first.line2 ? "first" : "second",
    secondReading: second === null ? "none" : compareReadings(first, second),
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
  if (second.line1 === null && second.line2 === null) return "unreadable";
  const alike = (one: { line: string } | null, other: { line: string } | null) =>
    other === null || one?.line === other.line;
  return alike(first.line1, second.line1) && alike(first.line2, second.line2) ? "agrees" : "differs";
}
