/** Reading rows out of a network's output, which is written here by hand. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ALPHABET, FIRST_LINE, SECOND_LINE } from "./alphabet.ts";
import { average, cheapest, decode, FRAME, type Frames } from "./decode.ts";

const COUNT = 192;
const EXPECTED = { start: 9.5, step: 4 };
const FIRST = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<";
const SECOND = "L898902C36UTO7408122F1204159ZE184226B<<<<<10";

/** Frames in which a text was clearly read, its first character at a place; `seen` gives other shares to some places. */
function framesOf(
  text: string,
  first = 0,
  seen: ReadonlyMap<number, Readonly<Record<string, number>>> = new Map(),
): Frames {
  const logs = new Float32Array(COUNT * FRAME).fill(Math.log(0.0001));
  for (let frame = 0; frame < COUNT; frame++) logs[frame * FRAME] = Math.log(0.99);
  for (const [index, character] of [...text].entries()) {
    const at = Math.round(EXPECTED.start + EXPECTED.step * (first + index)) * FRAME;
    logs[at] = Math.log(0.0001);
    for (const [letter, share] of Object.entries(seen.get(index) ?? { [character]: 0.99 }))
      logs[at + 1 + ALPHABET.indexOf(letter)] = Math.log(share);
  }
  return { count: COUNT, logs };
}

const textOf = (costs: readonly Float32Array[]) => costs.map((place) => ALPHABET[cheapest(place)]).join("");

describe("decode", () => {
  test("decode reads a clear row, and its form of 44 characters costs nothing", () => {
    for (const [text, grammar] of [
      [FIRST, FIRST_LINE],
      [SECOND, SECOND_LINE],
    ] as const) {
      const { costs, forced, frames } = decode(framesOf(text), grammar, EXPECTED);
      assert.equal(textOf(costs), text);
      assert.ok(Math.abs(forced) < 0.01, `forced ${forced}`);
      assert.equal(frames[0], 10);
      assert.equal(frames[43], 182);
    }
  });

  test("decode gives each alternative the difference of log probability as its cost", () => {
    const seen = new Map([[7, { I: 0.6, L: 0.3 }]]);
    const { costs } = decode(framesOf(FIRST, 0, seen), FIRST_LINE, EXPECTED);
    assert.equal(textOf(costs), FIRST);
    const cost = costs[7]?.[ALPHABET.indexOf("L")] ?? 0;
    assert.ok(Math.abs(cost - Math.log(2)) < 0.01, `${cost}`);
  });

  test("decode allows only the characters of a place's alphabet", () => {
    const seen = new Map([[13, { I: 0.6, 7: 0.3 }]]);
    const { costs } = decode(framesOf(SECOND, 0, seen), SECOND_LINE, EXPECTED);
    assert.equal(textOf(costs), SECOND);
  });

  test("decode forces a row of 43 characters into the form, at a cost", () => {
    const { forced } = decode(framesOf(FIRST.slice(0, 5) + FIRST.slice(6)), FIRST_LINE, EXPECTED);
    assert.ok(forced > 4, `forced ${forced}`);
  });

  test("decode skips print before the row", () => {
    const { costs } = decode(framesOf(`X7${FIRST}`, -2), FIRST_LINE, EXPECTED);
    assert.equal(textOf(costs), FIRST);
  });

  test("decode reads a row that is shifted by up to two characters", () => {
    for (const first of [-2, 2])
      assert.equal(textOf(decode(framesOf(FIRST, first), FIRST_LINE, EXPECTED).costs), FIRST);
  });

  test("decode weighs several looks equally", () => {
    const clear = decode(framesOf(FIRST, 0, new Map([[7, { I: 0.9, L: 0.1 }]])), FIRST_LINE, EXPECTED);
    const wrong = decode(framesOf(FIRST, 0, new Map([[7, { I: 0.4, L: 0.6 }]])), FIRST_LINE, EXPECTED);
    const costs = average([clear, wrong])[7];
    assert.equal(ALPHABET[cheapest(costs ?? new Float32Array())], "I");
    const cost = costs?.[ALPHABET.indexOf("L")] ?? 0;
    assert.ok(Math.abs(cost - (Math.log(9) - Math.log(1.5)) / 2) < 0.02, `${cost}`);
  });
});
