import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { samplePassport } from "../../../dev/samples/passports.ts";
import { allHold } from "./lines.ts";
import { readAndRepairSecondLine } from "./repair.ts";

const PLAIN = "9250764733GBR9002144F3302130<<<<<<<<<<<<<<<0";
const NUMBERED = "FA12345673UZB9506309M35062933063095678901238";
const OPTIONAL = "L898902C36UTO7408122F1204159ZE184226B<<<<<10";
const TODAY = new Date("2026-11-22T12:00:00Z");

const replaceAt = (line: string, place: number, text: string) => line.slice(0, place) + text + line.slice(place + 1);

test("a line that holds is left as it is", () => {
  for (const line of [PLAIN, NUMBERED, OPTIONAL]) {
    const read = readAndRepairSecondLine(line);
    assert.equal(read?.line, line);
    assert.equal(read?.repair, null);
    assert.deepEqual(read?.touched, []);
  }
});

test("a filler run of the wrong length is repaired, for every difference", () => {
  for (const line of [PLAIN, OPTIONAL]) {
    for (const offBy of [-3, -2, -1, 1, 2, 3, 4]) {
      const run = line.lastIndexOf("<<<");
      const wrong =
        offBy < 0
          ? line.slice(0, run + 3 + offBy) + line.slice(run + 3)
          : `${line.slice(0, run)}${"<".repeat(offBy)}${line.slice(run)}`;
      const read = readAndRepairSecondLine(wrong);
      assert.equal(read?.line, line, `off by ${offBy}`);
      assert.equal(read?.repair, "filler_run");
      assert.deepEqual(
        read?.touched.filter((field) => field !== "personalNumber"),
        [],
      );
    }
  }
});

test("a run of fillers of which one is left is repaired, a shorter line is not read", () => {
  assert.equal(readAndRepairSecondLine(PLAIN.replace(/<+/, "<"))?.line, PLAIN);
  assert.equal(readAndRepairSecondLine(PLAIN.replace(/<+/, "")), null);
});

test("a run of fillers that was left out before the last two digits is put back", () => {
  assert.equal(readAndRepairSecondLine(OPTIONAL.replace("<<<<<", ""))?.line, OPTIONAL);
});

test("a filler left out between a number and its check digit is put back, and all behind it counts as repaired", () => {
  const read = readAndRepairSecondLine("X12345677IDN8501019M3001019<<<<<<<<<<<<<<<8");
  assert.equal(read?.line, "X1234567<7IDN8501019M3001019<<<<<<<<<<<<<<<8");
  assert.deepEqual(read?.touched, ["documentNumber", "birthDate", "expiryDate", "personalNumber"]);
});

test("a look-alike is repaired if only one line satisfies every check digit", () => {
  const read = readAndRepairSecondLine(replaceAt(NUMBERED, 2, "I"));
  assert.equal(read?.line, NUMBERED);
  assert.equal(read?.repair, "look_alike");
  assert.deepEqual(read?.touched, ["documentNumber"]);
});

test("letters where only digits may stand are repaired, any number of them", () => {
  const read = readAndRepairSecondLine(PLAIN.replace("9002144", "9OOZI44").replace("3302130", "33O2I3O"));
  assert.equal(read?.line, PLAIN);
  assert.deepEqual(read?.touched, ["birthDate", "expiryDate"]);
});

test("one letter is repaired in every place where only a digit may stand", () => {
  const line = "L898902C36GBR6508128M2812047<<<<<<<<<<<<<<06";
  const letters = new Map(["0O", "1I", "2Z", "4A", "5S", "6G", "7T", "8B"].map(([digit, letter]) => [digit, letter]));
  for (const place of [9, 13, 14, 15, 16, 17, 18, 19, 21, 22, 23, 24, 25, 26, 27, 42, 43]) {
    const letter = letters.get(line.charAt(place)) ?? "";
    assert.equal(readAndRepairSecondLine(replaceAt(line, place, letter))?.line, line, `place ${place}`);
  }
});

test("a blind letter in a date is repaired although every check digit holds", () => {
  const line = "FA12345673UZB9506309M35062933063095678901238";
  const read = readAndRepairSecondLine(line.replace("9506309", "950G309"));
  assert.equal(read?.line, line);
  assert.equal(read?.repair, "look_alike");
});

test("where two repairs satisfy every check digit, no repair is made", () => {
  // Both the first and the second zero may have been an O: their weights are alike.
  const ambiguous = "O00O000007GBR9002144F3302130<<<<<<<<<<<<<<<0";
  const read = readAndRepairSecondLine(ambiguous);
  assert.equal(read?.line, ambiguous);
  assert.equal(read?.repair, null);
});

test("a line that cannot be brought to 44 characters is not read", () => {
  assert.equal(readAndRepairSecondLine(NUMBERED.slice(0, 43)), null);
  assert.equal(readAndRepairSecondLine(PLAIN.replace("925", "95")), null);
  assert.equal(readAndRepairSecondLine("<<<"), null);
  assert.equal(readAndRepairSecondLine(null), null);
});

test("what is repaired satisfies every check digit and never touches state and sex", () => {
  const misread = fc.record({
    seed: fc.nat(5000),
    place: fc.nat(43),
    character: fc.constantFrom(..."0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<"),
  });
  fc.assert(
    fc.property(misread, ({ seed, place, character }) => {
      const line = replaceAt(samplePassport(seed, TODAY).mrz[1], place, character);
      const read = readAndRepairSecondLine(line);
      assert.ok(read);
      assert.equal(read.line.slice(10, 13) + read.line.slice(20, 21), line.slice(10, 13) + line.slice(20, 21));
      if (read.repair === null) assert.equal(read.line, line);
      else assert.ok(allHold(read.checkDigits));
    }),
    { numRuns: 500 },
  );
});
