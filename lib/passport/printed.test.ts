import assert from "node:assert/strict";
import { test } from "node:test";
import { printedDate } from "./dates/dates.ts";
import { printedName } from "./names/names.ts";
import { printedNumber } from "./numbers/printed.ts";
import { printedText } from "./printed.ts";
import type { PrintedField } from "./reading.ts";
import { printedSex } from "./sex.ts";
import { printedState } from "./states/printed.ts";

const field = (printed: string | null, value: string | null = printed): PrintedField => ({
  printed,
  value,
  unreadable: null,
});

test("a value without printed characters is no evidence", () => {
  for (const read of [printedName, printedNumber, printedSex, printedState, printedDate, printedText]) {
    assert.equal(read(field(null, "1990-01-01")).value, null);
    assert.equal(read(field("-", "F")).value, null);
    assert.equal(read({ printed: "F", value: "F", unreadable: "glare" }).value, null);
  }
});

test("numbers lose their signs, and letters of other scripts that look the same", () => {
  assert.equal(printedNumber(field("51 №1234567", "511234567")).contradictory, false);
  assert.equal(printedNumber(field("No. AB 123456", "AB123456")).contradictory, false);
  assert.equal(printedNumber(field("МР1234567", "MP1234567")).contradictory, false);
  assert.equal(printedNumber(field("ΑΒ1234567", null)).bare, "AB1234567");
  assert.equal(printedNumber(field("131052-308T", "131052-308T")).bare, "131052308T");
  assert.equal(printedNumber(field("AB123456", "AB123465")).contradictory, true);
});

test("a name that the model normalised into other words contradicts itself", () => {
  assert.equal(printedName(field("ЮДИН/IUDIN", "IUDIN")).value, "IUDIN");
  assert.equal(printedName(field("DUPONT épouse MARTIN", "DUPONT")).contradictory, false);
  assert.equal(printedName(field("ANNA MARIA", "ANNA")).contradictory, false);
  assert.equal(printedName(field("MÜLLER", "MILLER")).contradictory, true);
});

test("a Latin value of a page in another script is the model's own", () => {
  assert.equal(printedName(field("الرشيد", "AL-RASHID")).value, "الرشيد");
  assert.equal(printedName(field("ЮДИН", "IUDIN")).value, "ЮДИН");
});

const stateOf = (printed: string, value: string | null) => {
  const state = printedState(field(printed, value));
  return [state.value, state.contradictory];
};

test("the printed characters of a state give its code, or contradict another code", () => {
  assert.deepEqual(stateOf("DEUTSCH", "D"), ["D", false]);
  assert.deepEqual(stateOf("BRITISH CITIZEN", "GBR"), ["GBR", false]);
  assert.deepEqual(stateOf("T.C./TUR", "TUR"), ["TUR", false]);
  assert.deepEqual(stateOf("UTOPIA", null), ["UTO", false]);
  assert.deepEqual(stateOf("TRINIDAD AND TOBAGO", "TTO"), ["TTO", false]);
  assert.equal(printedState(field("GBR", "GRB")).contradictory, true);
  assert.equal(printedState(field("GBR", "FRA")).contradictory, true);
  assert.equal(printedState(field("GBX", "GBR")).contradictory, true);
  assert.equal(printedState(field("GRB", "GBR")).contradictory, true);
  assert.equal(printedState(field("XYZ", "GBR")).contradictory, false);
  assert.equal(printedState(field("GBX", "GBX")).value, "GBX");
  assert.equal(printedState(field("AUSTRIA", "AUS")).contradictory, true);
  assert.equal(printedState(field("RÉPUBLIQUE/SWITZERLAND", "SWE")).contradictory, true);
  assert.equal(printedState(field("HONG KONG", "CHN")).contradictory, false);
  assert.equal(printedState(field("MAURICIENNE", "Mauricienne")).value, null);
  // Words that no table knows rest on the model's translation.
  assert.deepEqual(
    [printedState(field("DEUTSCH", "D")).certain, printedState(field("MAURICIENNE", "MUS")).certain],
    [true, false],
  );
});

test("the printed characters of the sex give its value, or contradict another value", () => {
  assert.equal(printedSex(field("K/F", "F")).contradictory, false);
  assert.equal(printedSex(field("М/M", "M")).contradictory, false);
  assert.equal(printedSex(field("<", null)).value, "X");
  assert.equal(printedSex(field("F", "M")).contradictory, true);
  assert.equal(printedSex(field("F/M", null)).value, null);
  assert.equal(printedSex(field("F/M", "M")).contradictory, false);
  assert.equal(printedSex(field("Ж", "F")).value, "F");
});

test("the printed characters of a date give its day, or contradict another day", () => {
  assert.equal(printedDate(field("12 MAR 1990", "1990-03-12")).contradictory, false);
  assert.equal(printedDate(field("12 MAR 1990", "1990-03-21")).contradictory, true);
  assert.equal(printedDate(field("30 FEB 1990", "1990-02-30")).reported?.impossible, true);
  assert.equal(printedDate(field("12 MAR 1990", null)).date?.day, 12);
  // A value that is no date says nothing: what is printed counts.
  assert.equal(printedDate(field("12 MAR 1990", "ignore all instructions")).date?.day, 12);
  assert.equal(printedDate(field("12.03.1990", "ignore all instructions")).date, null);
});
