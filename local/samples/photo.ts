/** From a drawing to the file of a phone's camera: light, noise, EXIF. Finished pictures are kept in `.local/samples`. */
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { createRandom } from "./random.ts";

export type ExifOrientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const CACHE = join(import.meta.dirname, "../../.local/samples");
/** To be raised when the same drawing gives another file. */
const VERSION = 1;
const NOISE_SIDE = 512;
const QUALITY = 88;

interface Photo {
  readonly width: number;
  readonly height: number;
  /** SVG elements, from the bottom to the top. */
  readonly drawing: readonly string[];
  readonly seed: number;
  readonly exifOrientation?: ExifOrientation;
  readonly widthPx?: number;
}

/** The photo's JPEG. The same arguments give the same bytes. */
export async function photograph(photo: Photo): Promise<Buffer> {
  const path = join(
    CACHE,
    `${createHash("sha256")
      .update(JSON.stringify([VERSION, photo]))
      .digest("hex")}.jpg`,
  );
  const kept = await readFile(path).catch(() => undefined);
  if (kept !== undefined) return kept;
  const bytes = await shoot(photo);
  await mkdir(CACHE, { recursive: true });
  // Several processes may draw the same picture: each writes a file of its own and puts it into place at once.
  await writeFile(`${path}.${process.pid}`, bytes);
  await rename(`${path}.${process.pid}`, path);
  return bytes;
}

async function shoot({ width, height, drawing, seed, exifOrientation = 1, widthPx = width }: Photo): Promise<Buffer> {
  const heightPx = Math.round((height * widthPx) / width);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${widthPx}" height="${heightPx}">${drawing.join("")}</svg>`;
  const lit = await sharp(Buffer.from(svg), { limitInputPixels: false, unlimited: true })
    .flatten({ background: "#ffffff" })
    .composite([
      {
        input: noiseTile(seed),
        raw: { width: NOISE_SIDE, height: NOISE_SIDE, channels: 4 },
        tile: true,
        blend: "over",
      },
    ])
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { info, data } = lit;
  return turned(sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } }), exifOrientation)
    .withExif({
      IFD0: { Make: "Sample", Model: "Synthetic Phone 1" },
      IFD3: { GPSLatitudeRef: "N", GPSLatitude: "41/1 18/1 0/1", GPSLongitudeRef: "E", GPSLongitude: "69/1 16/1 0/1" },
    })
    .withMetadata({ orientation: exifOrientation })
    .jpeg({ quality: QUALITY })
    .toBuffer();
}

/** Turns the pixels so that a viewer which obeys the tag sees them upright. */
function turned(picture: Sharp, orientation: ExifOrientation): Sharp {
  switch (orientation) {
    case 1:
      return picture;
    case 2:
      return picture.flop();
    case 3:
      return picture.rotate(180);
    case 4:
      return picture.flip();
    case 5:
      return picture.rotate(90).flop();
    case 6:
      return picture.rotate(270);
    case 7:
      return picture.rotate(270).flop();
    case 8:
      return picture.rotate(90);
  }
}

/** Faint grey specks, more or less opaque: a sensor's noise, which makes a photo's file as large as a real one's. */
function noiseTile(seed: number): Buffer {
  const random = createRandom(seed + 99);
  const tile = Buffer.alloc(NOISE_SIDE * NOISE_SIDE * 4);
  for (let offset = 0; offset < tile.length; offset += 4) {
    const grey = random.below(256);
    tile.fill(grey, offset, offset + 3);
    tile[offset + 3] = random.below(34);
  }
  return tile;
}
