/**
 * Turns an upload into a picture that every provider can use: upright, without metadata (EXIF holds places and dates),
 * as a JPEG of a bounded size.
 *
 * Checks a file's first bytes and header before it decodes anything. So a file that is not a picture, or a small file
 * that decompresses into gigabytes, costs nothing.
 */
import { availableParallelism } from "node:os";
import pLimit from "p-limit";
import sharp, { type ResizeOptions, type Sharp } from "sharp";
import { FinalError, invalidPhoto } from "../errors.ts";
import type { ImageRole } from "../reasons.ts";
import { barePicture } from "./jpeg.ts";
import { PAGE_SIDE_PIXELS, toPixels, type Pixels } from "./pixels.ts";
import { sniffFormat, toDecodable, type Decodable } from "./upload.ts";

/** A picture as the providers get it. */
export interface Picture {
  readonly role: ImageRole;
  readonly jpeg: Buffer;
  readonly width: number;
  readonly height: number;
}

/** The least shorter side, after shrinking, with which a passport can be read or a face compared. */
const MIN_SIDE_PIXELS = 200;
/**
 * The longer side of the pictures that are sent. Selfies: a third of a 12-megapixel photo, so that a face of 600 pixels keeps 200;
 * CompreFace itself uses at most 640 pixels of a picture. Stamps: the same third, which a JPEG decoder reaches at half
 * the detail; their letters are larger than a passport's.
 */
const MAX_SIDE_PIXELS = { passport: PAGE_SIDE_PIXELS, stamp: 1_344, selfie: 1_344 } as const satisfies Record<
  ImageRole,
  number
>;
const JPEG_QUALITY = 75;
/** A small JPEG with more bytes per pixel is encoded again. At our quality, photos have 0.1 to 0.25. */
const MAX_BYTES_A_PIXEL = 0.3;

// One libvips thread for each picture, and no cache of decoded pictures.
sharp.concurrency(1);
sharp.cache(false);

/** A passport's page as a picture, and the decoded pixels of the same page. */
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
   * Whether the upload had no end mark. A decoder that shrinks on load does not notice that the last pixels are
   * missing, so such an upload is shrunk on load only from a factor of four on.
   */
  readonly isUnended: boolean;
  /** The picture without metadata, if it can be sent without turning, shrinking or converting its colours. */
  readonly bare: Buffer | undefined;
  /** Runs a decode of this picture. A decode that needs much memory waits until no other such decode runs. */
  readonly decode: <T>(work: () => Promise<T>) => Promise<T>;
}

/**
 * Decodes uploads, at most one per processor at a time: more would only take memory. A picture that cannot be decoded
 * line by line takes hundreds of megabytes, so those are decoded one at a time. Cutting and turning a prepared picture
 * take a place too. The reader's own decode takes no place: only the command line uses it, never a job.
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

  /** Takes a place, opens an upload and uses it. Reports an error of the decoder as a damaged picture. */
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
     * @throws {FinalError} with the reason why the picture cannot be used.
     */
    prepare: (upload: Buffer, role: ImageRole): Promise<Picture> =>
      withOpened(upload, role, async ({ source, isJpeg, isUnended, width, height, bare, decode }) => {
        if (bare !== undefined) {
          await checkScan(source, width);
          return { role, jpeg: bare, width, height };
        }
        // A JPEG is always opaque. Flattening it would take a twentieth of the whole time.
        const opaque = isJpeg ? source : source.flatten({ background: "white" });
        return decode(() => encode(opaque.autoOrient(), role, { fastShrinkOnLoad: !isUnended }));
      }),

    /**
     * Does the same with a passport's page that is also read on this machine. One decode gives both the picture and the
     * reader's pixels.
     *
     * @throws {FinalError} with the reason why the page cannot be used.
     */
    preparePage: (upload: Buffer): Promise<Page> =>
      withOpened(upload, "passport", async ({ source, isUnended, width, height, bare, decode }) => {
        const options = { fastShrinkOnLoad: !isUnended };
        const pixels = await decode(() => toPixels(source, Math.max(width, height), options));
        if (bare !== undefined) return { picture: { role: "passport", jpeg: bare, width, height }, pixels };
        const raw = { width: pixels.width, height: pixels.height, channels: 3 as const };
        return { picture: await encode(sharp(pixels.data, { raw }), "passport"), pixels };
      }),

    /** Cuts the machine readable zone out of a passport page: the model's box, or the page's lower part without one. */
    cropMrz: (page: Picture, box: readonly number[] | null): Promise<Picture> => slots(() => cropMrz(page, box)),

    /** Turns a picture back that is turned clockwise by this angle. */
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
 * Rejects a JPEG that the decoder refuses. It decodes only an eighth of each side, at half the cost: the decoder still
 * reads the whole file.
 */
const checkScan = (source: Sharp, width: number) =>
  source
    .resize({ width: Math.floor(width / 9) })
    .raw()
    .toBuffer();

/** Shrinks a picture to the size of its role and encodes it. */
async function encode(picture: Sharp, role: ImageRole, options: ResizeOptions = {}): Promise<Picture> {
  const side = MAX_SIDE_PIXELS[role];
  const { data, info } = await picture
    .resize({ ...options, width: side, height: side, fit: "inside", withoutEnlargement: true })
    .jpeg({ quality: JPEG_QUALITY, optimiseCoding: false })
    .toBuffer({ resolveWithObject: true });
  return { role, jpeg: data, width: info.width, height: info.height };
}

/** The margin around the box, as a share of the page's height: the model draws boxes tightly. */
const CROP_MARGIN = 0.04;
/** Where the zone starts on a page that fills the picture, as a share of its height. */
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
 * Reads a picture's header and refuses a wrong size. `isWhole`: it cannot be decoded line by line, because it is
 * progressive, interlaced, or a WebP that may be lossless or animated. `isPlain`: upright, without a colour profile.
 */
async function checkHeader(bytes: Buffer, role: ImageRole, maxPixels: number) {
  // Read the header without sharp's limit, so that the error can name ours.
  const header = await sharp(bytes, { limitInputPixels: false }).metadata();
  const { width, height, orientation = 1, hasProfile } = header;
  if (width * height > maxPixels) throw invalidPhoto("image_too_large", role, { width, height, maxPixels });
  const scale = Math.min(1, MAX_SIDE_PIXELS[role] / Math.max(width, height));
  if (Math.min(width, height) * scale < MIN_SIDE_PIXELS) throw invalidPhoto("image_too_small", role, { width, height });
  const isLossy = header.format !== "webp" || bytes.toString("latin1", 12, 16) === "VP8 ";
  return { isWhole: header.isProgressive || !isLossy, isPlain: orientation === 1 && !hasProfile, width, height };
}
