/**
 * Reduces a picture's EXIF to the orientation before a decoder sees it. EXIF directories may point at each other, and
 * the decoder's library follows every pointer: 60 KB of them take it ten seconds.
 */

import { segmentsOf } from "./jpeg.ts";

/** The tag and the types of the orientation's entry in a directory (TIFF 6.0, section 2). */
const ORIENTATION_TAG = 0x0112;
const SHORT = 3;
const LONG = 4;
const ENTRY_BYTES = 12;
/** A block with one entry: header, count, the entry, and a zero for "no further directory". */
const PLAIN_BYTES = 26;

/** Makes an EXIF block with only the orientation of the given one. Neither has the mark that JPEG puts before EXIF. */
export function plainExif(exif: Buffer): Buffer {
  const plain = Buffer.alloc(PLAIN_BYTES);
  plain.write("MM\0*", 0, "latin1");
  plain.writeUInt32BE(8, 4);
  plain.writeUInt16BE(1, 8);
  plain.writeUInt16BE(ORIENTATION_TAG, 10);
  plain.writeUInt16BE(SHORT, 12);
  plain.writeUInt32BE(1, 14);
  plain.writeUInt16BE(orientationOf(exif), 18);
  return plain;
}

/** Orientation 1 to 8; 1 (upright) by default. */
function orientationOf(exif: Buffer): number {
  const isLittle = exif.toString("latin1", 0, 4) === "II*\0";
  if (exif.length < PLAIN_BYTES - 4 || (!isLittle && exif.toString("latin1", 0, 4) !== "MM\0*")) return 1;
  const short = (at: number) => (isLittle ? exif.readUInt16LE(at) : exif.readUInt16BE(at));
  const long = (at: number) => (isLittle ? exif.readUInt32LE(at) : exif.readUInt32BE(at));
  const directory = long(4);
  if (directory + 2 > exif.length) return 1;
  const end = Math.min(directory + 2 + short(directory) * ENTRY_BYTES, exif.length);
  for (let at = directory + 2; at + ENTRY_BYTES <= end; at += ENTRY_BYTES) {
    if (short(at) !== ORIENTATION_TAG) continue;
    const type = short(at + 2);
    const value = type === SHORT ? short(at + 8) : type === LONG ? long(at + 8) : 1;
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

const APP1 = 0xe1;
/** A still picture has fewer than ten chunks. For each chunk, the decoder searches all frames of an animation. */
const MAX_WEBP_CHUNKS = 4_096;

/**
 * Replaces a JPEG's or a WebP's EXIF with {@link plainExif}, in place: a copy would double the memory.
 *
 * @throws {RangeError} if there are more segments or chunks than any real picture has.
 */
export function keepOrientation(picture: Buffer, format: "jpeg" | "webp"): void {
  for (const [start, end] of format === "jpeg" ? findInJpeg(picture) : findInWebp(picture)) {
    const plain = plainExif(picture.subarray(start, end));
    // A block shorter than the plain one has no room for a directory that points anywhere.
    if (end - start >= PLAIN_BYTES) picture.fill(0, start, end).set(plain, start);
  }
}

/** Where a block starts and ends. */
type Span = readonly [start: number, end: number];

/** The mark before EXIF in a JPEG, and sometimes in a WebP. */
const MARK = "Exif";
const MARK_BYTES = 6;

const isMarked = (picture: Buffer, at: number) => picture.toString("latin1", at, at + MARK.length) === MARK;

/** The APP1 segments with EXIF before the first scan. */
const findInJpeg = (picture: Buffer): Span[] =>
  [...segmentsOf(picture)]
    .filter(({ marker, start }) => marker === APP1 && isMarked(picture, start))
    .map(({ start, end }) => [start + MARK_BYTES, end]);

/** The EXIF chunks of a RIFF file. */
function findInWebp(picture: Buffer): Span[] {
  const spans: Span[] = [];
  let at = 12;
  for (let parts = 1; at + 8 <= picture.length; parts += 1) {
    if (parts > MAX_WEBP_CHUNKS) throw new RangeError("The WebP has too many chunks");
    const size = picture.readUInt32LE(at + 4);
    const start = at + 8;
    const end = Math.min(start + size, picture.length);
    if (picture.toString("latin1", at, at + 4) === "EXIF")
      spans.push([isMarked(picture, start) ? start + MARK_BYTES : start, end]);
    at = start + size + (size % 2);
  }
  return spans;
}
