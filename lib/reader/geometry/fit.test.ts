/** A row is moved to its characters, and characters must be as far apart as print has them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ALPHABET } from "../text/alphabet.ts";
import type { Decoded } from "../text/decode.ts";
import { EXPECTED, fitted, isEven } from "./fit.ts";
import { ROW_LENGTH } from "../text/alphabet.ts";
import { placeIn, type Row } from "./row.ts";

const FOUND: Row = { x: 500, y: 200, angle: 0.1, pitch: 20, bend: 0, taper: 0.04 };

/** Clear characters at the given frames. */
function decodedAt(frameOf: (index: number) => number): Decoded {
  const indices = Array.from({ length: ROW_LENGTH }, (_, index) => index);
  const costs = indices.map(() => new Float32Array(ALPHABET.length).fill(15).fill(0, 5, 6));
  return { costs, frames: Int16Array.from(indices, (index) => Math.round(frameOf(index))), forced: 0 };
}

/** The frame in the strip of a row at which a place of the picture is, by halving. */
function frameIn(row: Row, [x, y]: readonly [number, number]): number {
  let [low, high] = [-30, 30];
  while (high - low > 1e-6) {
    const middle = (low + high) / 2;
    const [mx, my] = placeIn(row, middle, 0);
    if ((x - mx) * Math.cos(row.angle) + (y - my) * Math.sin(row.angle) > 0) low = middle;
    else high = middle;
  }
  return EXPECTED.start + (low + (ROW_LENGTH - 1) / 2) * EXPECTED.step;
}

test("a row is moved, stretched and tapered to the characters in its strip", () => {
  for (const taper of [-0.12, 0, 0.04, 0.15]) {
    const [x, y] = placeIn(FOUND, 1.2, 0);
    const printed: Row = { ...FOUND, x, y, pitch: 20.8, taper };
    const placeOf = (index: number) => placeIn(printed, index - (ROW_LENGTH - 1) / 2, 0);
    const row = fitted(
      FOUND,
      decodedAt((index) => frameIn(FOUND, placeOf(index))),
    );
    for (const index of [0, 11, 21, 33, 43]) {
      const [mx, my] = placeIn(row, index - (ROW_LENGTH - 1) / 2, 0);
      const [px, py] = placeOf(index);
      assert.ok(Math.hypot(mx - px, my - py) < 0.2 * printed.pitch, `taper ${taper}, character ${index}`);
    }
  }
});

test("a row with few clear characters stays where it is", () => {
  const { costs, ...rest } = decodedAt((index) => 10 + index * 4);
  const doubtful = costs.map((place, index) => (index < 40 ? place.map(() => 0) : place));
  assert.equal(fitted(FOUND, { ...rest, costs: doubtful }), FOUND);
});

test("characters that stand between others, or leave a gap, are not even", () => {
  const printed = (index: number) => 10 + index * 4;
  assert.ok(isEven(decodedAt(printed)));
  assert.ok(isEven(decodedAt((index) => printed(index) + (index % 2))), "a frame of doubt");
  assert.ok(!isEven(decodedAt((index) => (index < 20 ? printed(index) : printed(index - 1) + 1))), "one invented");
  assert.ok(!isEven(decodedAt((index) => printed(index < 20 ? index : index + 1))), "one lost");
  const moved = [0, 1, 4, 4, 4, 4, 4, 4, 3, 2];
  assert.ok(!isEven(decodedAt((index) => printed(index) + (moved[index] ?? 0))), "one lost, another invented later");
});
