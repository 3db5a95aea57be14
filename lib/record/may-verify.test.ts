/** The rule that says whether a record still waits for a verdict, as a table. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { mayVerify, type VerdictSubject } from "./may-verify.ts";

const SUBMITTED_AT = 1_700_000_000_000;
const EARLIER = SUBMITTED_AT - 1;
const LATER = SUBMITTED_AT + 1;
/** The submission that the verdict in the record is about. */
const FIRST = "first";

/** What the verdict in the record is about, by when that was submitted. The watchdog's verdicts name no submission. */
const SUBJECTS: Readonly<Record<string, VerdictSubject | undefined>> = {
  nothing: undefined,
  "an earlier submission": { id: FIRST, submittedAt: EARLIER },
  "one at the same time": { id: FIRST, submittedAt: SUBMITTED_AT },
  "a later one": { id: FIRST, submittedAt: LATER },
  "all until earlier": { submittedAt: EARLIER },
  "all until this one": { submittedAt: SUBMITTED_AT },
};
const ALL = Object.keys(SUBJECTS);
const SUBMITTED_EARLIER = ["an earlier submission", "all until earlier"];
const NAMED = ["an earlier submission", "one at the same time", "a later one"];

const DECIDED = { never: null, earlier: EARLIER, "at the same time": SUBMITTED_AT, later: LATER } as const;
const MISSED_BY = { "by no run": undefined, "by the first": FIRST, "by another": "another" } as const;

interface Row {
  readonly status: string;
  readonly decided: keyof typeof DECIDED;
  readonly missed: keyof typeof MISSED_BY;
}

/** The subjects with which the submission may be verified. */
function expectedFor({ status, decided, missed }: Row): readonly string[] {
  if (status === "in_review") return ALL;
  if (status === "pending" || status === "") return decided === "never" ? ALL : [];
  if (status === "ocr_complete") return missed === "by the first" ? NAMED : [];
  if (status !== "ocr_failed") return [];
  if (decided === "never") return ALL;
  // Of a failure that is not one of ours, nothing is known but its time.
  return decided === "earlier" ? ["nothing", ...SUBMITTED_EARLIER] : SUBMITTED_EARLIER;
}

const keysOf = <T extends object>(record: T) =>
  Object.keys(record).filter((key): key is keyof T & string => key in record);

for (const status of ["in_review", "pending", "", "ocr_failed", "ocr_complete", "approved", "rejected"]) {
  describe(`a record that is ${status || "of no status"}`, () => {
    for (const decided of keysOf(DECIDED)) {
      for (const missed of keysOf(MISSED_BY)) {
        test(`decided ${decided}; the submission was missed ${missed}`, () => {
          const yes = ALL.filter((subject) => {
            const record = { status, decidedAt: DECIDED[decided], subject: SUBJECTS[subject] };
            return mayVerify(record, { submittedAt: SUBMITTED_AT, missedBy: MISSED_BY[missed] });
          });
          assert.deepEqual(
            yes,
            ALL.filter((subject) => expectedFor({ status, decided, missed }).includes(subject)),
          );
        });
      }
    }
  });
}
