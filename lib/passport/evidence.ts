/**
 * Weighs what the printed zone and the readings of the MRZ say about one field: {@link TABLE}.
 *
 * | state | means |
 * |---|---|
 * | `confirmed` | printed zone and MRZ say the same, and every check digit over the value holds as read. No check digit covers names, states and sex: there it means that both zones agree and no reading dissents. |
 * | `checked` | a check holds but no second zone says the whole of it: check digits without a printed value; a printed name that a shortened MRZ cannot contradict; zones that agree on a repaired value; a disagreement that the second reading settled. |
 * | `single_source` | one zone only, and nothing to check it by. |
 * | `conflict` | zones disagree, or a check digit contradicts the value. |
 * | `missing` | nothing was read. |
 */
import type { CenturySource } from "./dates/calendar.ts";

/** The states of a field, strongest first. */
export const FIELD_STATES = ["confirmed", "checked", "single_source", "conflict", "missing"] as const;
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

/** What one reading of the MRZ says about a field. */
export interface MrzValue {
  readonly value: string;
  readonly digits: Digits;
  /** A repair of the line touched the value, its check digit or its place. */
  readonly repaired: boolean;
}

/** What the printed zone says about a field. */
export interface PrintedValue {
  /** Null where nothing was read. */
  readonly value: string | null;
  /** The characters as printed. */
  readonly characters: string | null;
  /** The printed characters and the model's normalised value contradict each other. */
  readonly contradictory: boolean;
  /** What to report where nothing but the printed zone speaks; the value itself unless given. */
  readonly reported?: Reported;
}

/** All that was read about one field, and how to compare it. */
export interface FieldEvidence {
  readonly printed: PrintedValue;
  readonly first: MrzValue | null;
  /** From the second reading of the MRZ. */
  readonly second: MrzValue | null;
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
  "holds",
  "holds_twice",
  "holds_disputed",
  "rivals",
  "rivals_settled",
  "doubtful",
  "fails",
  "uncovered",
  "uncovered_rivals",
  "uncovered_rivals_settled",
] as const;
export type Standing = (typeof STANDINGS)[number];

const ALWAYS_CONFLICT: Readonly<Record<Agreement, FieldState>> = {
  agrees: "conflict",
  partly: "conflict",
  blind: "conflict",
  differs: "conflict",
  silent: "conflict",
};

/** The state of a field, by what the MRZ says (row) and what the printed zone says of that (column). */
export const TABLE: Readonly<Record<Standing, Readonly<Record<Agreement, FieldState>>>> = {
  // No reading of the MRZ says anything: the printed value stands alone.
  nothing: {
    agrees: "single_source",
    partly: "single_source",
    blind: "single_source",
    differs: "single_source",
    silent: "single_source",
  },
  // The check digits hold as read.
  holds: { agrees: "confirmed", partly: "checked", blind: "conflict", differs: "conflict", silent: "checked" },
  // Two readings say the same and their digits hold. They outweigh a printed value that the digits exclude.
  holds_twice: { agrees: "confirmed", partly: "checked", blind: "conflict", differs: "checked", silent: "checked" },
  // The digits hold, but another reading, with a misread character somewhere, says something else here.
  holds_disputed: { agrees: "checked", partly: "checked", blind: "conflict", differs: "conflict", silent: "checked" },
  // Two readings differ and the digits support both: the printed zone is not with the second one.
  rivals: ALWAYS_CONFLICT,
  // Two readings differ and the digits support both: the printed zone is with the second one.
  rivals_settled: { ...ALWAYS_CONFLICT, agrees: "checked" },
  // The value was repaired, or the composite digit fails.
  doubtful: { agrees: "checked", partly: "checked", blind: "conflict", differs: "conflict", silent: "single_source" },
  // The value's own check digit fails.
  fails: ALWAYS_CONFLICT,
  // No digit covers the field: names, states, sex.
  uncovered: {
    agrees: "confirmed",
    partly: "checked",
    blind: "conflict",
    differs: "conflict",
    silent: "single_source",
  },
  // Two readings differ, and the printed zone is not with the second one alone.
  uncovered_rivals: ALWAYS_CONFLICT,
  // Two readings differ, and the printed zone is with the second one alone.
  uncovered_rivals_settled: { ...ALWAYS_CONFLICT, agrees: "checked", partly: "checked" },
};

/** Rows in which a conflict reports the printed value: nothing speaks for the MRZ's. */
const CONFLICT_REPORTS_PRINTED: ReadonlySet<Standing> = new Set([
  "fails",
  "uncovered",
  "uncovered_rivals",
  "uncovered_rivals_settled",
]);

/** A field's state, with what is reported and what the checks need to know. */
export interface Weighed {
  readonly state: FieldState;
  readonly reported: Reported;
  /** How the zones or the readings disagree, settled or not. */
  readonly disagreement: "blind" | "differs" | null;
  /** A value of the printed zone was compared with the MRZ's. */
  readonly compared: boolean;
  readonly impossible: boolean;
  readonly evidence: FieldEvidence;
}

/** A value of the MRZ, and what the printed zone says of it. */
type Statement = MrzValue & { readonly agreement: Agreement };

/** Weighs one field. */
export function weigh(evidence: FieldEvidence): Weighed {
  const { printed, report = plain } = evidence;
  const { standing, best } = standingOf(hear(evidence, evidence.first), hear(evidence, evidence.second));
  const agreement = best?.agreement ?? "silent";
  const agreed = isAgreed(agreement);
  const looked = TABLE[standing][agreement];
  const reportsPrinted =
    best === null ||
    (looked === "conflict" && !agreed && printed.value !== null && CONFLICT_REPORTS_PRINTED.has(standing));
  const reported = reportsPrinted ? (printed.reported ?? plain(printed.value)) : report(best.value, agreed);
  const conflict = looked === "conflict" || reported.impossible || (reportsPrinted && printed.contradictory);
  const disagreement = disagreementOf(standing, agreement);
  return {
    state: conflict ? "conflict" : reported.value ? looked : "missing",
    reported: { ...reported, value: reported.value || null },
    disagreement,
    compared: agreed || disagreement !== null,
    impossible: reported.impossible || (printed.reported?.impossible ?? false),
    evidence,
  };
}

const isAgreed = (agreement: Agreement) => agreement === "agrees" || agreement === "partly";

function hear({ printed, compare }: FieldEvidence, mrz: MrzValue | null): Statement | null {
  if (mrz === null) return null;
  const agreement = printed.value === null ? "silent" : printed.contradictory ? "differs" : compare(mrz.value);
  return { ...mrz, agreement };
}

function disagreementOf(standing: Standing, agreement: Agreement): Weighed["disagreement"] {
  if (standing === "rivals" || standing === "rivals_settled") return "blind";
  if (standing === "uncovered_rivals_settled") return "differs";
  if (standing === "uncovered_rivals") return agreement === "silent" ? null : "differs";
  return agreement === "blind" || agreement === "differs" ? agreement : null;
}

interface Stands {
  readonly standing: Standing;
  /** The statement to go by. */
  readonly best: Statement | null;
}

/** What the readings of the MRZ come to: the row of the table. */
function standingOf(first: Statement | null, second: Statement | null): Stands {
  const covered = [first, second].some((statement) => statement !== null && statement.digits !== "none");
  return covered ? standingByDigits(first, second) : standingWithoutDigits(first, second);
}

function standingByDigits(first: Statement | null, second: Statement | null): Stands {
  const firstHolds = first?.digits === "hold" ? first : null;
  const secondHolds = second?.digits === "hold" ? second : null;
  if (firstHolds !== null && secondHolds !== null) return standingOfTwo(firstHolds, secondHolds);
  const sound = firstHolds ?? secondHolds;
  if (sound !== null) {
    const other = sound === first ? second : first;
    const disputed = other?.digits === "composite_fails" && other.value !== sound.value;
    return { standing: disputed ? "holds_disputed" : "holds", best: sound };
  }
  const doubtful = [first, second].find(
    (statement) => statement?.digits === "composite_fails" || statement?.digits === "repaired",
  );
  return doubtful ? { standing: "doubtful", best: doubtful } : { standing: "fails", best: first ?? second };
}

function standingOfTwo(first: Statement, second: Statement): Stands {
  if (first.value === second.value) return { standing: "holds_twice", best: first };
  return second.agreement === "agrees"
    ? { standing: "rivals_settled", best: second }
    : { standing: "rivals", best: first };
}

function standingWithoutDigits(first: Statement | null, second: Statement | null): Stands {
  const best = first ?? second;
  if (best === null) return { standing: "nothing", best };
  if (first === null || second === null || first.value === second.value) return { standing: "uncovered", best };
  return isAgreed(second.agreement) && !isAgreed(first.agreement) && first.agreement !== "silent"
    ? { standing: "uncovered_rivals_settled", best: second }
    : { standing: "uncovered_rivals", best: first };
}
