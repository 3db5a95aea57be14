/** A passport's page as pixels: upright by its EXIF, RGB, and no larger than the zone's letters need. */
import sharp, { type ResizeOptions, type Sharp } from "sharp";
import { discard } from "./discard.ts";
import { sniffFormat, toDecodable } from "./upload.ts";

/** A decoded picture: three bytes a pixel, red first. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array<ArrayBuffer>;
  /** How many pixels of the upload's longer side one of these pixels stands for. */
  readonly scale: number;
}

/**
 * The longer side of a passport's page, for the reader and for the providers. The smallest print of a page that fills a
 * 12-megapixel photo still has lines of 24 pixels; a zone that takes a quarter of this side has 9 for each character.
 */
export const PAGE_SIDE_PIXELS = 1_728;

/**
 * Decodes a JPEG, PNG or WebP for a reading without a job. Does not change the caller's bytes.
 *
 * @throws {Error} if it has another format, is damaged, or has more than `maxPixels`.
 */
export async function decodePixels(picture: Uint8Array, { maxPixels }: { maxPixels: number }): Promise<Pixels> {
  const copy = Buffer.from(picture);
  const format = sniffFormat(copy);
  if (format === "unknown" || format === "heic") throw new Error("the picture is not a JPEG, PNG or WebP");
  const { bytes, failOn } = toDecodable(copy, format);
  const source = sharp(bytes, { limitInputPixels: maxPixels, failOn, sequentialRead: true });
  const { width, height } = await source.metadata();
  return toPixels(source, Math.max(width, height));
}

/** Decodes an opened picture whose longer side is known. */
export async function toPixels(source: Sharp, longerSide: number, options: ResizeOptions = {}): Promise<Pixels> {
  const { data, info } = await source
    .autoOrient()
    .resize({ ...options, width: PAGE_SIDE_PIXELS, height: PAGE_SIDE_PIXELS, fit: "inside", withoutEnlargement: true })
    .flatten({ background: "white" })
    .toColourspace("srgb")
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  return { width, height, scale: longerSide / Math.max(width, height), data: toRgb(data, info.channels) };
}

/** Copies the pixels into memory that can be transferred to a thread, and frees the decoder's memory, which cannot. */
function toRgb(data: Buffer, channels: number): Uint8Array<ArrayBuffer> {
  const rgb = channels === 3 ? new Uint8Array(data) : new Uint8Array((data.length / channels) * 3);
  if (channels !== 3)
    for (let from = 0, to = 0; from < data.length; from += channels, to += 3) rgb.fill(data[from] ?? 0, to, to + 3);
  discard(data);
  return rgb;
}
