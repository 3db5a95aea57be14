import assert from "node:assert/strict";
import { test } from "node:test";
import { comparePersonalNumbers } from "./personal-number.ts";

test("a personal number agrees with itself, with or without fillers for signs", () => {
  assert.equal(comparePersonalNumbers("131052308T", "131052<308T"), "agrees");
  assert.equal(comparePersonalNumbers("30630956789012", "30630956789012"), "agrees");
});

test("a personal number that is misread in one place differs", () => {
  // The digits that both share stand in the same place.
  assert.equal(comparePersonalNumbers("V12345678", "V1234567B"), "differs");
  assert.equal(comparePersonalNumbers("12345678Z", "12345678ZA1"), "silent");
  assert.equal(comparePersonalNumbers("12345678Z", "1234567BZ"), "differs");
  assert.equal(comparePersonalNumbers("30630956789013", "30630956789012"), "differs");
  assert.equal(comparePersonalNumbers("36030956789012", "30630956789012"), "differs");
  assert.equal(comparePersonalNumbers("6164834593", "616483493"), "differs");
  assert.equal(comparePersonalNumbers("616483493", "6164834593"), "differs");
  assert.equal(comparePersonalNumbers("G0630956789012", "60630956789012"), "blind");
});

test("a personal number with one character more at either end is another form", () => {
  for (const [printed, mrz] of [
    ["3063095678901", "30630956789012"],
    ["12345678-9", "12345678"],
    ["12345678", "V12345678"],
    ["012345678", "12345678"],
  ] as const) {
    assert.equal(comparePersonalNumbers(printed.replace("-", ""), mrz), "partly");
  }
});

test("other data than a personal number, or a form with more parts, says nothing", () => {
  assert.equal(comparePersonalNumbers("12345678Z", "710001234<1234"), "silent");
  assert.equal(comparePersonalNumbers("9002141234", "199002141234"), "silent");
  assert.equal(comparePersonalNumbers("12345678Z", "A1234567800"), "silent");
  assert.equal(comparePersonalNumbers("123456785", "A12345678"), "silent");
  assert.equal(comparePersonalNumbers("12345", "1234599"), "silent");
});
