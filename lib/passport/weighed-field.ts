/** Turns the evidence on one field into what the result says about it. */
import type { AssessedField, FieldSource } from "./assessment.ts";
import type { Agreement, MrzEvidence, Verdict, Weigh } from "./evidence.ts";
import type { FirstLine } from "./mrz/lines.ts";
import type { RepairedLine } from "./mrz/repair.ts";
import type { PrintedEvidence } from "./printed.ts";
import type { PassportReading, PrintedField } from "./reading.ts";

/** One reading of the MRZ: each line by itself, null where it is not usable. */
export interface ReadMrz {
  readonly line1: FirstLine | null;
  readonly line2: RepairedLine | null;
}

/** All that was read of a passport. */
export interface Readings {
  readonly printed: PassportReading["fields"];
  readonly first: ReadMrz;
  /** The independent second reading of the MRZ alone. */
  readonly second: ReadMrz | null;
  readonly today: Date;
}

/** A field with how it was weighed: the checks need to know of settled disagreements too. */
export interface WeighedField<Field extends AssessedField = AssessedField> {
  readonly field: Field;
  readonly disagreement: Verdict["disagreement"];
  /** The printed characters and the model's normalised value contradict each other. */
  readonly contradictory: boolean;
  /** A value of the printed zone was held against the MRZ's. */
  readonly compared: boolean;
  /** The name stands in the other identifier's place. */
  readonly elsewhere: boolean;
  /** A date that the calendar does not have. */
  readonly impossible: boolean;
}

/** What a reading of the MRZ says about a field, and whether a repair had a part in it. */
export type MrzSource = MrzEvidence & { readonly repaired: boolean };

/** What a second line says about a field that has a check digit. */
export function protectedSource(
  line: RepairedLine | null | undefined,
  name: "documentNumber" | "birthDate" | "expiryDate" | "personalNumber",
): MrzSource | null {
  if (line === null || line === undefined) return null;
  const repaired = line.touched.includes(name);
  const { [name]: own, composite } = line.checkDigits;
  const digits = !own ? "fail" : repaired ? "repaired" : composite ? "hold" : "composite_fails";
  return { value: line[name], digits, repaired };
}

/** What a line says about a field without a check digit; null when the line is not usable. */
export function unprotectedSource(value: string | undefined): MrzSource | null {
  return value === undefined ? null : { value, digits: "none", repaired: false };
}

/** What there is to weigh for one field. */
export interface Weighing {
  readonly evidence: PrintedEvidence;
  readonly field: PrintedField;
  readonly first: MrzSource | null;
  readonly second: MrzSource | null;
  readonly compare: (mrzValue: string) => Agreement;
  readonly weigh: Weigh;
  /** The value to report for one of the MRZ; as it is unless given. */
  readonly report?: (mrzValue: string, agreed: boolean) => string | null;
}

/** The outcome, with the verdict and the MRZ's value that it rests on. */
export type Outcome = WeighedField & { readonly verdict: Verdict; readonly mrzValue: string | null };

/** Weighs one field. */
export function weighField({ evidence, field, first, second, compare, weigh, report }: Weighing): Outcome {
  const verdict = weigh({
    printed: evidence.value !== null,
    first,
    second,
    compare: (mrzValue) => (evidence.contradictory ? "differs" : compare(mrzValue)),
  });
  const best = verdict.best === "first" ? first : verdict.best === "second" ? second : null;
  const fromMrz = best !== null && report !== undefined ? report(best.value, verdict.agreed) : (best?.value ?? null);
  const value = (verdict.best === "printed" ? evidence.value : fromMrz) || null;
  return {
    field: { value, state: stateOf(verdict, value, evidence), sources: sourcesOf(evidence, field, first, second) },
    disagreement: verdict.disagreement,
    contradictory: evidence.contradictory,
    compared: verdict.agreed || verdict.disagreement !== null,
    elsewhere: false,
    impossible: false,
    verdict,
    mrzValue: best?.value ?? null,
  };
}

function stateOf(verdict: Verdict, value: string | null, evidence: PrintedEvidence): AssessedField["state"] {
  if (verdict.state === "conflict") return "conflict";
  if (value === null) return "missing";
  // Nothing but a printed zone that contradicts itself.
  return verdict.best === "printed" && evidence.contradictory ? "conflict" : verdict.state;
}

function sourcesOf(
  evidence: PrintedEvidence,
  { printed }: PrintedField,
  first: MrzSource | null,
  second: MrzSource | null,
): FieldSource[] {
  const sources: FieldSource[] = [];
  if (evidence.value !== null) {
    sources.push({ zone: "printed", value: evidence.value, printed, checkDigit: null, repaired: false });
  }
  if (first !== null && first.value !== "") sources.push(mrzSource("mrz", first));
  if (second !== null && second.value !== "") sources.push(mrzSource("mrz_second_reading", second));
  return sources;
}

function mrzSource(zone: FieldSource["zone"], { value, digits, repaired }: MrzSource): FieldSource {
  const checkDigit = digits === "none" ? "none" : digits === "fail" ? "fails" : "holds";
  return { zone, value, printed: null, checkDigit, repaired };
}
