/** Values of the MRZ beside a value of another kind in the same places. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { MrzValue } from "../evidence.ts";
import { valuesBesideOther } from "./zone.ts";

const read = (value: string, from: MrzValue["from"]): MrzValue => ({ value, digits: "none", repaired: false, from });
const isEmpty = (value: string) => value === "";

test("other data in a second look of the model says nothing beside a value", () => {
  const value = read("12345678", "first");
  assert.deepEqual(valuesBesideOther([value, read("", "second")], isEmpty), [value]);
});

test("other data that the reader reads contradicts the model's value, and the reader's value the model's other data", () => {
  const sets = [
    [read("12345678", "first"), read("", "reader")],
    [read("", "first"), read("12345678", "reader")],
  ];
  for (const values of sets) assert.deepEqual(valuesBesideOther(values, isEmpty), values);
});

test("without a value in any reading, the field has no value", () => {
  assert.deepEqual(valuesBesideOther([read("", "first"), read("", "reader")], isEmpty), []);
});
