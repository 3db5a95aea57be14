/** The issuing state and the nationality of a passport. */
import type { Agreement, FieldEvidence, MrzValue } from "../evidence.ts";
import { type Mrz, uncoveredValues } from "../mrz/zone.ts";
import type { PassportReading, PrintedField } from "../reading.ts";
import { belongsTogether, isStateCode, mrzStateCode, namesNoState } from "./codes.ts";
import { isMisreadCode, type PrintedState, printedState } from "./printed.ts";

/** What was read of the issuing state and of the nationality. */
export function readStates(printed: PassportReading["fields"], { line1, line2 }: Mrz) {
  return {
    issuingState: stateField(
      printed.issuingState,
      uncoveredValues(line1, ({ issuingState }) => mrzStateCode(issuingState)),
    ),
    nationality: stateField(
      printed.nationality,
      uncoveredValues(line2, ({ nationality }) => mrzStateCode(nationality)),
    ),
  };
}

function stateField(field: PrintedField, mrz: readonly MrzValue[]): FieldEvidence {
  const printed = printedState(field);
  return { printed, mrz, compare: (code) => compareStates(printed, code) };
}

function compareStates({ value, certain }: PrintedState, code: string): Agreement {
  if (value === null) return "silent";
  // A nationality in words that no table knows rests on the model's translation.
  if (value === code) return certain ? "agrees" : "partly";
  // A code that nobody has assigned was misread, or is the short name of an authority.
  if (!isStateCode(value) && !isMisreadCode(value, code)) return "silent";
  return belongsTogether(value, code) || namesNoState(code) || namesNoState(value) ? "partly" : "differs";
}
