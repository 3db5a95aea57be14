/** Small pictures with marks. The marks are where a sample picture has them. */
import sharp from "sharp";
import { drawMark } from "../dev/samples/drawing/draw-mark.ts";
import type { MarkKind } from "../dev/samples/marks-geometry.ts";

interface PlacedMark {
  readonly kind: MarkKind;
  readonly number: number;
  /** The mark's centre. */
  readonly x: number;
  readonly y: number;
  /** In pixels; a face beside a `face` mark is about twice as wide. */
  readonly side?: number;
}

interface TestPicture {
  readonly marks: readonly PlacedMark[];
  readonly width?: number;
  readonly height?: number;
  /** Degrees clockwise that the finished picture is turned by. */
  readonly turn?: number;
}

/** A JPEG with marks on plain grey. */
export async function drawTestPicture({ marks, width = 1000, height = 800, turn = 0 }: TestPicture): Promise<Buffer> {
  const drawn = await Promise.all(
    marks.map(({ kind, number, x, y, side = 90 }) => drawMark({ kind, number, centreX: x, centreY: y, side })),
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <rect width="100%" height="100%" fill="#c8ccd2"/>${drawn.join("")}</svg>`;
  return sharp(Buffer.from(svg)).rotate(turn).jpeg({ quality: 85 }).toBuffer();
}

/** A passport's data page: page, face and mrz marks. */
export function drawTestPage({ passport, person, turn = 0 }: { passport: number; person?: number; turn?: number }) {
  return drawTestPicture({
    turn,
    marks: [
      { kind: "page", number: passport, x: 850, y: 120 },
      ...(person === undefined ? [] : [{ kind: "face", number: person, x: 450, y: 350 } as const]),
      { kind: "mrz", number: passport, x: 900, y: 700, side: 80 },
    ],
  });
}

/** A selfie, with an optional smaller second person. */
export function drawTestSelfie({ person, second, turn = 0 }: { person: number; second?: number; turn?: number }) {
  return drawTestPicture({
    turn,
    width: 800,
    height: 1000,
    marks: [
      { kind: "face", number: person, x: 620, y: 450, side: 120 },
      ...(second === undefined ? [] : [{ kind: "face", number: second, x: 700, y: 850, side: 70 } as const]),
    ],
  });
}

/** A photo without marks: smooth shapes that differ by seed. */
export function drawTestPhoto(seed: number, width = 900, height = 700): Promise<Buffer> {
  const shapes = Array.from({ length: 12 }, (_, index) => {
    const value = (salt: number) => ((seed + 1) * 7919 + index * 104_729 + salt * 1_299_709) % 1000;
    const grey = value(4) % 256;
    return `<ellipse cx="${(value(1) * width) / 1000}" cy="${(value(2) * height) / 1000}" rx="${60 + value(3) / 5}" ry="${40 + value(5) / 6}" fill="rgb(${grey},${(grey + 40) % 256},${255 - grey})"/>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#777"/>${shapes.join("")}</svg>`;
  return sharp(Buffer.from(svg)).blur(3).jpeg({ quality: 92 }).toBuffer();
}
