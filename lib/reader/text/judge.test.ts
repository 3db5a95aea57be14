/** What makes a line sure, and what does not. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ALPHABET } from "./alphabet.ts";
import { judgeFirstLine, judgeSecondLine, THRESHOLDS } from "./judge.ts";

const FIRST = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<";
const SECOND = "L898902C36UTO7408122F1204159ZE184226B<<<<<10";

/** Costs of a clear line, with alternatives nearer at some places. */
function costsOf(text: string, near: Readonly<Record<number, readonly [string, number]>> = {}) {
  const costs = Array.from(text, (character, place) => {
    const values = new Float32Array(ALPHABET.length).fill(15);
    values[ALPHABET.indexOf(character)] = 0;
    const [other, cost] = near[place] ?? [];
    if (other !== undefined && cost !== undefined) values[ALPHABET.indexOf(other)] = cost;
    return values;
  });
  return { costs, forced: 0 };
}

const put = (text: string, place: number, character: string) =>
  text.slice(0, place) + character + text.slice(place + 1);

describe("the first line", () => {
  test("the first line is sure if it is clear", () => {
    assert.deepEqual(judgeFirstLine(costsOf(FIRST)), { text: FIRST, doubtful: [], sure: true });
  });

  test("the first line is not sure if one character is doubtful, and names that character", () => {
    const judged = judgeFirstLine(costsOf(FIRST, { 7: ["L", THRESHOLDS.firstLine / 2] }));
    assert.deepEqual(judged, { text: FIRST, doubtful: [7], sure: false });
  });

  test("the first line is never sure without the form of a passport's line", () => {
    const others = [put(FIRST, 0, "V"), put(FIRST, 12, "<").replace("SON", "S<<"), put(FIRST, 40, "A")];
    for (const text of others) assert.equal(judgeFirstLine(costsOf(text)).sure, false, text);
  });

  test("the first line may be of a German passport, of a single name, without a surname or with a code of two letters", () => {
    for (const head of ["P<D<<MUSTERMANN<<ERIKA", "P<IDNSUKARNO", "P<IND<<ASMA", "PPUZBKARIMOV<<BEKZOD"])
      assert.equal(judgeFirstLine(costsOf(head.padEnd(44, "<"))).sure, true, head);
  });

  test("the first line is not sure if its 44 characters had to be forced", () => {
    assert.equal(judgeFirstLine({ ...costsOf(FIRST), forced: THRESHOLDS.forced + 1 }).sure, false);
  });
});

describe("the second line", () => {
  test("the second line is sure if it is clear", () => {
    assert.equal(judgeSecondLine(costsOf(SECOND)).sure, true);
  });

  test("the second line is sure if a check digit settles the doubt, and not sure if no check digit can", () => {
    // B for 8 changes the check digit; K for 0 does not.
    assert.equal(judgeSecondLine(costsOf(SECOND, { 1: ["B", 0.5] })).sure, true);
    assert.equal(judgeSecondLine(costsOf(SECOND, { 5: ["K", 0.5] })).sure, false);
  });

  test("the second line is not sure with two doubts, because together they may satisfy the check digits", () => {
    assert.equal(judgeSecondLine(costsOf(SECOND, { 1: ["B", 0.5], 2: ["5", 0.5] })).sure, false);
  });

  test("the second line is not sure if nationality or sex is doubtful, because no check digit covers them", () => {
    const near = THRESHOLDS.uncovered / 2;
    assert.equal(judgeSecondLine(costsOf(SECOND, { 10: ["V", near] })).sure, false);
    assert.equal(judgeSecondLine(costsOf(SECOND, { 20: ["M", near] })).sure, false);
  });

  test("the second line with a wrong check digit is sure only if every character is very clear", () => {
    const wrong = put(SECOND, 43, "5");
    assert.equal(judgeSecondLine(costsOf(wrong)).sure, true);
    assert.equal(judgeSecondLine(costsOf(wrong, { 3: ["6", THRESHOLDS.withoutDigits / 2] })).sure, false);
  });

  test("the second line may have a filler or 0 as the check digit of empty optional data", () => {
    for (const line of ["C01X00T478D<<6408125F2702283<<<<<<<<<<<<<<<4", "LA000000<7NZL8808084<3308084<<<<<<<<<<<<<<<0"])
      assert.equal(judgeSecondLine(costsOf(line, { 0: ["X", 1.9] })).sure, true, line);
  });
});
