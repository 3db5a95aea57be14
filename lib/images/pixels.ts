/** Decodes a picture for the reader: upright by its EXIF, RGB, and no larger than the zone's letters need. */
import sharp from "sharp";
import { keepOrientation } from "./exif.ts";
import { sniffFormat } from "./images.ts";
import { keepPictureChunks } from "./png.ts";

/** A decoded picture: three bytes a pixel, red first. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array<ArrayBuffer>;
  /** Pixels of the upload for one of these. */
  readonly scale: number;
}

/** The longer side. A zone that takes a quarter of it still has 11 pixels a character. */
const MAX_SIDE_PIXELS = 2_048;

/**
 * Decodes a JPEG, PNG or WebP. A large JPEG is shrunk by 2, 4 or 8 as it is decoded, which costs less than decoding it whole
 * and needs no resampling.
 *
 * @throws {Error} when it is another format, or damaged, or has more than `maxPixels`.
 */
export async function decodePixels(picture: Uint8Array, { maxPixels }: { maxPixels: number }): Promise<Pixels> {
  const source = sharp(withoutMetadata(picture), {
    limitInputPixels: maxPixels,
    failOn: "error",
    sequentialRead: true,
  });
  const { width, height, format } = await source.metadata();
  const shrink = shrinkOnLoad(Math.max(width, height));
  const side = format === "jpeg" ? Math.ceil(Math.max(width, height) / shrink) : MAX_SIDE_PIXELS;
  const { data, info } = await source
    .autoOrient()
    .resize({ width: side, height: side, fit: "inside", withoutEnlargement: true, kernel: "linear" })
    .flatten({ background: "white" })
    .toColourspace("srgb")
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const scale = Math.max(width, height) / Math.max(info.width, info.height);
  return { width: info.width, height: info.height, scale, data: asRgb(data, info.channels) };
}

/** The picture without what a decoder would read beside it; the caller's bytes stay as they are. */
function withoutMetadata(picture: Uint8Array): Buffer {
  const bytes = Buffer.from(picture);
  const format = sniffFormat(bytes);
  if (format === "unknown" || format === "heic") throw new Error("the picture is neither a JPEG nor a PNG nor a WebP");
  if (format === "png") return keepPictureChunks(bytes);
  keepOrientation(bytes, format);
  return bytes;
}

function shrinkOnLoad(side: number): number {
  for (const shrink of [1, 2, 4]) if (side / shrink <= MAX_SIDE_PIXELS) return shrink;
  return 8;
}

/** A copy of its own memory, which can be handed to a thread. */
function asRgb(data: Buffer, channels: number): Uint8Array<ArrayBuffer> {
  if (channels === 3) return new Uint8Array(data);
  const rgb = new Uint8Array((data.length / channels) * 3);
  for (let from = 0, to = 0; from < data.length; from += channels, to += 3) rgb.fill(data[from] ?? 0, to, to + 3);
  return rgb;
}
