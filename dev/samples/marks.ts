/** Reads the marks back from a picture's bytes: this is how the stand-ins of Gemini and CompreFace "see". */
import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import sharp from "sharp";
import { prepareZXingModule, readBarcodes, type ReadResult } from "zxing-wasm/reader";
import { areaOf, type Box } from "./box.ts";
import { FACE_AREA, MRZ_AREA, parseMarkText } from "./marks-geometry.ts";

// From the installed package: by default the library would fetch it from a CDN.
const wasm = readFileSync(new URL(import.meta.resolve("zxing-wasm/reader/zxing_reader.wasm")));
prepareZXingModule({ overrides: { wasmBinary: Uint8Array.from(wasm).buffer } });

/** One mark: what it says and where it stands, in pixels of the picture as sent. */
export type Mark = NonNullable<ReturnType<typeof toMark>>;

/** What {@link readMarks} finds, the largest mark first; sizes in pixels as stored, without EXIF orientation. */
export type MarkReading = Awaited<ReturnType<typeof read>>;

/** Thrown when bytes cannot be decoded as a picture. */
export class UnreadableImageError extends Error {
  override readonly name = "UnreadableImageError";
}

// Up to this long side, decoding a picture as it is takes less time than shrinking it; marks are still readable at half.
const MAX_READ_SIDE_PX = 2016;
const SHRUNK_SIDE_PX = 1008;
const MAX_TILT_DEGREES = 20;
// Load tests send the same pictures again and again; a reading is about a kilobyte.
const MAX_CACHED_READINGS = 1024;

const readings = new Map<string, Promise<MarkReading>>();

/**
 * The marks in a picture, which is read as its pixels are stored: EXIF orientation is not applied, as CompreFace does
 * not apply it either. A truncated JPEG is decoded as far as it goes, for the same reason. A picture without marks gives
 * none. Rejects with {@link UnreadableImageError} for bytes that are not a picture.
 */
export function readMarks(bytes: Uint8Array): Promise<MarkReading> {
  const key = hash("sha256", bytes, "base64");
  const reading = readings.get(key) ?? read(bytes);
  if (readings.size >= MAX_CACHED_READINGS) readings.clear();
  readings.set(key, reading);
  return reading;
}

async function read(bytes: Uint8Array) {
  const { width, height, scale, pgm } = await decode(bytes);
  const codes = await readBarcodes(pgm, { formats: ["QRCode"], tryInvert: false });
  const marks = codes.flatMap((code) => toMark(code, scale) ?? []);
  marks.sort((one, other) => areaOf(other.box) - areaOf(one.box));
  return { width, height, marks };
}

/** The picture in grey as a PGM file, which the reader takes without a detour over colours. */
async function decode(bytes: Uint8Array) {
  try {
    const picture = sharp(bytes, { failOn: "none" });
    const { width, height } = await picture.metadata();
    const side = Math.max(width, height) > MAX_READ_SIDE_PX ? SHRUNK_SIDE_PX : MAX_READ_SIDE_PX;
    const { data, info } = await picture
      .resize({ width: side, height: side, fit: "inside", withoutEnlargement: true })
      .flatten({ background: "#fff" })
      .greyscale()
      .toColourspace("b-w")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    const pgm = Buffer.concat([Buffer.from(`P5\n${info.width} ${info.height}\n255\n`), data]);
    return { width, height, scale: width / info.width, pgm };
  } catch (cause) {
    throw new UnreadableImageError("the bytes cannot be decoded as a picture", { cause });
  }
}

function toMark({ text, position, orientation, isMirrored }: ReadResult, scale: number) {
  const named = parseMarkText(text);
  if (named === undefined) return undefined;
  const { topLeft, topRight, bottomLeft } = position;
  // Follows the mark's own axes, so that an area is found however the picture is turned or mirrored.
  const along = (axis: "x" | "y", across: number, down: number) =>
    scale * (topLeft[axis] + across * (topRight[axis] - topLeft[axis]) + down * (bottomLeft[axis] - topLeft[axis]));
  const toBox = ({ left, right, top, bottom }: Box): Box => {
    const spread = (axis: "x" | "y") =>
      [left, right].flatMap((across) => [top, bottom].map((down) => along(axis, across, down)));
    const [xs, ys] = [spread("x"), spread("y")];
    return { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
  };
  return {
    ...named,
    box: toBox({ left: 0, top: 0, right: 1, bottom: 1 }),
    /** False when the mark is mirrored or turned by more than 20 degrees: a reader of the picture would not cope. */
    upright: !isMirrored && Math.abs(orientation) <= MAX_TILT_DEGREES,
    /** The face beside a `face` mark. */
    ...(named.kind === "face" && { faceBox: toBox(FACE_AREA) }),
    /** The two lines beside an `mrz` mark, the mark included. */
    ...(named.kind === "mrz" && { mrzBox: toBox(MRZ_AREA) }),
  };
}

/** A face of a numbered person; its box is in pixels of the picture as sent. */
export type MarkedFace = ReturnType<typeof facesIn>[number];

/** The faces that the marks of a picture name, the largest first. */
export function facesIn({ marks }: MarkReading) {
  return marks
    .filter(({ kind }) => kind === "face")
    .map(({ number, faceBox, box, upright }) => ({ person: number, box: faceBox ?? box, upright }));
}
