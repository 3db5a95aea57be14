/**
 * From the bytes of an upload to a picture that every provider can use: upright, without metadata (EXIF holds places and
 * dates), as a JPEG of a bounded size.
 *
 * A file is judged by its first bytes and by its header before anything is decoded, so that what is no picture, or a
 * small file that unfolds into gigabytes, costs nothing.
 */
import { availableParallelism } from "node:os";
import pLimit from "p-limit";
import sharp from "sharp";
import { FinalError, invalidPhoto } from "../errors.ts";
import { keepOrientation } from "./exif.ts";
import { hasEndMark, hideFurtherPictures, withEndMark } from "./jpeg.ts";
import { keepPictureChunks } from "./png.ts";
import type { ImageRole } from "../reasons.ts";

/** A picture as the providers get it. */
export interface Picture {
  readonly role: ImageRole;
  readonly jpeg: Buffer;
  readonly width: number;
  readonly height: number;
}

/** The shorter side below which no passport can be read and no face compared, once the longer one is brought down. */
const MIN_SIDE_PIXELS = 200;
/**
 * The longer side of what is sent. Passports: where the smallest print of a page that fills a 12-megapixel photo still has
 * lines of 24 pixels. Selfies: a third of such a photo, where a face that had 600 pixels has 200; CompreFace itself looks at
 * no more than 640 pixels of a picture. Stamps: the same third, which a JPEG decoder reaches at half the detail; their
 * letters are larger than a passport's.
 */
const MAX_SIDE_PIXELS = { passport: 1_728, stamp: 1_344, selfie: 1_344 } as const satisfies Record<ImageRole, number>;
const JPEG_QUALITY = 75;

// One thread for each picture, and as many pictures at once as there are threads: memory is bounded by that, not by
// the number of jobs.
sharp.concurrency(1);
sharp.cache(false);

type Format = "jpeg" | "png" | "webp" | "heic" | "unknown";

/** A picture's format by its first bytes; file names and content types are not trusted. */
export function sniffFormat(bytes: Buffer): Format {
  if (bytes.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]))) return "jpeg";
  if (bytes.subarray(0, 8).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]))) return "png";
  if (bytes.toString("latin1", 0, 4) === "RIFF" && bytes.toString("latin1", 8, 12) === "WEBP") return "webp";
  if (bytes.toString("latin1", 4, 8) === "ftyp") return "heic";
  return "unknown";
}

/**
 * Prepares pictures, as many at a time as there are processors: more would only take memory. Of those that take hundreds of
 * megabytes, because they cannot be decoded line by line, one at a time.
 */
export function createImagePreparation({
  maxPixels,
  atOnce = availableParallelism(),
}: {
  maxPixels: number;
  atOnce?: number;
}) {
  const slots = pLimit(atOnce);
  const whole = pLimit(1);

  async function prepare(upload: Buffer, role: ImageRole): Promise<Picture> {
    const format = sniffFormat(upload);
    if (format === "unknown" || format === "heic") throw invalidPhoto("image_unsupported_format", role, { format });
    const side = MAX_SIDE_PIXELS[role];
    try {
      const { bytes, failOn } = toDecodable(upload, format);
      const { isWhole } = await checkHeader(bytes, role, maxPixels);
      const upright = sharp(bytes, { limitInputPixels: maxPixels, failOn, sequentialRead: true })
        .autoOrient()
        .resize({ width: side, height: side, fit: "inside", withoutEnlargement: true });
      // A JPEG has nothing to see through, and looking for it takes a twentieth of the whole.
      const opaque = format === "jpeg" ? upright : upright.flatten({ background: "white" });
      const small = opaque.jpeg({ quality: JPEG_QUALITY, optimiseCoding: false });
      const decode = () => small.toBuffer({ resolveWithObject: true });
      const { data, info } = await (isWhole ? whole(decode) : decode());
      return { role, jpeg: data, width: info.width, height: info.height };
    } catch (error) {
      if (error instanceof FinalError) throw error;
      throw invalidPhoto("image_corrupt", role, { format });
    }
  }

  return {
    /**
     * Checks an upload and makes it a {@link Picture}. What EXIF the upload has is written over.
     *
     * @throws {FinalError} naming what is wrong with the picture.
     */
    prepare: (bytes: Buffer, role: ImageRole): Promise<Picture> => slots(() => prepare(bytes, role)),

    /** Cuts the machine readable zone out of a passport page: where the model saw it, else the page's lower part. */
    cropMrz: (page: Picture, box: readonly number[] | null): Promise<Picture> => slots(() => cropMrz(page, box)),

    /** The picture upright, if it lies turned clockwise by this angle. */
    turn: (picture: Picture, clockwiseDegrees: 90 | 180 | 270): Promise<Picture> =>
      slots(() => turn(picture, clockwiseDegrees)),
  };
}

/** What of an upload the decoder sees, and what it refuses. JPEG and WebP files are changed in place. */
function toDecodable(upload: Buffer, format: "jpeg" | "png" | "webp"): { bytes: Buffer; failOn: "error" | "warning" } {
  if (format === "png") return { bytes: keepPictureChunks(upload), failOn: "error" };
  keepOrientation(upload, format);
  if (format === "jpeg") hideFurtherPictures(upload);
  if (format === "webp" || hasEndMark(upload)) return { bytes: upload, failOn: "error" };
  // With the end mark added, missing pixels are only a warning to the decoder.
  return { bytes: withEndMark(upload), failOn: "warning" };
}

/** What is cut out beyond the box, as a share of the page's height, since boxes are drawn tightly. */
const CROP_MARGIN = 0.04;
/** Where the zone is on a page that fills the picture. */
const LOWER_PART = 0.6;

async function cropMrz({ role, jpeg, width, height }: Picture, box: readonly number[] | null): Promise<Picture> {
  const [top = 0, , bottom = 0] = box ?? [];
  const known = bottom > top;
  const from = known ? Math.max(0, top / 1_000 - CROP_MARGIN) : LOWER_PART;
  const to = known ? Math.min(1, bottom / 1_000 + CROP_MARGIN) : 1;
  const region = { left: 0, top: Math.floor(from * height), width, height: Math.ceil((to - from) * height) };
  region.height = Math.min(region.height, height - region.top);
  const data = await sharp(jpeg).extract(region).jpeg({ quality: 90 }).toBuffer();
  return { role, jpeg: data, width, height: region.height };
}

async function turn({ role, jpeg }: Picture, clockwiseDegrees: number): Promise<Picture> {
  const { data, info } = await sharp(jpeg)
    .rotate(360 - clockwiseDegrees)
    .jpeg({ quality: JPEG_QUALITY, optimiseCoding: false })
    .toBuffer({ resolveWithObject: true });
  return { role, jpeg: data, width: info.width, height: info.height };
}

export type ImagePreparation = ReturnType<typeof createImagePreparation>;

/**
 * `isWhole` is a picture that cannot be decoded line by line: one that is progressive, or interlaced, or a WebP that is not
 * plainly lossy, and may hold a lossless picture or an animation.
 */
async function checkHeader(bytes: Buffer, role: ImageRole, maxPixels: number): Promise<{ isWhole: boolean }> {
  // The header is read without its limit, so that the limit can be named in the answer.
  const header = await sharp(bytes, { limitInputPixels: false }).metadata();
  const { width, height } = header;
  if (width * height > maxPixels) throw invalidPhoto("image_too_large", role, { width, height, maxPixels });
  const scale = Math.min(1, MAX_SIDE_PIXELS[role] / Math.max(width, height));
  if (Math.min(width, height) * scale < MIN_SIDE_PIXELS) throw invalidPhoto("image_too_small", role, { width, height });
  const isPlain = header.format !== "webp" || bytes.toString("latin1", 12, 16) === "VP8 ";
  return { isWhole: header.isProgressive || !isPlain };
}
