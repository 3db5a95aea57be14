/** Why a page would not be taken as genuine. */
import { assessPassport } from "../../lib/passport/assess.ts";
import { PASSPORT_FIELDS } from "../../lib/passport/assessment.ts";
import {
  type MrzReading,
  type PassportReading,
  passportReadingSchema,
  type ReaderReading,
} from "../../lib/passport/reading.ts";
import { buildReading, type Page } from "./build-reading.ts";

const TODAY = new Date("2026-11-22T12:00:00Z");
const POLICY = { minimumAgeYears: 18, expiresSoonDays: 180, allowSpecimen: false };

interface Beside {
  readonly secondMrz?: MrzReading;
  readonly reader?: ReaderReading;
  /** What differs in the reading from that of the page. */
  readonly edit?: Partial<PassportReading>;
}

/** All that would be said against a page, and the second reading that it would cost; empty where it is taken as genuine. */
export function flagsOf(page: Page, { secondMrz, reader, edit }: Beside = {}): string[] {
  const reading = passportReadingSchema.parse({ ...buildReading(page), ...edit });
  const assessment = assessPassport({ reading, secondMrz, reader, today: TODAY, policy: POLICY });
  const { fields, checks, verdict, needsSecondReading } = assessment;
  const conflicts = PASSPORT_FIELDS.filter((name) => fields[name].state === "conflict");
  const failing = checks.filter(({ state }) => state === "failed" || state === "warning");
  return [
    ...(verdict === "passport" ? [] : [verdict]),
    ...(needsSecondReading ? ["a second reading"] : []),
    ...conflicts.map((name) => `${name} in conflict`),
    ...failing.map(
      ({ name, reasons }) => `${name}: ${reasons.map(({ code, field }) => `${code} ${field}`).join(", ")}`,
    ),
  ];
}
