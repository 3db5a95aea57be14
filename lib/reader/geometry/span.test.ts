/** The rows' length, start and taper are found by the rhythm of their ink. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Plane } from "./plane.ts";
import { ROW_LENGTH } from "../text/alphabet.ts";
import { placeIn, type Row } from "./row.ts";
import { spanned } from "./span.ts";

const UPPER: Row = { x: 600, y: 200, angle: 0.05, pitch: 15, bend: 0, taper: 0 };
const [x, y] = placeIn(UPPER, 0, 2.6);
const LOWER: Row = { ...UPPER, x, y };

/** Grey paper with 44 strokes in each row. */
function page(rows: readonly Row[]): Plane {
  const [width, height] = [1_200, 400];
  const data = new Uint8Array(width * height).fill(190);
  for (const row of rows)
    for (let character = 0; character < ROW_LENGTH; character++)
      for (let line = -0.6; line < 0.6; line += 0.03)
        for (const across of [-0.2, -0.1, 0, 0.1]) {
          const [px, py] = placeIn(row, character - ROW_LENGTH / 2 + 0.5 + across, below(character, line));
          data[Math.round(py) * width + Math.round(px)] = 40;
        }
  return { width, height, data };
}

/** Characters differ in height. */
const below = (character: number, line: number) => line * (character % 3 === 0 ? 1 : 0.8);

/** By how many characters the farther of a row's ends is misplaced. */
function missOf(row: Row, printed: Row): number {
  const ends = [-ROW_LENGTH / 2, ROW_LENGTH / 2].map((along) => {
    const [ax, ay] = placeIn(row, along, 0);
    const [bx, by] = placeIn(printed, along, 0);
    return Math.hypot(ax - bx, ay - by) / printed.pitch;
  });
  return Math.max(...ends);
}

test("rows that were found too short, too long or beside their print get its length and place", () => {
  const plane = page([UPPER, LOWER]);
  const founds = [
    { along: -4, pitch: 11 },
    { along: 6, pitch: 21 },
    { along: -3, pitch: 15 },
  ];
  for (const { along, pitch } of founds) {
    const moved = (row: Row): Row => {
      const [mx, my] = placeIn(row, along, 0);
      return { ...row, x: mx, y: my, pitch };
    };
    const [upper, lower] = spanned(plane, [moved(UPPER), moved(LOWER)]);
    assert.ok(missOf(upper, UPPER) < 1, `upper: ${missOf(upper, UPPER)}`);
    assert.ok(missOf(lower, LOWER) < 1, `lower: ${missOf(lower, LOWER)}`);
  }
});

test("rows in perspective get its taper", () => {
  for (const taper of [-0.2, -0.1, 0.15]) {
    const printed: [Row, Row] = [
      { ...UPPER, taper },
      { ...LOWER, taper },
    ];
    const [upper, lower] = spanned(page(printed), [UPPER, LOWER]);
    assert.ok(missOf(upper, printed[0]) < 1, `upper, taper ${taper}: ${missOf(upper, printed[0])}`);
    assert.ok(missOf(lower, printed[1]) < 1, `lower, taper ${taper}: ${missOf(lower, printed[1])}`);
  }
});
