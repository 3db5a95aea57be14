/** Where a row of the zone is in a picture, and how it is cut out. */
import { ROW_LENGTH } from "../text/alphabet.ts";
import { normalise, type Plane } from "./plane.ts";

/** What the line reader sees: 48 characters wide, 2 high, 16 pixels a character. */
export const STRIP = { width: 768, height: 32, pixelsPerCharacter: 16 } as const;

/** A row of the zone: its middle, the direction in which it is read (clockwise from the right), and the width of a character. */
export interface Row {
  readonly x: number;
  readonly y: number;
  readonly angle: number;
  readonly pitch: number;
  /** How far the row's ends are below a straight line through its middle, in widths of a character: paper curls. */
  readonly bend: number;
  /** By what share the row's end is farther from the camera than its middle, and its start nearer. */
  readonly taper: number;
}

/** How the strip is cut for one look. A `height` of 1 is the usual one. */
export interface View {
  readonly height: number;
}

/** The row as the line reader wants it, into `into`. */
export function cutRow(plane: Plane, row: Row, view: View, into: Float32Array): void {
  const step = row.pitch / STRIP.pixelsPerCharacter;
  const alongX = Math.cos(row.angle);
  const alongY = Math.sin(row.angle);
  const stepDown = (2 * row.pitch * view.height) / STRIP.height;
  const across = samplesFor(step);
  const down = samplesFor(stepDown);
  const places = new Float64Array(STRIP.width * across);
  const drops = new Float64Array(places.length);
  const sizes = new Float64Array(places.length);
  for (let index = 0; index < places.length; index++) {
    const along = ((index + 0.5) / across - STRIP.width / 2) / STRIP.pixelsPerCharacter;
    const size = sizeAt(row, along);
    const place = along * row.pitch * size;
    places[index] = place;
    sizes[index] = size;
    drops[index] = dropAt(row, place);
  }
  const sums = new Float64Array(STRIP.width);
  for (let line = 0; line < STRIP.height; line++) {
    sums.fill(0);
    for (let j = 0; j < down; j++) {
      const v = (line + (j + 0.5) / down - STRIP.height / 2) * stepDown;
      for (let index = 0; index < places.length; index++) {
        const u = places[index] ?? 0;
        const below = v * (sizes[index] ?? 0) + (drops[index] ?? 0);
        const column = Math.trunc(index / across);
        const x = row.x - 0.5 + u * alongX - below * alongY;
        const y = row.y - 0.5 + u * alongY + below * alongX;
        sums[column] = (sums[column] ?? 0) + sampleAt(plane, x, y);
      }
    }
    for (let column = 0; column < STRIP.width; column++)
      into[line * STRIP.width + column] = (sums[column] ?? 0) / (across * down);
  }
  normalise(into);
}

/** How many samples a pixel of the strip is the mean of: as many as it covers pixels, up to four. */
const samplesFor = (step: number) => Math.max(1, Math.min(4, Math.round(step)));

function sampleAt({ width, height, data }: Plane, x: number, y: number): number {
  const column = Math.max(0, Math.min(width - 1.001, x));
  const line = Math.max(0, Math.min(height - 1.001, y));
  const left = Math.trunc(column);
  const top = Math.trunc(line);
  const right = column - left;
  const low = line - top;
  const at = top * width + left;
  const upper = (data[at] ?? 0) * (1 - right) + (data[at + 1] ?? 0) * right;
  const lower = (data[at + width] ?? 0) * (1 - right) + (data[at + width + 1] ?? 0) * right;
  return upper * (1 - low) + lower * low;
}

/** How far a bent row is below its middle, in pixels, at a place along it. */
const dropAt = ({ bend, pitch }: Row, along: number) => bend * pitch * ((2 * along) / (ROW_LENGTH * pitch)) ** 2;

/** The size of the print at a place along a row, in characters from its middle: 1 in the middle. */
const sizeAt = ({ taper }: Row, along: number) => 1 / (1 + (2 * taper * along) / ROW_LENGTH);

/** Turned by half a circle: the same place, read from the other end. */
export const turned = (row: Row): Row => ({ ...row, angle: row.angle + Math.PI, bend: -row.bend, taper: -row.taper });

/** A place of a row in the picture: `along` and `below` in characters from its middle. */
export function placeIn(row: Row, along: number, below: number): readonly [number, number] {
  const size = sizeAt(row, along);
  const u = along * row.pitch * size;
  const v = below * row.pitch * size + dropAt(row, u);
  return [
    row.x + u * Math.cos(row.angle) - v * Math.sin(row.angle),
    row.y + u * Math.sin(row.angle) + v * Math.cos(row.angle),
  ];
}
