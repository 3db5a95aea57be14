/** A picture's one channel, and how a network's input is taken from it. */
import type { Pixels } from "../../images/pixels.ts";

/** One byte a pixel. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Luminance. */
export function greyOf({ width, height, data }: Pixels): Plane {
  const grey = new Uint8Array(width * height);
  for (let pixel = 0, byte = 0; pixel < grey.length; pixel++, byte += 3)
    grey[pixel] = ((data[byte] ?? 0) * 77 + (data[byte + 1] ?? 0) * 150 + (data[byte + 2] ?? 0) * 29) >> 8;
  return { width, height, data: grey };
}

/** The brightest of the three colours: coloured print turns pale, and black ink stays black. */
export function brightestOf({ width, height, data }: Pixels): Plane {
  const brightest = new Uint8Array(width * height);
  for (let pixel = 0, byte = 0; pixel < brightest.length; pixel++, byte += 3)
    brightest[pixel] = Math.max(data[byte] ?? 0, data[byte + 1] ?? 0, data[byte + 2] ?? 0);
  return { width, height, data: brightest };
}

/** Shrinks a plane to the given size: each new pixel is the mean of those that it covers. */
export function shrink(plane: Plane, width: number, height: number): Plane {
  const data = new Uint8Array(width * height);
  const columns = boundaries(plane.width, width);
  const rows = boundaries(plane.height, height);
  for (let y = 0; y < height; y++) {
    const top = rows[y] ?? 0;
    const bottom = Math.max(top + 1, rows[y + 1] ?? 0);
    for (let x = 0; x < width; x++) {
      const left = columns[x] ?? 0;
      data[y * width + x] = meanOf(plane, left, top, Math.max(left + 1, columns[x + 1] ?? 0), bottom);
    }
  }
  return { width, height, data };
}

const boundaries = (from: number, to: number) =>
  Int32Array.from({ length: to + 1 }, (_, index) =>
    Math.min(Math.floor((index * from) / to), from - 1 + (index === to ? 1 : 0)),
  );

function meanOf({ width, data }: Plane, left: number, top: number, right: number, bottom: number): number {
  let sum = 0;
  for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) sum += data[y * width + x] ?? 0;
  return sum / ((right - left) * (bottom - top)) + 0.5;
}

/** Gives values mean 0 and deviation 1, as both networks expect. Changes them in place. */
export function normalise(values: Float32Array): void {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  const scale = 1 / (Math.sqrt(squares / (values.length - 1)) + 4);
  for (let index = 0; index < values.length; index++) values[index] = ((values[index] ?? 0) - mean) * scale;
}
