/** A row is moved to its print, as far as the zone finder may have missed it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Plane } from "./plane.ts";
import { placeIn, ROW_LENGTH, type Row } from "./row.ts";
import { straightened } from "./straighten.ts";

const PRINTED: Row = { x: 500, y: 200, angle: 0.06, pitch: 20 };

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

/** By how many widths of a character the row's ends are beside the print. */
function missOf(row: Row): number {
  const missAt = (along: number) => {
    const [x, y] = placeIn(row, along, 0);
    return Math.abs((y - PRINTED.y) * Math.cos(PRINTED.angle) - (x - PRINTED.x) * Math.sin(PRINTED.angle)) / row.pitch;
  };
  return Math.max(missAt(-ROW_LENGTH / 2), missAt(ROW_LENGTH / 2));
}

test("a row that is found too high, too low or with a slope is moved to its print", () => {
  const plane = page(PRINTED);
  for (const below of [-0.3, 0, 0.3])
    for (const slope of [-0.012, 0, 0.012]) {
      const [x, y] = placeIn(PRINTED, 0, below);
      const miss = missOf(straightened(plane, { ...PRINTED, x, y, angle: PRINTED.angle + slope }));
      assert.ok(miss < 0.15, `${below} below, slope ${slope}: ${miss}`);
    }
});

test("a row without print stays where it is", () => {
  const empty: Plane = { width: 1_000, height: 400, data: new Uint8Array(400_000).fill(180) };
  assert.deepEqual(straightened(empty, PRINTED), PRINTED);
});
