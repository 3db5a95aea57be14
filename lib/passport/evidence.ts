/**
 * What is read about one field, and what it comes to: {@link TABLE}.
 *
 * Two engines read the MRZ. The model reads it together with the printed zone, so it may misread both alike. The reader
 * reads the MRZ alone and has not seen the model's answer.
 *
 * | state | means |
 * |---|---|
 * | `confirmed` | the printed zone and an MRZ line that the reader is sure of say the same; if a check digit covers the field, it holds. |
 * | `agreed` | the printed zone and the MRZ say the same, and any check digits hold, but the model alone has read both. |
 * | `checked` | a check supports the value, but no second zone says the whole of it: check digits without a printed value; a name that fits under a rule that other names fit too; a repaired value that the page repeats; a disagreement that a second reading settled. |
 * | `single_source` | one zone only, and nothing to check it by. |
 * | `conflict` | the zones or the readings disagree, or a check digit contradicts the value. |
 * | `missing` | nothing was read. |
 */
import type { CenturySource } from "./dates/calendar.ts";

/** The states of a field, strongest first. */
export const FIELD_STATES = ["confirmed", "agreed", "checked", "single_source", "conflict", "missing"] as const;
export type FieldState = (typeof FIELD_STATES)[number];

/**
 * What the printed zone says of a value of the MRZ: the same; the same under a rule that also fits other values; another
 * value that the check digits support alike; another value; nothing.
 */
export const AGREEMENTS = ["agrees", "partly", "blind", "differs", "silent"] as const;
export type Agreement = (typeof AGREEMENTS)[number];

/**
 * What the check digits say of a value: its own and the composite one hold as read, only the composite one fails, a
 * repair made them hold, its own one fails, or no digit covers the field.
 */
export type Digits = "hold" | "composite_fails" | "repaired" | "fail" | "none";

/** A value as the result reports it. */
export interface Reported {
  readonly value: string | null;
  /** Dates only. */
  readonly centurySource: CenturySource | null;
  /** The calendar does not have the date that was read. */
  readonly impossible: boolean;
}

/** The readings of the MRZ: the model's first and second one, and the independent reader's. */
export const MRZ_SOURCES = ["first", "second", "reader"] as const;
export type MrzSource = (typeof MRZ_SOURCES)[number];

/** What one reading of the MRZ says about a field. */
export interface MrzValue {
  readonly from: MrzSource;
  readonly value: string;
  readonly digits: Digits;
  /** A repair of the line touched the value, its check digit or its place. */
  readonly repaired: boolean;
}

/** What the printed zone says about a field. */
export interface PrintedValue {
  /** Null if nothing was read. */
  readonly value: string | null;
  /** The characters as printed. */
  readonly characters: string | null;
  /** The printed characters and the model's normalised value contradict each other. */
  readonly contradictory: boolean;
  /** What to report if nothing but the printed zone speaks; the value itself unless given. */
  readonly reported?: Reported;
}

/** All that was read about one field, and how to compare it. */
export interface FieldEvidence {
  readonly printed: PrintedValue;
  /** What at most two readings of the MRZ say: the model's first one, then the one that is held against it. */
  readonly mrz: readonly MrzValue[];
  /** Compares the printed value with one of the MRZ. */
  readonly compare: (mrzValue: string) => Agreement;
  /** What to report for a value of the MRZ, with which the printed zone agrees or not; the value itself unless given. */
  readonly report?: (mrzValue: string, agreed: boolean) => Reported;
}

/** A value that is no date, as it is reported. */
export const plain = (value: string | null): Reported => ({ value, centurySource: null, impossible: false });

/** What the MRZ's readings come to before the printed zone is heard: the rows of the table. */
export const STANDINGS = [
  "nothing",
  "reader_holds",
  "both_hold",
  "holds",
  "holds_twice",
  "holds_disputed",
  "rivals",
  "rivals_settled",
  "doubtful",
  "fails",
  "reader_uncovered",
  "uncovered",
  "uncovered_rivals",
  "uncovered_rivals_settled",
] as const;
export type Standing = (typeof STANDINGS)[number];

type Row = Readonly<Record<Agreement, FieldState>>;

/** A row of the table, its cells in the order of {@link AGREEMENTS}. */
const row = (
  agrees: FieldState,
  partly: FieldState,
  blind: FieldState,
  differs: FieldState,
  silent: FieldState,
): Row => ({
  agrees,
  partly,
  blind,
  differs,
  silent,
});

const ONLY_PRINTED = row("single_source", "single_source", "single_source", "single_source", "single_source");
const NEVER = row("conflict", "conflict", "conflict", "conflict", "conflict");

/** The state of a field, by what the MRZ says (row) and what the printed zone says of that (column). */
export const TABLE: Readonly<Record<Standing, Row>> = {
  // Columns: the printed zone agrees, agrees in part, says a blind twin, says something else, says nothing.

  // No reading of the MRZ says anything: the printed value stands alone.
  nothing: ONLY_PRINTED,
  // The reader's value holds, and no reading of the model that holds says otherwise.
  reader_holds: row("confirmed", "checked", "conflict", "conflict", "checked"),
  // The reader and the model say the same, and it holds. Together they outweigh a printed value that the digits exclude.
  both_hold: row("confirmed", "checked", "conflict", "checked", "checked"),
  // The model's value holds; the reader says nothing, or its own value does not hold.
  holds: row("agreed", "checked", "conflict", "conflict", "checked"),
  // Two readings of the model say the same, and it holds: as in `both_hold`, but at best `agreed`.
  holds_twice: row("agreed", "checked", "conflict", "checked", "checked"),
  // A value holds, but another reading, in a line with a misread character somewhere, says something else here.
  holds_disputed: row("checked", "checked", "conflict", "conflict", "checked"),
  // Two readings differ, the digits support both, and the printed zone is not with the later one.
  rivals: NEVER,
  // Two readings differ, the digits support both, and the printed zone is with the later one.
  rivals_settled: row("checked", "conflict", "conflict", "conflict", "conflict"),
  // The value was repaired, or only its composite digit fails.
  doubtful: row("checked", "checked", "conflict", "conflict", "single_source"),
  // The value's own check digit fails.
  fails: NEVER,

  // Names, states, sex: no digit covers them.
  // The reader's value, and no other reading says otherwise.
  reader_uncovered: row("confirmed", "checked", "conflict", "conflict", "single_source"),
  // The model's value alone.
  uncovered: row("agreed", "checked", "conflict", "conflict", "single_source"),
  // Two readings differ, and the printed zone is not with the later one alone.
  uncovered_rivals: NEVER,
  // Two readings differ, and the printed zone is with the later one alone.
  uncovered_rivals_settled: row("checked", "checked", "conflict", "conflict", "conflict"),
};

/** Rows in which a conflict reports the printed value: no check digit speaks for the MRZ's. */
export const CONFLICT_REPORTS_PRINTED: ReadonlySet<Standing> = new Set([
  "fails",
  "reader_uncovered",
  "uncovered",
  "uncovered_rivals",
  "uncovered_rivals_settled",
]);
