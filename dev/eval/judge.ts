/** Judges trials: which values came out `confirmed` although wrong, and which genuine fields were flagged. */
import { PASSPORT_FIELDS } from "../../lib/passport/assessment.ts";
import type { FieldState } from "../../lib/passport/evidence.ts";
import type { PrintedFieldName } from "../../lib/passport/reading.ts";
import type { Misreading } from "./inject.ts";
import type { Trial } from "./trials.ts";
import { isTrue } from "./truth.ts";

/** A field that came out otherwise than it must. */
export interface Violation {
  readonly seed: number;
  readonly field: string;
  readonly kind: string;
  readonly detail: string;
}

/** What one trial showed. */
export interface Findings {
  /** Wrong values that came out `confirmed` or `agreed`: must be none. */
  readonly wrongConfirmed: readonly Violation[];
  /** Wrong values that both zones were made to agree on: counted apart. */
  readonly agreedWrong: readonly Violation[];
  /** Genuine fields in conflict, and checks that did not pass: must be none. */
  readonly flagged: readonly Violation[];
}

/** Whether a misreading touched a field in the printed zone or in a reading of the MRZ. */
function touches(misreading: Misreading, field: PrintedFieldName, zone: "printed" | "mrz"): boolean {
  const inZone = (misreading.zone === "mrz") === (zone === "mrz");
  const wholeLine = misreading.target === "line1" || misreading.target === "line2";
  return inZone && (wholeLine || misreading.target === field);
}

/** Both zones say the same: with the reader, or by the model alone. */
const isAgreed = (state: FieldState) => state === "confirmed" || state === "agreed";

/** A reader that did not read flags nobody. */
const isWithoutReader = ({ name, state }: { name: string; state: string }) =>
  name === "second_reader" && state === "not_executed";

/** Judges a trial with misreadings. */
export function judgeMisread({ passport, misreadings, secondWrong, assessment }: Trial): Findings {
  const wrongConfirmed: Violation[] = [];
  const agreedWrong: Violation[] = [];
  for (const field of PASSPORT_FIELDS) {
    const { value, state } = assessment.fields[field];
    if (!isAgreed(state) || value === null || isTrue(passport, field, value)) continue;
    const kind = misreadings.map((misreading) => `${misreading.kind}@${misreading.zone}`).join("+");
    const found = { seed: passport.seed, field, kind, detail: value };
    const bothZones =
      misreadings.some((misreading) => touches(misreading, field, "printed")) &&
      [...misreadings, ...secondWrong].some((misreading) => touches(misreading, field, "mrz"));
    (bothZones ? agreedWrong : wrongConfirmed).push(found);
  }
  return { wrongConfirmed, agreedWrong, flagged: [] };
}

/** Judges a genuine trial: every field true, none in conflict, every check passed. */
export function judgeGenuine({ passport, assessment }: Trial): Findings {
  const flagged: Violation[] = [];
  const wrongConfirmed: Violation[] = [];
  for (const field of PASSPORT_FIELDS) {
    const { value, state } = assessment.fields[field];
    const found = { seed: passport.seed, field, kind: "genuine", detail: `${state}: ${value}` };
    if (state === "conflict") flagged.push(found);
    if (isAgreed(state) && value !== null && !isTrue(passport, field, value)) wrongConfirmed.push(found);
  }
  for (const check of assessment.checks) {
    if (check.state === "passed" || isWithoutReader(check)) continue;
    const reasons = check.reasons.map((reason) => reason.code).join(" ");
    flagged.push({ seed: passport.seed, field: check.name, kind: "genuine", detail: `${check.state}: ${reasons}` });
  }
  return { wrongConfirmed, agreedWrong: [], flagged };
}
