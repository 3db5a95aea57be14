/** From a drawing to the file of a phone's camera: light, noise, EXIF. Finished pictures are kept in `.local/samples`. */
import { createHash } from "node:crypto";
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

/** How a viewer has to turn the stored pixels: the EXIF tag's values. */
type ExifOrientation = keyof typeof STORED;

/** What is in front of the camera, and how the phone is held. */
export interface Photo {
  /** The drawing's size, upright. */
  readonly width: number;
  readonly height: number;
  /** SVG elements, from the bottom to the top. */
  readonly drawing: readonly string[];
  readonly seed: number;
  /** How the phone was held: pixels are stored turned, and the EXIF tag says how to turn them back. 1 by default. */
  readonly exifOrientation?: ExifOrientation;
  /** The upright picture's width in pixels; the drawing's own by default. 800 makes cheap pictures for load tests. */
  readonly widthPx?: number;
}

// Smaller pictures are drawn by the thousand, and faster than a full disk is tidied up.
const MIN_CACHED_WIDTH_PX = 2000;
const QUALITY = 90;
/** The side of the tile of noise, in pixels, and how much of a speck shows, of 255. */
const TILE = 256;
const MAX_OPACITY = 15;

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

/** Uneven light: corners are darker than the middle. */
const LIGHT =
  '<defs><radialGradient id="light" r="0.8"><stop offset="0.3" stop-opacity="0"/><stop offset="1" stop-opacity="0.12"/></radialGradient></defs>' +
  '<rect width="100%" height="100%" fill="url(#light)"/>';

/** The photo's JPEG. The same arguments give the same bytes. Pictures of a phone's size come from the disk the second time. */
export async function photograph(photo: Photo): Promise<Buffer> {
  const make = () => shoot(photo);
  return (photo.widthPx ?? photo.width) < MIN_CACHED_WIDTH_PX ? make() : keptOrMade(`${keyOf(photo)}.jpg`, make);
}

/** Everything that decides about the bytes: the drawing, this code and the encoder. */
function keyOf(photo: Photo): string {
  return createHash("sha256")
    .update(readFileSync(import.meta.filename))
    .update(JSON.stringify([sharp.versions, photo]))
    .digest("hex")
    .slice(0, 40);
}

async function shoot({ width, height, drawing, seed, exifOrientation = 1, widthPx = width }: Photo): Promise<Buffer> {
  const heightPx = Math.round((height * widthPx) / width);
  const [storedWidth, storedHeight] = exifOrientation < 5 ? [widthPx, heightPx] : [heightPx, widthPx];
  // Turning the drawing costs nothing; turning 12 million pixels would.
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${storedWidth}" height="${storedHeight}">` +
    `<g transform="scale(${storedWidth} ${storedHeight}) matrix(${STORED[exifOrientation]}) scale(${1 / width} ${1 / height})">` +
    `${drawing.join("")}</g>${LIGHT}${await specks(seed)}</svg>`;
  return sharp(Buffer.from(svg), { limitInputPixels: false, unlimited: true })
    .removeAlpha()
    .withExif(EXIF)
    .withMetadata({ orientation: exifOrientation })
    .jpeg({ quality: QUALITY })
    .toBuffer();
}

/**
 * SVG of a sensor's noise: a tile of black and white specks that hardly show. Without noise, a drawing's JPEG would be far too
 * small. The same seed gives the same specks.
 */
async function specks(seed: number): Promise<string> {
  const random = createHash("shake256", { outputLength: TILE * TILE })
    .update(`specks ${seed}`)
    .digest();
  const tile = Buffer.alloc(4 * TILE * TILE);
  for (const [index, byte] of random.entries()) {
    const shade = (byte & 1) * 255;
    tile.set([shade, shade, shade, (byte >> 1) % MAX_OPACITY], 4 * index);
  }
  const png = await sharp(tile, { raw: { width: TILE, height: TILE, channels: 4 } })
    .png({ compressionLevel: 1 })
    .toBuffer();
  const image = `<image href="data:image/png;base64,${png.toString("base64")}" width="${TILE}" height="${TILE}"/>`;
  return (
    `<defs><pattern id="specks" width="${TILE}" height="${TILE}" patternUnits="userSpaceOnUse">${image}</pattern></defs>` +
    '<rect width="100%" height="100%" fill="url(#specks)"/>'
  );
}
