/** How long a zone's rows are and where they start, by their ink alone: characters of constant pitch have a rhythm. */
import { ROW_LENGTH } from "../text/alphabet.ts";
import { projected } from "./fit.ts";
import type { Plane } from "./plane.ts";
import { cutRow, placeIn, STRIP, type Row } from "./row.ts";

/** How much longer than the found row the searched one is. */
const REACH = 3;
/** Pixels of the searched strip that are a character of the found row. */
const UNIT = STRIP.pixelsPerCharacter / REACH;
/** The lines of the strip in which the print is. */
const PRINT = { from: 6, to: 26 } as const;
/** How far a column is compared to the columns around it, in pixels. */
const AROUND = 8;
/** Pixels from one start that is tried to the next. */
const START_STEP = 2;
const STRETCHES = { from: 0.55, to: 1.6, coarse: 1.02, fine: 1.01 } as const;
const TAPERS = [0, -0.05, 0.05, -0.1, 0.1, -0.15, 0.15, -0.2, 0.2, -0.25, 0.25];
/** Tried around the best of them. */
const NEARBY = [-0.035, -0.025, -0.0125, 0, 0.0125, 0.025, 0.035];

/** The rows with the length, the start and the taper that the rhythm of their ink is strongest with: the same for both. */
export function spanned(plane: Plane, [first, second]: readonly [Row, Row]): readonly [Row, Row] {
  const middle = { x: (first.x + second.x) / 2, y: (first.y + second.y) / 2 };
  const pitch = (first.pitch + second.pitch) / 2;
  const rows = [first, second].map((row): Row => {
    const along = ((middle.x - row.x) * Math.cos(row.angle) + (middle.y - row.y) * Math.sin(row.angle)) / row.pitch;
    const [x, y] = placeIn({ ...row, taper: 0 }, along, 0);
    return { ...row, x, y, pitch, taper: 0, bend: 0 };
  });
  const inks = rows.map((row) => inkOf(plane, row));
  const coarse = search(inks, TAPERS, STRETCHES.coarse);
  const nearby = NEARBY.map((step) => coarse.taper + step);
  const best = search(inks, nearby, STRETCHES.fine);
  // The strip was searched as if its taper were gone. What is read at q in it is at q / (1 + t q) in the row.
  const slant = slantOf(best.taper);
  const near = 1 + slant * best.shift;
  const projection = {
    shift: best.shift / near,
    stretch: best.stretch / near,
    taper: (slant * best.stretch) / near,
  };
  const [upper = first, lower = second] = rows.map((row) => projected(row, projection));
  return [upper, lower];
}

interface Span {
  readonly strength: number;
  readonly shift: number;
  readonly stretch: number;
  readonly taper: number;
}

/** The strongest rhythm of the given tapers. */
function search(inks: readonly Float64Array[], tapers: readonly number[], step: number): Span {
  const candidates = tapers.map((taper) => ({
    taper,
    rows: inks.map((ink) => ({ ink: straightenedOut(ink, taper), sums: emptyWaves() })),
  }));
  let best: Span = { strength: -1, shift: 0, stretch: 1, taper: 0 };
  for (let stretch: number = STRETCHES.from; stretch < STRETCHES.to; stretch *= step) {
    const waves = wavesOf(stretch * UNIT);
    const length = Math.round(ROW_LENGTH * stretch * UNIT);
    for (const { taper, rows } of candidates) {
      for (const { ink, sums } of rows) addUp(ink, waves, sums);
      const { strength, start } = strongest(rows, length);
      const shift = (start - STRIP.width / 2) / UNIT + (stretch * ROW_LENGTH) / 2;
      if (strength > best.strength) best = { strength, shift, stretch, taper };
    }
  }
  return best;
}

/** For each column, how much more its lines differ than those of the columns around it. */
function inkOf(plane: Plane, row: Row): Float64Array {
  const strip = new Float32Array(STRIP.width * STRIP.height);
  cutRow(plane, { ...row, pitch: row.pitch * REACH }, { height: 1.1 / REACH }, strip);
  const deviations = Float64Array.from({ length: STRIP.width }, (_, column) => {
    let [sum, squares] = [0, 0];
    for (let line = PRINT.from; line < PRINT.to; line++) {
      const value = strip[line * STRIP.width + column] ?? 0;
      sum += value;
      squares += value ** 2;
    }
    const count = PRINT.to - PRINT.from;
    return Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
  });
  return deviations.map((deviation, column) => {
    const around = deviations.subarray(Math.max(0, column - AROUND), column + AROUND + 1);
    return deviation - around.reduce((sum, value) => sum + value, 0) / around.length;
  });
}

/** The ink as it would be without the taper. */
function straightenedOut(ink: Float64Array, taper: number): Float64Array {
  if (taper === 0) return ink;
  const middle = STRIP.width / 2;
  return ink.map((_, column) => {
    const along = column - middle;
    const place = middle + along / (1 + (slantOf(taper) * along) / UNIT);
    const left = Math.floor(place);
    return (ink[left] ?? 0) * (left + 1 - place) + (ink[left + 1] ?? 0) * (place - left);
  });
}

/** How much farther from the camera each character is than the one before it. */
const slantOf = (taper: number) => (2 * taper) / ROW_LENGTH;

/** Where a row of a length must start so that both rows' ink has most of its rhythm. */
function strongest(rows: readonly { readonly sums: Waves }[], length: number): { strength: number; start: number } {
  let best = { strength: -1, start: 0 };
  for (let start = 0; start + length <= STRIP.width; start += START_STEP) {
    let strength = 0;
    for (const { sums } of rows) {
      const { cosines, sines } = sums;
      const cosine = (cosines[start + length] ?? 0) - (cosines[start] ?? 0);
      const sine = (sines[start + length] ?? 0) - (sines[start] ?? 0);
      strength += Math.sqrt(cosine ** 2 + sine ** 2);
    }
    if (strength > best.strength) best = { strength, start };
  }
  return { strength: best.strength / Math.sqrt(length), start: best.start };
}

/** For each column, a value of two waves that are a quarter of a turn apart. */
interface Waves {
  readonly cosines: Float64Array;
  readonly sines: Float64Array;
}

const emptyWaves = (): Waves => ({
  cosines: new Float64Array(STRIP.width + 1),
  sines: new Float64Array(STRIP.width + 1),
});

/** The waves of a pitch. They turn by the same angle from column to column. */
function wavesOf(pitch: number): Waves {
  const { cosines, sines } = emptyWaves();
  const [turnCosine, turnSine] = [Math.cos((2 * Math.PI) / pitch), Math.sin((2 * Math.PI) / pitch)];
  let [cosine, sine] = [1, 0];
  for (let column = 0; column < STRIP.width; column++) {
    cosines[column] = cosine;
    sines[column] = sine;
    const next = cosine * turnCosine - sine * turnSine;
    sine = sine * turnCosine + cosine * turnSine;
    cosine = next;
  }
  return { cosines, sines };
}

/** Writes the sums of the ink up to each column, times both waves. */
function addUp(ink: Float64Array, waves: Waves, { cosines, sines }: Waves): void {
  let [cosine, sine] = [0, 0];
  for (let column = 0; column < STRIP.width; column++) {
    const value = ink[column] ?? 0;
    cosine += value * (waves.cosines[column] ?? 0);
    sine += value * (waves.sines[column] ?? 0);
    cosines[column + 1] = cosine;
    sines[column + 1] = sine;
  }
}
