/** Moves, turns and bends a row until the print lies in its middle: the zone finder's cells are coarse, and paper curls. */
import { ROW_LENGTH } from "../text/alphabet.ts";
import type { Plane } from "./plane.ts";
import { cutRow, placeIn, STRIP, type Row } from "./row.ts";

/** Of the strip that is searched, in heights of the one that is read: it ends before the other row begins. */
const HEIGHT = 1.6;
/** What a line of that strip is, in widths of a character. */
const LINE = (2 * HEIGHT) / STRIP.height;
/** Pixels of the strip that are one piece: two characters. */
const PIECE = 2 * STRIP.pixelsPerCharacter;
const PIECES = STRIP.width / PIECE;
const ROW_PIECES = (ROW_LENGTH * STRIP.pixelsPerCharacter) / PIECE;
/** Half of the height of the print, in lines of the strip. */
const HALF = 5;
/** How far the row's ends and its middle are moved, in lines of the strip. */
const REACH = 6;

/** The row where its print contrasts most with the paper above and below it. */
export function straightened(plane: Plane, row: Row): Row {
  const strip = new Float32Array(STRIP.width * STRIP.height);
  cutRow(plane, row, { height: HEIGHT }, strip);
  const contrasts = contrastsOf(strip);
  let best = { start: 0, middle: 0, end: 0, contrast: contrastAlong(contrasts, 0, 0, 0) };
  for (let start = -REACH; start <= REACH; start++)
    for (let end = -REACH; end <= REACH; end++)
      for (let middle = -REACH; middle <= REACH; middle++) {
        const contrast = contrastAlong(contrasts, start, middle, end);
        if (contrast > best.contrast) best = { start, middle, end, contrast };
      }
  const [x, y] = placeIn(row, 0, best.middle * LINE);
  const slope = ((best.end - best.start) * LINE) / ROW_LENGTH;
  const bend = ((best.start + best.end) / 2 - best.middle) * LINE;
  return { ...row, x, y, angle: row.angle + Math.atan(slope), bend: row.bend + bend };
}

/** For each piece and each shift: how much darker its middle lines are than as many above and below them. */
function contrastsOf(strip: Float32Array): readonly Float64Array[] {
  return Array.from({ length: PIECES }, (_, piece) => {
    const darkness = Float64Array.from({ length: STRIP.height }, (__, line) => {
      const from = line * STRIP.width + piece * PIECE;
      return -strip.subarray(from, from + PIECE).reduce((sum, value) => sum + value, 0);
    });
    return Float64Array.from({ length: 2 * REACH + 1 }, (__, shift) => {
      const middle = (STRIP.height - 1) / 2 + shift - REACH;
      return darkness.reduce((sum, dark, line) => {
        const distance = Math.abs(line - middle);
        return distance > 2 * HALF ? sum : sum + (distance < HALF ? dark : -dark);
      }, 0);
    });
  });
}

/** The contrast along a curve through three shifts: where the row starts, in its middle, and where it ends. */
function contrastAlong(contrasts: readonly Float64Array[], start: number, middle: number, end: number): number {
  let sum = 0;
  for (const [piece, shifts] of contrasts.entries()) {
    const along = (2 * (piece + 0.5) - PIECES) / ROW_PIECES;
    const shift = middle + ((end - start) / 2) * along + ((start + end) / 2 - middle) * along ** 2;
    sum += shifts[Math.round(shift) + REACH] ?? 0;
  }
  return sum;
}
