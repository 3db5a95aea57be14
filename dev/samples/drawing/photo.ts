/** From a drawing to the file of a phone's camera: light, noise, EXIF. Finished pictures are kept in `.local/samples`. */
import { createHash, hash } from "node:crypto";
import { readFileSync } from "node:fs";
import sharp from "sharp";
import { keptOrMade } from "./photo-cache.ts";

/** What a viewer's turning has to be undone by: the matrix from the upright unit square to the stored one. */
const STORED = {
  1: "1 0 0 1 0 0",
  2: "-1 0 0 1 1 0",
  3: "-1 0 0 -1 1 1",
  4: "1 0 0 -1 0 1",
  5: "0 1 1 0 0 0",
  6: "0 -1 1 0 0 1",
  7: "0 -1 -1 0 1 1",
  8: "0 1 -1 0 1 0",
} as const;

/** What is in front of the camera, and how the phone is held. */
export interface Photo {
  /** The drawing's size, upright. */
  readonly width: number;
  readonly height: number;
  /** SVG elements, from the bottom to the top. */
  readonly drawing: readonly string[];
  /** The EXIF tag: pixels are stored turned, and it says how to turn them back. 1 by default. */
  readonly exifOrientation?: keyof typeof STORED | undefined;
  /** The upright picture's width in pixels; the drawing's own by default. 800 makes cheap pictures for load tests. */
  readonly widthPx?: number | undefined;
}

// Smaller pictures are not kept: tests draw thousands of them, which would fill the disk.
const MIN_CACHED_WIDTH_PX = 2000;
const CODE = readFileSync(import.meta.filename, "utf8");

/** A camera that no maker sells, in the middle of the Aral Sea: a test can look for either in what the service sends on. */
const EXIF = {
  IFD0: { Make: "Sample Optics", Model: "Synthetic Phone 1", Software: "dev/samples" },
  IFD3: {
    GPSLatitudeRef: "N",
    GPSLatitude: "44/1 43/1 3000/100",
    GPSLongitudeRef: "E",
    GPSLongitude: "59/1 36/1 1500/100",
  },
};

const TILE = 256;
const noise = createHash("shake256", { outputLength: TILE * TILE }).digest();
const tile = await sharp(noise, { raw: { width: TILE, height: TILE, channels: 1 } })
  .png()
  .toBuffer();

/** Uneven light, with corners darker than the middle, and a sensor's noise: without it, a JPEG would be far too small. */
const LIGHT_AND_NOISE = `
  <radialGradient id="light" r="0.8">
    <stop offset="0.3" stop-opacity="0"/><stop offset="1" stop-opacity="0.12"/>
  </radialGradient>
  <pattern id="noise" width="${TILE}" height="${TILE}" patternUnits="userSpaceOnUse">
    <image href="data:image/png;base64,${tile.toString("base64")}" width="${TILE}" height="${TILE}"/>
  </pattern>
  <rect width="100%" height="100%" fill="url(#light)"/>
  <rect width="100%" height="100%" fill="url(#noise)" fill-opacity="0.055"/>`;

/** The photo's JPEG. The same arguments give the same bytes. Pictures of a phone's size come from the disk the second time. */
export async function photograph(photo: Photo): Promise<Buffer> {
  const make = () => shoot(photo);
  if ((photo.widthPx ?? photo.width) < MIN_CACHED_WIDTH_PX) return make();
  // Everything that decides about the bytes: this code, the encoder and the drawing.
  return keptOrMade(`${hash("sha256", JSON.stringify([CODE, sharp.versions, photo]))}.jpg`, make);
}

function shoot({ width, height, drawing, exifOrientation = 1, widthPx = width }: Photo): Promise<Buffer> {
  const heightPx = Math.round((height * widthPx) / width);
  const [storedWidth, storedHeight] = exifOrientation < 5 ? [widthPx, heightPx] : [heightPx, widthPx];
  // Turning the drawing costs nothing; turning 12 million pixels would.
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${storedWidth}" height="${storedHeight}">` +
    `<g transform="scale(${storedWidth} ${storedHeight}) matrix(${STORED[exifOrientation]}) scale(${1 / width} ${1 / height})">` +
    `${drawing.join("")}</g>${LIGHT_AND_NOISE}</svg>`;
  return sharp(Buffer.from(svg), { unlimited: true })
    .removeAlpha()
    .withExif(EXIF)
    .withMetadata({ orientation: exifOrientation })
    .jpeg({ quality: 90 })
    .toBuffer();
}
