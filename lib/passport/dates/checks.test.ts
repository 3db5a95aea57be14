import assert from "node:assert/strict";
import { test } from "node:test";
import { buildReading, type Page, readerOf } from "../../../test/readings/build-reading.ts";
import { assessPassport } from "../assess.ts";
import type { PassportReading } from "../reading.ts";

const TODAY = new Date("2026-11-22T12:00:00Z");
const POLICY = { minimumAgeYears: 18, expiresSoonDays: 90, allowSpecimen: false };

function check(wanted: string, reading: PassportReading) {
  const { checks } = assessPassport({ reading, today: TODAY, policy: POLICY });
  return checks.find(({ name }) => name === wanted);
}
const withoutMrz = (page: Page): PassportReading => ({
  ...buildReading(page),
  mrz: { line1: null, line2: null, unreadable: "glare" },
});
const ageCheck = (page: Page) => check("age", buildReading(page));

test("a passport that leaves a part of the date of birth open leaves the age open, and is not called illegible", () => {
  const reasons = [{ code: "birth_date_unknown", field: "birthDate" }];
  const open = { birth: "08<<<<", printed: { birthDate: ["XX.XX.2008", "2008-00-00"] } } as const;
  assert.deepEqual(ageCheck(open), { name: "age", state: "warning", reasons });
  const whole = { birth: "<<<<<<", printed: { birthDate: ["XX.XX.XXXX", null] } } as const;
  assert.deepEqual(ageCheck(whole), { name: "age", state: "not_executed", reasons });
});

test("a passport whose expiry date nobody can read gets a warning, not the failure of an expired one", () => {
  const dates = check("dates", withoutMrz({ printed: { expiryDate: null } }));
  const reasons = [{ code: "field_not_legible", field: "expiryDate" }];
  assert.deepEqual(dates, { name: "dates", state: "warning", reasons });
});

test("a date of birth in the future is inconsistent, also with the date of issue", () => {
  const dates = check("dates", withoutMrz({ printed: { birthDate: ["12 JAN 2030", "2030-01-12"] } }));
  const reasons = ["birthDate", "issueDate"].map((field) => ({ code: "dates_inconsistent", field }));
  assert.deepEqual(dates, { name: "dates", state: "failed", reasons });
});

test("an expiry date that the passport leaves open is not read, rather than impossible", () => {
  const page: Page = { expiry: "<<<<<<", printed: { expiryDate: ["PERMANENT", null] } };
  for (const reader of [undefined, readerOf(page)]) {
    const { fields, checks } = assessPassport({ reading: buildReading(page), reader, today: TODAY, policy: POLICY });
    assert.equal(fields.expiryDate.state, "missing");
    const dates = checks.find(({ name }) => name === "dates");
    assert.deepEqual(dates?.reasons, [{ code: "field_not_legible", field: "expiryDate" }]);
  }
});
