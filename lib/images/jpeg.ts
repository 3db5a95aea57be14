/** Reads and cleans JPEG files before a decoder sees them. */

/** A marker's segment; its data go from `start` to `end`. */
interface Segment {
  readonly marker: number;
  readonly start: number;
  readonly end: number;
}

const START_OF_SCAN = 0xda;
const START_OR_END_OF_IMAGE: ReadonlySet<number> = new Set([0xd8, 0xd9]);
const APP2 = 0xe2;
const END_OF_IMAGE = Buffer.from([0xff, 0xd9]);

/** A real picture has dozens of segments. A file with millions of empty ones would keep the process busy. */
const MAX_SEGMENTS = 65_536;

/** Markers without a length and data: an escaped byte, TEM, and the restart marks. */
const isBare = (marker: number) => marker === 0 || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);

/**
 * Yields the segments up to the header of the first scan. Skips bytes between segments, as decoders do.
 *
 * @throws {RangeError} if there are more segments than any real picture has.
 */
export function* segmentsOf(jpeg: Buffer): Generator<Segment> {
  let at = 2;
  for (let parts = 1; at + 4 <= jpeg.length; parts += 1) {
    if (parts > MAX_SEGMENTS) throw new RangeError("The JPEG has too many segments");
    at = jpeg.indexOf(0xff, at);
    if (at < 0 || at + 4 > jpeg.length) return;
    const marker = jpeg.readUInt8(at + 1);
    if (marker === 0xff) at += 1;
    else if (isBare(marker)) at += 2;
    else if (START_OR_END_OF_IMAGE.has(marker)) return;
    else {
      const end = at + 2 + jpeg.readUInt16BE(at + 2);
      yield { marker, start: at + 4, end: Math.min(end, jpeg.length) };
      if (marker === START_OF_SCAN) return;
      at = Math.max(end, at + 4);
    }
  }
}

/**
 * Overwrites the file's list of further pictures, such as the gain map of an Ultra HDR photo. With this list the
 * decoder would refuse a grey picture, accept a damaged one, and hold all pixels at once.
 */
export function hideFurtherPictures(jpeg: Buffer): void {
  for (const { marker, start, end } of segmentsOf(jpeg)) {
    if (marker === APP2 && jpeg.toString("latin1", start, start + 3) === "MPF") jpeg.fill(0, start, end);
  }
}

/** Whether an end mark follows the first scan. Other bytes may follow it. */
export function hasEndMark(jpeg: Buffer): boolean {
  if (jpeg.subarray(-END_OF_IMAGE.length).equals(END_OF_IMAGE)) return true;
  const scan = segmentsOf(jpeg).find(({ marker }) => marker === START_OF_SCAN);
  return scan === undefined || jpeg.includes(END_OF_IMAGE, scan.end);
}

/** The picture with an end mark. */
export const withEndMark = (jpeg: Buffer): Buffer => Buffer.concat([jpeg, END_OF_IMAGE]);

const BASELINE_FRAME = 0xc0;
const ADOBE = 0xee;
/** The segments that a decoder needs before the scan's data: tables, restart interval, frame and scan header. */
const PICTURE_SEGMENTS: ReadonlySet<number> = new Set([0xdb, 0xc4, 0xdd, BASELINE_FRAME, START_OF_SCAN]);
/** Whether a frame has eight bits and three components with the usual numbers: brightness and two colours. */
const isPlainFrame = (frame: Buffer) =>
  frame[0] === 8 && frame[5] === 3 && [6, 9, 12].every((at, index) => frame[at] === index + 1);

/**
 * Copies the picture without metadata; the copy decodes to the same pixels. `undefined` if it is not the plainest kind:
 * baseline, all colours in one scan, with colours that every decoder reads alike.
 */
export function barePicture(jpeg: Buffer): Buffer | undefined {
  const segments = [...segmentsOf(jpeg)];
  const scan = segments.at(-1);
  const frame = segments.find(({ marker }) => marker === BASELINE_FRAME);
  if (scan?.marker !== START_OF_SCAN || frame === undefined || jpeg[scan.start] !== 3) return undefined;
  if (!isPlainFrame(jpeg.subarray(frame.start, frame.end))) return undefined;
  if (segments.some(({ marker }) => marker === ADOBE)) return undefined;
  const end = endOfScan(jpeg, scan.end);
  if (end === undefined) return undefined;
  const kept = segments.filter(({ marker }) => PICTURE_SEGMENTS.has(marker));
  const parts = kept.map((segment) => jpeg.subarray(segment.start - 4, segment.end));
  return Buffer.concat([jpeg.subarray(0, 2), ...parts, jpeg.subarray(scan.end, end), END_OF_IMAGE]);
}

/** Where a scan's data end, if the end mark comes next. */
function endOfScan(jpeg: Buffer, start: number): number | undefined {
  for (let at = jpeg.indexOf(0xff, start); at >= 0 && at + 1 < jpeg.length; at = jpeg.indexOf(0xff, at)) {
    const marker = jpeg.readUInt8(at + 1);
    if (marker === 0xd9) return at;
    if (marker === 0xff) at += 1;
    else if (isBare(marker)) at += 2;
    else return undefined;
  }
  return undefined;
}
