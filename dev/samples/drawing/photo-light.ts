/** What a small sensor adds to a scene: uneven light and noise. Without noise, a drawing's JPEG would be far too small. */

const TABLE_LENGTH = 1 << 16;
/** Standard deviation of the noise, of 255: an indoor picture at ISO 200 or so. */
const NOISE = 4.2;
/** How much darker the corners are, and how much brighter one side than the other, of 255. */
const VIGNETTE = 16;
const SLOPE = 9;

/** Brightens, darkens and roughens RGB pixels in place: the same for the same seed. */
export function addLightAndNoise(pixels: Uint8Array, width: number, height: number, seed: number): void {
  const clamped = new Uint8ClampedArray(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  const next = createBits(seed);
  const noise = noiseTable(next);
  const columns = light(width, next() % 2 === 0 ? SLOPE : -SLOPE);
  const rows = light(height, next() % 2 === 0 ? SLOPE : -SLOPE);
  let at = 0;
  for (let y = 0; y < height; y++) {
    // Each row starts somewhere else in the table, so that no pattern shows.
    let speck = next() % TABLE_LENGTH;
    const row = rows[y] ?? 0;
    for (let x = 0; x < width; x++) {
      const change = (noise[speck++] ?? 0) + row + (columns[x] ?? 0);
      clamped[at] = (clamped[at] ?? 0) + change;
      clamped[at + 1] = (clamped[at + 1] ?? 0) + change;
      clamped[at + 2] = (clamped[at + 2] ?? 0) + change;
      at += 3;
    }
  }
}

/** The change in brightness along one side: a slope, and a parabola that is zero in the middle. */
function light(length: number, slope: number): Float32Array {
  return Float32Array.from({ length }, (_, index) => {
    const position = (2 * index) / length - 1;
    return slope * position - (VIGNETTE / 2) * position * position;
  });
}

/** Noise that a row can be read from at any start: long enough for the widest picture behind the last start. */
function noiseTable(next: () => number): Float32Array {
  const table = new Float32Array(2 * TABLE_LENGTH);
  for (let index = 0; index < TABLE_LENGTH; index++) {
    const bits = next();
    // The sum of four bytes is close to a bell curve of standard deviation 147.8.
    const sum = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24) - 510;
    table[index] = (sum / 147.8) * NOISE;
  }
  table.copyWithin(TABLE_LENGTH, 0, TABLE_LENGTH);
  return table;
}

/** 32 random bits at a time (xorshift): millions of them are needed. */
function createBits(seed: number): () => number {
  let state = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x2545f491) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}
