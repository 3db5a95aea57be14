import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { allHold, normaliseLine, readFirstLine, readSecondLine } from "./lines.ts";

const LINE1 = "P<GBRMUELLER<SMITH<<ANNA<MARIA<<<<<<<<<<<<<<";
const LINE2 = "9250764733GBR9002144F3302130<<<<<<<<<<<<<<<0";

test("lines are normalised before they are read", () => {
  assert.equal(normaliseLine("p«gbr ‹smith<<\tanna"), "P<GBR<SMITH<<ANNA");
  assert.equal(normaliseLine(null), "");
});

test("a first line gets the right number of fillers at its end, and says so", () => {
  for (const length of [32, 40, 43, 44, 45, 58]) {
    const read = readFirstLine(LINE1.replace(/<+$/, "").padEnd(length, "<"));
    assert.equal(read?.line, LINE1);
    assert.equal(read?.lengthCorrected, length !== 44);
  }
});

test("a first line that no fillers can repair, or that holds no name, is not read", () => {
  assert.equal(readFirstLine("P<THANILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG"), null);
  assert.equal(readFirstLine(`${LINE1.slice(0, 43)}KK`), null);
  assert.equal(readFirstLine("P<GBR".padEnd(44, "<")), null);
  assert.equal(readFirstLine(null), null);
});

test("Germany's code has two fillers", () => {
  assert.equal(readFirstLine("P<D<<MUSTERMANN<<ERIKA<<<<<<<<<<<<<<<<<<<<<<")?.issuingState, "D");
});

test("each check digit is reported separately", () => {
  const broken = (place: number, character: string) =>
    readSecondLine(LINE2.slice(0, place) + character + LINE2.slice(place + 1)).checkDigits;
  assert.ok(allHold(readSecondLine(LINE2).checkDigits));
  assert.deepEqual(broken(9, "4"), {
    documentNumber: false,
    birthDate: true,
    expiryDate: true,
    personalNumber: true,
    composite: false,
  });
  assert.equal(broken(14, "1").birthDate, false);
  assert.equal(broken(22, "1").expiryDate, false);
  assert.equal(broken(30, "7").personalNumber, false);
  assert.deepEqual(broken(43, "1"), {
    documentNumber: true,
    birthDate: true,
    expiryDate: true,
    personalNumber: true,
    composite: false,
  });
});

test("no check digit covers nationality and sex", () => {
  assert.ok(allHold(readSecondLine(LINE2.replace("GBR", "XYZ").replace("F", "M")).checkDigits));
});

test("fillers read as K, and data that begins with a filler, are no personal number", () => {
  for (const data of ["<<<K<<K<<<<<<<", "K<<<<<<<<<<<<<", "<1234567<<<<<<"])
    assert.equal(readSecondLine(LINE2.replace(/<{14}/, data)).personalNumber, "", data);
});

test("any 44 characters can be read", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Z0-9<]{44}$/), (line) => {
      assert.equal(readSecondLine(line).line, line);
    }),
  );
});
