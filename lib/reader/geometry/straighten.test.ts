/** A row is moved to its print, as far as the zone finder may have missed it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Plane } from "./plane.ts";
import { ROW_LENGTH } from "../text/alphabet.ts";
import { placeIn, type Row } from "./row.ts";
import { straightened } from "./straighten.ts";

const PRINTED: Row = { x: 500, y: 200, angle: 0.06, pitch: 20, bend: 0.2, taper: 0 };

/** Paper that is darker on the right, with 44 strokes in each of two rows. */
function page(row: Row): Plane {
  const [width, height] = [1_000, 400];
  const data = Uint8Array.from({ length: width * height }, (_, index) => 230 - Math.floor((index % width) / 12));
  for (const below of [0, 2.5])
    for (let character = 0; character < ROW_LENGTH; character++)
      for (let line = -0.5; line < 0.5; line += 0.02)
        for (const across of [-0.3, -0.25, -0.2]) {
          const [x, y] = placeIn(row, character - ROW_LENGTH / 2 + 0.5 + across, below + line);
          data[Math.round(y) * width + Math.round(x)] = 30;
        }
  return { width, height, data };
}

/** By how many widths of a character the row is above or below the print, where it is farthest from it. */
function missOf(row: Row): number {
  const missAt = (along: number) => {
    const [x, y] = placeIn(row, along, 0);
    const [printedX, printedY] = placeIn(PRINTED, along, 0);
    const { angle, pitch } = PRINTED;
    return Math.abs((y - printedY) * Math.cos(angle) - (x - printedX) * Math.sin(angle)) / pitch;
  };
  return Math.max(...[-0.5, -0.25, 0, 0.25, 0.5].map((part) => missAt(part * ROW_LENGTH)));
}

test("a row is moved to its print: it was found too high, too low, with a slope, or straight although it bends", () => {
  const plane = page(PRINTED);
  for (const below of [-0.15, 0, 0.15])
    for (const slope of [-0.01, 0, 0.01]) {
      const [x, y] = placeIn(PRINTED, 0, below);
      const miss = missOf(straightened(plane, { ...PRINTED, x, y, angle: PRINTED.angle + slope, bend: 0 }));
      assert.ok(miss < 0.15, `${below} below, slope ${slope}: ${miss}`);
    }
});

test("a row without print stays where it is", () => {
  const empty: Plane = { width: 1_000, height: 400, data: new Uint8Array(400_000).fill(180) };
  assert.deepEqual(straightened(empty, PRINTED), PRINTED);
});
