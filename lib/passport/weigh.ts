/** Weighs what the printed zone and the readings of the MRZ say about one field, by the table of states. */
import {
  type Agreement,
  CONFLICT_REPORTS_PRINTED,
  type FieldEvidence,
  type FieldState,
  type MrzValue,
  plain,
  type PrintedValue,
  type Reported,
  type Standing,
  TABLE,
} from "./evidence.ts";

/** A field's state, with what is reported and what the checks need to know. */
export interface Weighed {
  readonly state: FieldState;
  readonly reported: Reported;
  /** How the zones disagree, or two readings of the model, settled or not. */
  readonly disagreement: "blind" | "differs" | null;
  /** The reader and the model read different values in the MRZ, and the check digits cannot tell which is right. */
  readonly readersDisagree: boolean;
  /** A value of the printed zone was compared with the MRZ's. */
  readonly compared: boolean;
  readonly impossible: boolean;
  readonly evidence: FieldEvidence;
}

/** A value of the MRZ, and what the printed zone says of it. */
type Statement = MrzValue & { readonly agreement: Agreement };

/** Weighs one field. */
export function weigh(evidence: FieldEvidence): Weighed {
  const { printed } = evidence;
  const statements = evidence.mrz.map((mrz) => hear(evidence, mrz));
  const stands = standingOf(statements);
  const agreement = stands.best?.agreement ?? "silent";
  const looked = TABLE[stands.standing][agreement];
  const reportsPrinted = doesReportPrinted(stands, looked, printed);
  const reported = reportedOf(evidence, stands.best, reportsPrinted);
  // A page that contradicts itself as it was read says nothing about the MRZ.
  const disagreement = printed.contradictory ? null : disagreementOf(stands, statements);
  return {
    state: reportsPrinted && printed.contradictory ? "conflict" : stateOf(looked, reported),
    reported: { ...reported, value: reported.value || null },
    disagreement,
    readersDisagree: doReadersDisagree(stands.standing, statements),
    compared: isAgreed(agreement) || disagreement !== null,
    impossible: reported.impossible || (printed.reported?.impossible ?? false),
    evidence,
  };
}

/** The table's state; `conflict` for a date that cannot be, `missing` without a value. */
function stateOf(looked: FieldState, { value, impossible }: Reported): FieldState {
  if (looked === "conflict" || impossible) return "conflict";
  return value ? looked : "missing";
}

function doesReportPrinted({ standing, best }: Stands, looked: FieldState, printed: PrintedValue): boolean {
  if (best === null) return true;
  const isPrinted = printed.value !== null && !printed.contradictory;
  return looked === "conflict" && !isAgreed(best.agreement) && isPrinted && CONFLICT_REPORTS_PRINTED.has(standing);
}

function reportedOf({ printed, report = plain }: FieldEvidence, best: Statement | null, reportsPrinted: boolean) {
  if (best === null || reportsPrinted) return printed.reported ?? plain(printed.value);
  return report(best.value, isAgreed(best.agreement));
}

const isAgreed = (agreement: Agreement) => agreement === "agrees" || agreement === "partly";

function hear({ printed, compare }: FieldEvidence, mrz: MrzValue): Statement {
  const agreement = printed.value === null ? "silent" : printed.contradictory ? "differs" : compare(mrz.value);
  return { ...mrz, agreement };
}

const RIVALS: ReadonlySet<Standing> = new Set([
  "rivals",
  "rivals_settled",
  "uncovered_rivals",
  "uncovered_rivals_settled",
]);

function doReadersDisagree(standing: Standing, [first, later]: readonly Statement[]): boolean {
  if (first === undefined || later?.from !== "reader" || first.value === later.value) return false;
  return RIVALS.has(standing) || standing === "doubtful" || standing === "fails";
}

function disagreementOf({ standing, best }: Stands, statements: readonly Statement[]): Weighed["disagreement"] {
  const agreements = statements.map(({ agreement }) => agreement);
  const byReader = statements.some(({ from }) => from === "reader");
  if (RIVALS.has(standing)) {
    // Whether the page goes with either reading is one question, and which of them is right is another one.
    if (byReader && agreements.some(isAgreed)) return null;
    if (standing === "rivals" || standing === "rivals_settled") return byReader ? zonesDiffer(agreements) : "blind";
    return agreements.includes("silent") ? null : "differs";
  }
  return zonesDiffer(best === null ? [] : [best.agreement]);
}

const zonesDiffer = (agreements: readonly Agreement[]) =>
  agreements.includes("blind") ? "blind" : agreements.includes("differs") ? "differs" : null;

interface Stands {
  readonly standing: Standing;
  /** The statement to go by. */
  readonly best: Statement | null;
}

/** What the readings of the MRZ come to: the row of the table. */
function standingOf(statements: readonly Statement[]): Stands {
  const [first, later] = statements;
  if (first === undefined) return { standing: "nothing", best: null };
  return first.digits === "none" ? standingWithoutDigits(first, later) : standingByDigits(first, later);
}

function standingByDigits(first: Statement, later: Statement | undefined): Stands {
  if (first.digits === "hold" && later?.digits === "hold") return standingOfTwo(first, later);
  const sound = [first, later].find((statement) => statement?.digits === "hold");
  if (sound !== undefined) {
    if (sound.from === "reader") return { standing: "reader_holds", best: sound };
    const other = sound === first ? later : first;
    const disputed = other?.digits === "composite_fails" && other.value !== sound.value;
    return { standing: disputed ? "holds_disputed" : "holds", best: sound };
  }
  const doubtful = [first, later].find(
    (statement) => statement?.digits === "composite_fails" || statement?.digits === "repaired",
  );
  return doubtful ? { standing: "doubtful", best: doubtful } : { standing: "fails", best: first };
}

function standingOfTwo(first: Statement, later: Statement): Stands {
  if (first.value === later.value)
    return { standing: later.from === "reader" ? "both_hold" : "holds_twice", best: first };
  return later.agreement === "agrees"
    ? { standing: "rivals_settled", best: later }
    : { standing: "rivals", best: first };
}

function standingWithoutDigits(first: Statement, later: Statement | undefined): Stands {
  const byReader = first.from === "reader" || later?.from === "reader";
  if (later === undefined || first.value === later.value) {
    return { standing: byReader ? "reader_uncovered" : "uncovered", best: first };
  }
  return isAgreed(later.agreement) && !isAgreed(first.agreement) && first.agreement !== "silent"
    ? { standing: "uncovered_rivals_settled", best: later }
    : { standing: "uncovered_rivals", best: first };
}
