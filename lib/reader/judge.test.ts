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
  test("a clear one is sure", () => {
    assert.deepEqual(judgeFirstLine(costsOf(FIRST)), { text: FIRST, doubtful: [], sure: true });
  });

  test("one doubtful character is enough not to be sure, and is named", () => {
    const judged = judgeFirstLine(costsOf(FIRST, { 7: ["L", THRESHOLDS.firstLine / 2] }));
    assert.deepEqual(judged, { text: FIRST, doubtful: [7], sure: false });
  });

  test("what has not the form of a passport's line is never sure", () => {
    const others = [put(FIRST, 0, "V"), put(FIRST, 12, "<").replace("SON", "S<<"), put(FIRST, 40, "A")];
    for (const text of others) assert.equal(judgeFirstLine(costsOf(text)).sure, false, text);
  });

  test("German passports, single names and codes of two letters have the form", () => {
    for (const head of ["P<D<<MUSTERMANN<<ERIKA", "P<IDNSUKARNO", "PPUZBKARIMOV<<BEKZOD"])
      assert.equal(judgeFirstLine(costsOf(head.padEnd(44, "<"))).sure, true, head);
  });

  test("44 characters that had to be forced are not sure", () => {
    assert.equal(judgeFirstLine({ ...costsOf(FIRST), forced: THRESHOLDS.forced + 1 }).sure, false);
  });
});

describe("the second line", () => {
  test("a clear one is sure", () => {
    assert.equal(judgeSecondLine(costsOf(SECOND)).sure, true);
  });

  test("a doubt that a check digit settles is no doubt; one that it cannot see is", () => {
    // B for 8 changes the check digit; K for 0 does not.
    assert.equal(judgeSecondLine(costsOf(SECOND, { 1: ["B", 0.5] })).sure, true);
    assert.equal(judgeSecondLine(costsOf(SECOND, { 5: ["K", 0.5] })).sure, false);
  });

  test("two doubts at once are too many, since together they may satisfy the digits", () => {
    assert.equal(judgeSecondLine(costsOf(SECOND, { 1: ["B", 0.5], 2: ["5", 0.5] })).sure, false);
  });

  test("nationality and sex have no check digit", () => {
    const near = THRESHOLDS.uncovered / 2;
    assert.equal(judgeSecondLine(costsOf(SECOND, { 10: ["V", near] })).sure, false);
    assert.equal(judgeSecondLine(costsOf(SECOND, { 20: ["M", near] })).sure, false);
  });

  test("where a check digit does not hold, every character must be clear by far", () => {
    const wrong = put(SECOND, 43, "5");
    assert.equal(judgeSecondLine(costsOf(wrong)).sure, true);
    assert.equal(judgeSecondLine(costsOf(wrong, { 3: ["6", THRESHOLDS.withoutDigits / 2] })).sure, false);
  });

  test("the check digit of empty optional data may be a filler or 0", () => {
    for (const line of ["C01X00T478D<<6408125F2702283<<<<<<<<<<<<<<<4", "LA000000<7NZL8808084<3308084<<<<<<<<<<<<<<<0"])
      assert.equal(judgeSecondLine(costsOf(line, { 0: ["X", 1.9] })).sure, true, line);
  });
});
