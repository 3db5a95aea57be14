/** From a drawing to the file of a phone's camera: light, noise, EXIF. Finished pictures are kept in `.local/samples`. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { keptOrMade } from "./photo-cache.ts";
import { addLightAndNoise } from "./photo-light.ts";

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

/** A camera that no maker sells, in the middle of the Aral Sea: a test can look for either in what the service sends on. */
const EXIF = {
  IFD0: { Make: "Sample Optics", Model: "Synthetic Phone 1", Software: "local/samples" },
  IFD3: {
    GPSLatitudeRef: "N",
    GPSLatitude: "44/1 43/1 3000/100",
    GPSLongitudeRef: "E",
    GPSLongitude: "59/1 36/1 1500/100",
  },
};

/** The photo's JPEG. The same arguments give the same bytes. Pictures of a phone's size come from the disk the second time. */
export async function photograph(photo: Photo): Promise<Buffer> {
  const make = () => shoot(photo);
  return (photo.widthPx ?? photo.width) < MIN_CACHED_WIDTH_PX ? make() : keptOrMade(`${keyOf(photo)}.jpg`, make);
}

/** Everything that decides about the bytes: the drawing, this code and the encoder. */
function keyOf(photo: Photo): string {
  const hash = createHash("sha256");
  for (const source of ["photo.ts", "photo-light.ts"]) hash.update(readFileSync(join(import.meta.dirname, source)));
  return hash
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
    `${drawing.join("")}</g></svg>`;
  const { data, info } = await sharp(Buffer.from(svg), { limitInputPixels: false, unlimited: true })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  addLightAndNoise(data, info.width, info.height, seed);
  return sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } })
    .withExif(EXIF)
    .withMetadata({ orientation: exifOrientation })
    .jpeg({ quality: QUALITY })
    .toBuffer();
}
