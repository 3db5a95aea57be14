/** The checks of the document's kind, and of the printed zone where a page lacks a field. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { buildReading, linesOf, type Page } from "../../test/readings/build-reading.ts";
import { assessPassport } from "./assess.ts";
import type { PassportReading, ReaderReading } from "./reading.ts";

const TODAY = new Date("2026-11-22T12:00:00Z");
const POLICY = { minimumAgeYears: 18, expiresSoonDays: 90, allowSpecimen: false };

/** The reasons of the check for a page that does not print these fields. */
function reasonsWithout(names: readonly (keyof NonNullable<Page["printed"]>)[], page: Page = {}) {
  const printed = Object.fromEntries(names.map((name) => [name, null]));
  const { checks } = assessPassport({ reading: buildReading({ ...page, printed }), today: TODAY, policy: POLICY });
  const reasons = checks.find(({ name }) => name === "printed_zone_against_mrz")?.reasons ?? [];
  return reasons.map(({ code, field }) => `${code} ${field}`);
}

test("a document of an unclear kind is beyond doubt only if the reader is sure of both lines", () => {
  const { line1, line2 } = linesOf({});
  const codesWith = (reader: ReaderReading) => {
    const reading: PassportReading = { ...buildReading(), documentKind: "unclear" };
    const { checks } = assessPassport({ reading, reader, today: TODAY, policy: POLICY });
    return checks.find(({ name }) => name === "document_type")?.reasons.map(({ code }) => code);
  };
  assert.deepEqual(codesWith({ line1, line2, reason: null }), []);
  assert.deepEqual(codesWith({ line1, line2: null, reason: "unsure" }), ["document_kind_unclear"]);
  assert.deepEqual(codesWith({ line1: null, line2, reason: "unsure" }), ["document_kind_unclear"]);
});

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
