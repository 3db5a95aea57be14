/**
 * Draws passport pages for the reader: every state's sample passport, on other papers and with other glyphs than the
 * reader was trained on. The page fills the picture; a camera puts it into a scene.
 */
import sharp from "sharp";
import { drawRosette, drawWaves, rectangle } from "../../dev/samples/drawing/draw-document.ts";
import { drawFields } from "../../dev/samples/drawing/draw-passport.ts";
import { drawText } from "../../dev/samples/drawing/draw-text.ts";
import type { SamplePassport } from "../../dev/samples/passports.ts";
import { DOCUMENT_PHOTO, drawDocumentPortrait } from "../../dev/samples/drawing/portrait.ts";
import { createRandom, type Random } from "../../dev/samples/random.ts";
import squareLetters from "./ocr-b-square.json" with { type: "json" };
import type { Raster } from "./raster.ts";

/** A passport's page in the units of the samples: 28.8 to the millimetre. */
export const PAGE = { width: 3_600, height: 2_534 } as const;
const WIDTH_PIXELS = 1_500;
const CELL = 73.15;
/**
 * OCR-B in its cut with square ends, as SVG paths: 723 units wide, capitals from y = 0 to 729, upwards. From the public
 * font of Norbert Schwarz and Matthew Skala, which may be used, changed and distributed freely.
 */
const OCR_B_PATHS: Readonly<Record<string, string>> = squareLetters;
const OCR_B_CELL = 723;

/** What is special about a page. */
export interface PageStyle {
  /** A pattern against copying below the zone's letters. */
  readonly patternUnderZone?: boolean;
  /** Print in the height of the zone's lines. */
  readonly textBesideZone?: boolean;
}

/** The lines of a zone and where they stand: what documents other than passports have, too. */
export interface Zone {
  readonly lines: readonly string[];
  readonly left: number;
  /** The last line's baseline. */
  readonly baseline: number;
  readonly spacing: number;
  readonly cell: number;
}

/** Draws a passport's page. */
export async function drawPage(passport: SamplePassport, style: PageStyle = {}): Promise<Raster> {
  const random = createRandom(passport.seed + 5_000);
  const hue = random.below(360);
  const cell = CELL * (0.97 + random.below(60) / 1_000);
  const zone: Zone = {
    lines: passport.mrz,
    left: (PAGE.width - 44 * cell) / 2 - random.below(60) + (style.textBesideZone === true ? -60 : 0),
    baseline: PAGE.height - 170 - random.below(120),
    spacing: cell * (2.2 + random.below(60) / 100),
    cell,
  };
  const scale = 3.03;
  return rasterise([
    drawPaper(PAGE, hue, random, style.patternUnderZone === true ? null : zone.baseline - zone.spacing - 190),
    drawText({
      text: passport.stateName.toUpperCase(),
      x: 200,
      baseline: 230,
      size: 130,
      color: `hsl(${hue} 50% 25%)`,
    }),
    await drawDocumentPortrait({ person: passport.seed + 900, x: 620, y: 330 - DOCUMENT_PHOTO.top * scale, scale }),
    drawFields(passport),
    drawZone(zone, random),
    style.textBesideZone === true ? besideZone(zone) : "",
  ]);
}

/** Renders SVG elements in a page's units. */
export async function rasterise(elements: readonly string[], size = PAGE): Promise<Raster> {
  const height = Math.round((WIDTH_PIXELS * size.height) / size.width);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH_PIXELS}" height="${height}" viewBox="0 0 ${size.width} ${size.height}">${elements.join("")}</svg>`;
  const data = await sharp(Buffer.from(svg), { unlimited: true }).flatten().removeAlpha().raw().toBuffer();
  return { width: WIDTH_PIXELS, height, data: new Uint8Array(data) };
}

/** Tinted paper with fine lines. Below `whiteFrom`, a pale band for the zone; `null` leaves the lines there. */
export function drawPaper(size: typeof PAGE, hue: number, random: Random, whiteFrom: number | null): string {
  const lightness = 84 + random.below(14);
  return [
    rectangle(0, 0, size.width, size.height, `fill="hsl(${hue} 30% ${lightness}%)"`),
    drawWaves(size, hue, random),
    drawRosette(
      size.width * 0.7,
      size.height * 0.5,
      520,
      7 + random.below(9),
      `stroke="hsl(${hue} 45% 70%)" stroke-width="4"`,
    ),
    whiteFrom === null
      ? drawRosette(size.width * 0.4, size.height * 0.9, 700, 16, `stroke="hsl(${hue} 60% 52%)" stroke-width="5"`)
      : rectangle(
          0,
          whiteFrom,
          size.width,
          size.height - whiteFrom,
          `fill="#fdfdfa" fill-opacity="${random.pick([0.6, 0.8, 1])}"`,
        ),
  ].join("");
}

/** Prints a zone in OCR-B's cut with square ends: thin or bold, black or grey. */
export function drawZone({ lines, left, baseline, spacing, cell }: Zone, random: Random): string {
  const color = random.pick(["#101114", "#1d1f28", "#33343c", "#221a18"]);
  const weight = random.below(36);
  return lines
    .map((text, index) => {
      const bottom = baseline - (lines.length - 1 - index) * spacing;
      return outlines(text, left, bottom, cell, `fill="${color}" stroke="${color}" stroke-width="${weight}"`);
    })
    .join("");
}

function outlines(text: string, left: number, baseline: number, cell: number, style: string): string {
  const scale = cell / OCR_B_CELL;
  const letters = Array.from(text, (character, index) => {
    const path = OCR_B_PATHS[character];
    return path === undefined ? "" : `<path transform="translate(${index * OCR_B_CELL} 0)" d="${path}"/>`;
  });
  return `<g transform="translate(${left} ${baseline}) scale(${scale} ${-scale})" ${style}>${letters.join("")}</g>`;
}

/** A frame and words to the right of the zone, as close as they come. */
function besideZone({ left, baseline, spacing, cell }: Zone): string {
  const x = left + 44 * cell + 40;
  return (
    rectangle(
      x,
      baseline - spacing - 120,
      PAGE.width - x - 10,
      spacing + 160,
      'fill="none" stroke="#333" stroke-width="8"',
    ) +
    drawText({ text: "NO 7", x: x + 12, baseline: baseline - spacing, size: 90 }) +
    drawText({ text: "SPEC", x: x + 12, baseline, size: 90 })
  );
}
