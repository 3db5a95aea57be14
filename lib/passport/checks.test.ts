/** What the check of the printed zone against the MRZ reports where a page lacks a field. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { buildReading, type Page } from "../../test/build-reading.ts";
import { assessPassport } from "./assess.ts";

const TODAY = new Date("2026-11-22T12:00:00Z");
const POLICY = { minimumAgeYears: 18, expiresSoonDays: 90, allowSpecimen: false };

/** The reasons of the check for a page that does not print these fields. */
function reasonsWithout(names: readonly (keyof NonNullable<Page["printed"]>)[], page: Page = {}) {
  const printed = Object.fromEntries(names.map((name) => [name, null]));
  const { checks } = assessPassport({ reading: buildReading({ ...page, printed }), today: TODAY, policy: POLICY });
  const reasons = checks.find(({ name }) => name === "printed_zone_against_mrz")?.reasons ?? [];
  return reasons.map(({ code, field }) => `${code} ${field}`);
}

test("a page without what only the page says, or without what both zones repeat, is not legible there", () => {
  assert.deepEqual(reasonsWithout([]), []);
  assert.deepEqual(reasonsWithout(["issueDate"]), ["field_not_legible issueDate"]);
  for (const name of ["documentNumber", "birthDate", "expiryDate"] as const)
    assert.deepEqual(reasonsWithout([name]), [`field_not_legible ${name}`]);
});

test("a page may lack what not every passport prints", () => {
  assert.deepEqual(reasonsWithout(["sex", "nationality", "placeOfBirth", "personalNumber", "surname"]), []);
});

test("a page that prints no name at all is not legible, although the MRZ has one", () => {
  assert.deepEqual(reasonsWithout(["surname", "givenNames"]), ["field_not_legible surname"]);
});

test("a date of birth that the MRZ calls unknown may be missing on the page, but no other field", () => {
  assert.deepEqual(reasonsWithout(["birthDate"], { birth: "<<<<<<" }), []);
  assert.deepEqual(reasonsWithout(["birthDate", "documentNumber"], { birth: "<<<<<<" }), [
    "field_not_legible documentNumber",
  ]);
});
