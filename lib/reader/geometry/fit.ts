/** Where a row is, by the characters that were read in its strip: their pitch is constant in print, and tapers in perspective. */
import { ROW_LENGTH } from "../text/alphabet.ts";
import { cheapest, type Alignment, type Decoded } from "../text/decode.ts";
import { placeIn, STRIP, type Row } from "./row.ts";

const PIXELS_A_FRAME = 4;
/** Where the characters of a well-placed row are. */
export const EXPECTED: Alignment = {
  start: (STRIP.width / 2 - (ROW_LENGTH / 2 - 0.5) * STRIP.pixelsPerCharacter) / PIXELS_A_FRAME - 0.5,
  step: STRIP.pixelsPerCharacter / PIXELS_A_FRAME,
};

/** The least distance of a character whose place says where the row is. */
const CLEAR = 1.5;
/** The fewest such characters. */
const ENOUGH = 15;
/** How far a row may be moved, in characters, and stretched, as a share. */
const MOST = { shift: 3, stretch: 0.12, taper: 0.3 } as const;

/** How near and how far apart characters that follow each other may be, in frames. */
const GAP = { least: 2, most: 7 } as const;
/** How far a character may be from its place, in characters. In right readings, it is half of one at most. */
const MOST_ASIDE = 0.7;

/**
 * Whether the characters are where print of constant pitch has them. A strip of a wrong pitch makes the network invent
 * characters between others, and lose some. If it does both in a run of equal characters, no gap shows it, but those
 * between are one place aside.
 */
export function isEven(decoded: Decoded): boolean {
  const { frames } = decoded;
  const { shift, stretch, taper } = fit(pointsOf(decoded));
  return frames.every((frame, index) => {
    const gap = frame - (frames[index - 1] ?? frame - GAP.least);
    const own = ownPlaceOf(index);
    const aside = Math.abs(readPlaceOf(frame) - (shift + stretch * own) / (1 + taper * own));
    return gap >= GAP.least && gap <= GAP.most && aside <= MOST_ASIDE;
  });
}

/** Where the character of this number belongs, in characters from the row's middle. */
const ownPlaceOf = (index: number) => index - (ROW_LENGTH - 1) / 2;

/** Where a frame is in the strip, in characters from its middle. */
const readPlaceOf = (frame: number) => ((frame + 0.5) * PIXELS_A_FRAME - STRIP.width / 2) / STRIP.pixelsPerCharacter;

/** Both in characters from the middle: where a character belongs in the row, and where it was read in the strip. */
interface PlacePoint {
  readonly own: number;
  readonly read: number;
  readonly weight: number;
}

/** In perspective, a character that belongs at `own` is read at `(shift + stretch * own) / (1 + taper * own)`. */
interface Projection {
  readonly shift: number;
  readonly stretch: number;
  readonly taper: number;
}

/** The row moved to its characters. Without enough clear ones, the row as it is. */
export function fitted(row: Row, decoded: Decoded): Row {
  const points = pointsOf(decoded);
  if (points.length < ENOUGH) return row;
  const { shift, stretch, taper } = fit(points);
  if (Math.abs(shift) > MOST.shift || Math.abs(stretch - 1) > MOST.stretch) return row;
  return projected(row, { shift, stretch, taper });
}

/** The row whose characters are at the given places of the strip of this one. */
export function projected(row: Row, { shift, stretch, taper }: Projection): Row {
  const own = (2 * row.taper) / ROW_LENGTH;
  const [near, far] = [1 + own * shift, taper + own * stretch];
  const [x, y] = placeIn(row, shift, 0);
  const limited = Math.max(-MOST.taper, Math.min(MOST.taper, ((far / near) * ROW_LENGTH) / 2));
  return { ...row, x, y, pitch: (row.pitch * (stretch * near - shift * far)) / near ** 2, taper: limited };
}

function pointsOf({ costs, frames }: Decoded): readonly PlacePoint[] {
  return costs.flatMap((place, index) => {
    const [, next = 0] = place.toSorted();
    const isFiller = cheapest(place) === 0;
    const weight = Math.min(6, next) * (isFiller ? 0.5 : 1);
    return next > CLEAR ? [{ own: ownPlaceOf(index), read: readPlaceOf(frames[index] ?? 0), weight }] : [];
  });
}

/** A projection through the points, in which those far from it count little. */
function fit(points: readonly PlacePoint[]): Projection {
  let best: Projection = { shift: 0, stretch: 1, taper: 0 };
  let weights = points.map(({ weight }) => weight);
  for (let round = 0; round < 3; round++) {
    best = leastSquares(points, weights) ?? best;
    const { shift, stretch, taper } = best;
    weights = points.map(({ own, read, weight }) => {
      const miss = (read - (shift + stretch * own) / (1 + taper * own)) / MISPLACED;
      return weight / (1 + miss ** 2);
    });
  }
  return best;
}

/** A character so far from its place counts half, in characters. */
const MISPLACED = 0.375;
/** Holds the taper near 0 where few characters are clear. */
const STIFFNESS = 500;

type Three = readonly [number, number, number];

const determinant = ([a, b, c]: Three, [d, e, f]: Three, [g, h, i]: Three) =>
  a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);

/** Solves `read = shift + stretch * own - taper * own * read` for all points. */
function leastSquares(points: readonly PlacePoint[], weights: readonly number[]): Projection | undefined {
  const rows = points.map(({ own, read }) => [1, own, -own * read, read] as const);
  const sum = (a: 0 | 1 | 2, b: 0 | 1 | 2 | 3) =>
    rows.reduce((total, row, index) => total + row[a] * row[b] * (weights[index] ?? 0), 0);
  const [aa, ab, ac, ar] = [sum(0, 0), sum(0, 1), sum(0, 2), sum(0, 3)];
  const [bb, bc, br, cc, cr] = [sum(1, 1), sum(1, 2), sum(1, 3), sum(2, 2) + STIFFNESS, sum(2, 3)];
  const whole = determinant([aa, ab, ac], [ab, bb, bc], [ac, bc, cc]);
  if (whole === 0) return undefined;
  return {
    shift: determinant([ar, ab, ac], [br, bb, bc], [cr, bc, cc]) / whole,
    stretch: determinant([aa, ar, ac], [ab, br, bc], [ac, cr, cc]) / whole,
    taper: determinant([aa, ab, ar], [ab, bb, br], [ac, bc, cr]) / whole,
  };
}
