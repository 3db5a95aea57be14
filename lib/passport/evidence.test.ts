import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Agreement, type FieldEvidence, type MrzValue, weigh } from "./evidence.ts";

const mrz = (value: string, digits: MrzValue["digits"]): MrzValue => ({
  value,
  digits,
  repaired: digits === "repaired",
});
const HOLDS = mrz("A", "hold");
const OTHER = mrz("B", "hold");
const FAILS = mrz("B", "fail");
const REPAIRED = mrz("A", "repaired");
const COMPOSITE_FAILS = mrz("A", "composite_fails");

/** A printed value "A"; `others` is how it goes together with any other value. */
const evidence = (
  first: MrzValue | null,
  second: MrzValue | null = null,
  others: Agreement = "differs",
  printed = true,
): FieldEvidence => ({
  printed: { value: printed ? "A" : null, characters: null, contradictory: false },
  first,
  second,
  compare: (value) => (value === "A" ? "agrees" : others),
});

const stateOf = (...args: Parameters<typeof evidence>) => weigh(evidence(...args)).state;

test("confirmed: check digits hold as read and the printed zone agrees", () => {
  assert.equal(stateOf(HOLDS), "confirmed");
  assert.equal(stateOf(HOLDS, HOLDS), "confirmed");
  assert.equal(stateOf(FAILS, HOLDS), "confirmed");
  assert.equal(stateOf(null, HOLDS), "confirmed");
  assert.equal(stateOf(REPAIRED, HOLDS), "confirmed");
});

test("not confirmed: repaired, composite digit failing, MRZ alone, shortened", () => {
  assert.equal(stateOf(REPAIRED), "checked");
  assert.equal(stateOf(COMPOSITE_FAILS), "checked");
  assert.equal(stateOf(HOLDS, null, "differs", false), "checked");
  assert.equal(stateOf(HOLDS, HOLDS, "differs", false), "checked");
  assert.equal(stateOf(OTHER, null, "partly"), "checked");
  assert.equal(stateOf(OTHER, null, "silent"), "checked");
});

test("a check digit that fails is a conflict, also where the printed zone agrees", () => {
  assert.equal(stateOf(mrz("A", "fail")), "conflict");
  assert.equal(stateOf(FAILS), "conflict");
  assert.equal(stateOf(FAILS, null, "differs", false), "conflict");
});

test("a disagreement is settled only by a second reading whose check digits exclude the printed value", () => {
  assert.equal(stateOf(OTHER), "conflict");
  const { state, reported, disagreement } = weigh(evidence(OTHER, OTHER));
  assert.deepEqual([state, reported.value, disagreement], ["checked", "B", "differs"]);
  assert.equal(stateOf(OTHER, OTHER, "blind"), "conflict");
  assert.equal(stateOf(OTHER, FAILS), "conflict");
});

test("two readings of the MRZ that differ are never confirmed", () => {
  const { state, reported, disagreement } = weigh(evidence(OTHER, HOLDS, "blind"));
  assert.deepEqual([state, reported.value, disagreement], ["checked", "A", "blind"]);
  assert.equal(stateOf(HOLDS, OTHER, "blind"), "conflict");
  assert.equal(stateOf(OTHER, mrz("C", "hold"), "blind"), "conflict");
  assert.equal(stateOf(mrz("B", "composite_fails"), HOLDS, "blind"), "checked");
});

test("one zone only", () => {
  assert.equal(stateOf(null), "single_source");
  assert.equal(stateOf(null, null, "differs", false), "missing");
  assert.equal(stateOf(REPAIRED, null, "differs", false), "single_source");
});

const NAME = mrz("A", "none");
const WRONG_NAME = mrz("B", "none");
const nameState = (...args: Parameters<typeof evidence>) => weigh(evidence(...args)).state;

test("fields without a check digit are confirmed by both zones, where no reading dissents", () => {
  assert.equal(nameState(NAME), "confirmed");
  assert.equal(nameState(NAME, NAME), "confirmed");
  assert.equal(nameState(null, NAME), "confirmed");
  assert.equal(nameState(NAME, WRONG_NAME), "conflict");
  assert.equal(nameState(WRONG_NAME), "conflict");
  assert.equal(nameState(WRONG_NAME, WRONG_NAME), "conflict");
  assert.equal(nameState(WRONG_NAME, NAME), "checked");
  assert.equal(nameState(WRONG_NAME, null, "partly"), "checked");
  assert.equal(nameState(NAME, null, "silent", false), "single_source");
  assert.equal(nameState(NAME, WRONG_NAME, "silent", false), "conflict");
  assert.equal(nameState(null), "single_source");
  assert.equal(nameState(null, null, "differs", false), "missing");
});

const reading = (digits: readonly MrzValue["digits"][]) =>
  fc.option(
    fc.record({ value: fc.constantFrom("A", "B", "C"), digits: fc.constantFrom(...digits), repaired: fc.boolean() }),
    { nil: null },
  );
const others = fc.constantFrom<Agreement>("partly", "blind", "differs", "silent");

test("whatever was read, confirmed means a printed value and a reading of the MRZ that agree, and none that dissents", () => {
  const protectedReading = reading(["hold", "composite_fails", "repaired", "fail"]);
  fc.assert(
    fc.property(protectedReading, protectedReading, others, fc.boolean(), (first, second, agreement, printed) => {
      const { state } = weigh(evidence(first, second, agreement, printed));
      if (state !== "confirmed") return;
      const sound = [first, second].filter((read) => read?.digits === "hold");
      assert.ok(printed && sound.length > 0 && sound.every((mrz) => mrz?.value === "A"));
    }),
  );
  fc.assert(
    fc.property(reading(["none"]), reading(["none"]), others, fc.boolean(), (first, second, agreement, printed) => {
      const { state } = weigh(evidence(first, second, agreement, printed));
      if (state !== "confirmed") return;
      const read = [first, second].filter((mrz) => mrz !== null);
      assert.ok(printed && read.length > 0 && read.every((mrz) => mrz.value === "A"));
    }),
  );
});
