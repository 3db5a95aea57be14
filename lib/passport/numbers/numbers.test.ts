import assert from "node:assert/strict";
import { test } from "node:test";
import { buildReading } from "../../../test/readings/build-reading.ts";
import { assessPassport } from "../assess.ts";
import { printedNumber } from "./printed.ts";

const TODAY = new Date("2026-11-22T12:00:00Z");
const POLICY = { minimumAgeYears: 18, expiresSoonDays: 90, allowSpecimen: false };

test("a printed number in another script agrees by the looks of its letters, and in part by their sound", () => {
  const stateOf = (number: string, documentNumber: string) =>
    assessPassport({ reading: buildReading({ number, printed: { documentNumber } }), today: TODAY, policy: POLICY })
      .fields.documentNumber.state;
  // The Cyrillic letter looks like a B and sounds like a V.
  assert.equal(stateOf("B1234567", "\u04121234567"), "agreed");
  assert.equal(stateOf("V1234567", "\u04121234567"), "checked");
});

test("a number of a few characters is not taken for a part of the printed number", () => {
  const isContradictory = (value: string) =>
    printedNumber({ printed: "No 12 3456789", value, unreadable: null }).contradictory;
  assert.deepEqual(["3456789", "123456789", "12", "99"].map(isContradictory), [false, false, true, true]);
});
