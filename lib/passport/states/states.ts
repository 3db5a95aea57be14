/** The issuing state and the nationality of a passport. */
import type { FieldEvidence } from "../evidence.ts";
import { type Mrz, uncoveredValue } from "../mrz/zone.ts";
import type { PassportReading, PrintedField } from "../reading.ts";
import { mrzStateCode } from "./codes.ts";
import { printedState } from "./printed.ts";

/** What was read of the issuing state and of the nationality. */
export function readStates(printed: PassportReading["fields"], { first, second }: Mrz) {
  return {
    issuingState: stateField(printed.issuingState, first.line1?.issuingState, second?.line1?.issuingState),
    nationality: stateField(printed.nationality, first.line2?.nationality, second?.line2?.nationality),
  };
}

function stateField(field: PrintedField, first: string | undefined, second: string | undefined): FieldEvidence {
  const printed = printedState(field);
  const read = (code: string | undefined) => uncoveredValue(code === undefined ? undefined : mrzStateCode(code));
  return {
    printed,
    first: read(first),
    second: read(second),
    compare: (mrz) => (mrz === printed.value ? "agrees" : "differs"),
  };
}
