/**
 * Reads passports on this machine for the stand-in of Gemini: the MRZ with the service's own reader, the printed zone with a
 * general OCR. It claims nothing that it has not read, and judges neither the picture's quality nor stamps.
 */
import sharp from "sharp";
import type { MrzReading, PassportReading } from "../../../lib/passport/reading.ts";
import { createReader, ReaderError, type MrzRead } from "../../../lib/reader/reader.ts";
import { boxOf } from "../../../lib/reader/geometry/zone-box.ts";
import { pixelsOf, viewOf, type Picture, type View } from "../sampling.ts";
import { openOcr } from "./ocr.ts";
import { findFields } from "./printed-zone.ts";

/** The reader's name in answers: it stands where a model's name stands. */
export const LOCAL_READER = "local-reader";

const MAX_PIXELS = 100_000_000;
const DEADLINE_MS = 60_000;
/** In millimetres (ICAO Doc 9303 part 4): a row of 44 characters, the page around it, and the part above the rows. */
const ROW = 111.8;
const PAGE = { width: 136, above: 78, left: 12 } as const;
/** The page's width in pixels that small print needs. */
const PAGE_PIXELS = 1_800;
const MAX_SIDE = 3_000;

/** Creates the reader. It loads what it needs with the first picture. */
export function createLocalReader() {
  const reader = createReader({ maxPixels: MAX_PIXELS, deadlineMs: DEADLINE_MS });
  let ocr: ReturnType<typeof openOcr> | undefined;

  const readZone = (jpeg: Buffer) =>
    reader.read(jpeg).catch((error: unknown) => {
      if (error instanceof ReaderError) return undefined;
      throw error;
    });

  return {
    /** The answer to the question about a passport's page. */
    async readPassport(jpeg: Buffer): Promise<PassportReading> {
      const read = await readZone(jpeg);
      const mrz = sureLines(read);
      ocr ??= openOcr();
      const { picture, frame } = await framed(jpeg, read);
      const texts = await (await ocr)(picture, frame);
      return {
        mrz,
        mrzBox: read?.zone == null ? null : boxOf(read.zone, read.size, 0),
        // The form has no word for "not judged".
        quality: [],
        instructionsSeen: null,
        documentKind: kindOf(read),
        fields: findFields(texts, mrz, new Date()),
      };
    },

    /** The answer to the question about a picture of the MRZ alone. */
    readMrz: async (jpeg: Buffer): Promise<MrzReading> => sureLines(await readZone(jpeg)),

    close: () => reader.close(),
  };
}

export type LocalReader = ReturnType<typeof createLocalReader>;

function sureLines(read: MrzRead | undefined): MrzReading {
  const [line1 = null, line2 = null] = (read?.lines ?? []).map(({ text, sure }) => (sure ? text : null));
  return { line1, line2, unreadable: null };
}

/** What a first line says of the document. Without one that was read, nobody here can tell. */
function kindOf(read: MrzRead | undefined): PassportReading["documentKind"] {
  const [first] = read?.lines ?? [];
  if (first?.sure === true) return "passport";
  return first !== undefined && !first.text.startsWith("P") && first.doubtful.length === 0
    ? "other_document"
    : "unclear";
}

/** The picture so large that small print can be read, and where the page is: above the zone, or anywhere without one. */
async function framed(jpeg: Buffer, read: MrzRead | undefined): Promise<{ picture: Picture; frame: View }> {
  const { width, height } = await sharp(jpeg).metadata();
  const [start = [0, 0], end = [width, 0]] = read?.zone ?? [];
  const row = Math.hypot(end[0] - start[0], end[1] - start[1]);
  const enlarged = Math.min((PAGE_PIXELS * ROW) / PAGE.width / row, MAX_SIDE / Math.max(width, height));
  const resized = sharp(jpeg).resize({ width: Math.round(width * enlarged), kernel: "cubic" });
  const picture = await pixelsOf(resized.removeAlpha(), width);
  if (read?.zone == null) {
    const whole = { left: 0, top: 0, right: picture.width, bottom: picture.height };
    const size = { width: PAGE.width, height: (picture.height / picture.width) * PAGE.width };
    return { picture, frame: viewOf(whole, size) };
  }
  const { scale } = picture;
  const [x, y] = [(end[0] - start[0]) / ROW / scale, (end[1] - start[1]) / ROW / scale];
  const origin = [
    start[0] / scale - PAGE.left * x + PAGE.above * y,
    start[1] / scale - PAGE.left * y - PAGE.above * x,
  ] as const;
  return { picture, frame: { origin, right: [x, y], down: [-y, x], width: PAGE.width, height: PAGE.above } };
}
