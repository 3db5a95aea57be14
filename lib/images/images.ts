/**
 * From the bytes of an upload to a picture that every provider can use: upright, without metadata (EXIF holds places and
 * dates), as a JPEG of a bounded size.
 *
 * A file is checked by its first bytes and its header before anything is decoded. So a file that is not a picture, or a small
 * file that decompresses into gigabytes, costs nothing.
 */
import { availableParallelism } from "node:os";
import pLimit from "p-limit";
import sharp, { type ResizeOptions, type Sharp } from "sharp";
import { FinalError, invalidPhoto } from "../errors.ts";
import type { ImageRole } from "../reasons.ts";
import { barePicture } from "./jpeg.ts";
import { toPixels, type Pixels } from "./pixels.ts";
import { sniffFormat, toDecodable, type Decodable } from "./upload.ts";

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
/** A small JPEG with more bytes a pixel than this is encoded again. At our quality, photos have 0.1 to 0.25. */
const MAX_BYTES_A_PIXEL = 0.3;

// libvips takes one thread for each picture, and keeps no decoded picture for later.
sharp.concurrency(1);
sharp.cache(false);

/** A passport's page, and the pixels that it was made from. */
export interface Page {
  readonly picture: Picture;
  readonly pixels: Pixels;
}

/** An upload whose header is accepted. */
interface Opened {
  readonly source: Sharp;
  readonly isJpeg: boolean;
  readonly width: number;
  readonly height: number;
  /**
   * Whether the upload had no end mark. Shrunk on load, the decoder does not notice that the last pixels are missing, so such an
   * upload is only shrunk on load from a factor of four on.
   */
  readonly isUnended: boolean;
  /** The picture as it can be sent, if that needs neither turning nor shrinking nor other colours. */
  readonly bare: Buffer | undefined;
  /** Runs a decode of this picture: at once, or when no other picture that needs much memory is decoded. */
  readonly decode: <T>(work: () => Promise<T>) => Promise<T>;
}

/**
 * Decodes uploads, as many at a time as there are processors: more would only take memory. A picture that cannot be decoded
 * line by line takes hundreds of megabytes, so those are decoded one at a time. What is made of prepared pictures (a strip, a
 * turned page) takes a place as well. Only the reader's own decode, for the command line, does not: no job uses it.
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

  async function open(upload: Buffer, role: ImageRole): Promise<Opened> {
    const format = sniffFormat(upload);
    if (format === "unknown" || format === "heic") throw invalidPhoto("image_unsupported_format", role, { format });
    const decodable = toDecodable(upload, format);
    const { isWhole, isPlain, width, height } = await checkHeader(decodable.bytes, role, maxPixels);
    const isJpeg = format === "jpeg";
    const isUnended = decodable.failOn === "warning";
    const canBeBare = isJpeg && isPlain && !isUnended;
    const bare = canBeBare ? bareOf(upload, width, height, role) : undefined;
    return {
      source: openDecoder(bare === undefined ? decodable : { ...decodable, bytes: bare }, maxPixels),
      isJpeg,
      width,
      height,
      isUnended,
      bare,
      decode: (work) => (isWhole ? whole(work) : work()),
    };
  }

  /** Takes a place, opens an upload and uses it. An error of the decoder means that the picture is damaged. */
  const withOpened = <T>(upload: Buffer, role: ImageRole, use: (opened: Opened) => Promise<T>): Promise<T> =>
    slots(async () => {
      try {
        return await use(await open(upload, role));
      } catch (error) {
        if (error instanceof FinalError) throw error;
        throw invalidPhoto("image_corrupt", role, { format: sniffFormat(upload) });
      }
    });

  return {
    /**
     * Checks an upload and makes it a {@link Picture}. Overwrites the upload's EXIF.
     *
     * @throws {FinalError} naming what is wrong with the picture.
     */
    prepare: (upload: Buffer, role: ImageRole): Promise<Picture> =>
      withOpened(upload, role, async ({ source, isJpeg, isUnended, width, height, bare, decode }) => {
        if (bare !== undefined) {
          await checkScan(source, width);
          return { role, jpeg: bare, width, height };
        }
        // A JPEG is opaque, and looking for transparency takes a twentieth of the whole.
        const opaque = isJpeg ? source : source.flatten({ background: "white" });
        return decode(() => encode(opaque.autoOrient(), role, { fastShrinkOnLoad: !isUnended }));
      }),

    /**
     * Does the same with a passport's page that is also read on this machine: the upload is decoded once, and both the
     * picture and the reader's pixels come from that.
     *
     * @throws {FinalError} naming what is wrong with the picture.
     */
    preparePage: (upload: Buffer): Promise<Page> =>
      withOpened(upload, "passport", async ({ source, width, height, bare, decode }) => {
        const pixels = await decode(() => toPixels(source, Math.max(width, height)));
        if (bare !== undefined) return { picture: { role: "passport", jpeg: bare, width, height }, pixels };
        const raw = { width: pixels.width, height: pixels.height, channels: 3 as const };
        return { picture: await encode(sharp(pixels.data, { raw }), "passport"), pixels };
      }),

    /** Cuts the machine readable zone out of a passport page: where the model saw it, else the page's lower part. */
    cropMrz: (page: Picture, box: readonly number[] | null): Promise<Picture> => slots(() => cropMrz(page, box)),

    /** Turns a picture upright that is turned clockwise by this angle. */
    turn: (picture: Picture, clockwiseDegrees: 90 | 180 | 270): Promise<Picture> =>
      slots(() => turn(picture, clockwiseDegrees)),
  };
}

const openDecoder = ({ bytes, failOn }: Decodable, maxPixels: number) =>
  sharp(bytes, { limitInputPixels: maxPixels, failOn, sequentialRead: true });

function bareOf(jpeg: Buffer, width: number, height: number, role: ImageRole): Buffer | undefined {
  if (Math.max(width, height) > MAX_SIDE_PIXELS[role]) return undefined;
  const bare = barePicture(jpeg);
  return bare !== undefined && bare.length <= MAX_BYTES_A_PIXEL * width * height ? bare : undefined;
}

/**
 * Refuses a JPEG that the decoder refuses, at half the cost: an eighth of each side is enough, because the decoder reads all
 * of the file for it.
 */
const checkScan = (source: Sharp, width: number) =>
  source
    .resize({ width: Math.floor(width / 9) })
    .raw()
    .toBuffer();

/** Brings a picture down to the size of its role and encodes it. */
async function encode(picture: Sharp, role: ImageRole, options: ResizeOptions = {}): Promise<Picture> {
  const side = MAX_SIDE_PIXELS[role];
  const { data, info } = await picture
    .resize({ ...options, width: side, height: side, fit: "inside", withoutEnlargement: true })
    .jpeg({ quality: JPEG_QUALITY, optimiseCoding: false })
    .toBuffer({ resolveWithObject: true });
  return { role, jpeg: data, width: info.width, height: info.height };
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
 * plainly lossy, and may hold a lossless picture or an animation. `isPlain` is one that is upright and has no colour profile.
 */
async function checkHeader(bytes: Buffer, role: ImageRole, maxPixels: number) {
  // The header is read without its limit, so that the limit can be named in the answer.
  const header = await sharp(bytes, { limitInputPixels: false }).metadata();
  const { width, height, orientation = 1, hasProfile } = header;
  if (width * height > maxPixels) throw invalidPhoto("image_too_large", role, { width, height, maxPixels });
  const scale = Math.min(1, MAX_SIDE_PIXELS[role] / Math.max(width, height));
  if (Math.min(width, height) * scale < MIN_SIDE_PIXELS) throw invalidPhoto("image_too_small", role, { width, height });
  const isLossy = header.format !== "webp" || bytes.toString("latin1", 12, 16) === "VP8 ";
  return { isWhole: header.isProgressive || !isLossy, isPlain: orientation === 1 && !hasProfile, width, height };
}
