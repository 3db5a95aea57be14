/**
 * A passport's data page (TD3 of ICAO Doc 9303 part 4: 125 x 88 mm), photographed on a table.
 *
 * The page is drawn in pixels of the full picture, 28.8 to the millimetre: portrait on the left, printed fields beside
 * it, machine readable zone in the lower 23.2 mm. Three marks say whose page it is: see `marks-geometry.ts`.
 */
import { drawMark } from "./draw-mark.ts";
import {
  drawRosette,
  drawShadow,
  drawTable,
  drawWatermark,
  drawWaves,
  LANDSCAPE,
  NOTICE,
  rectangle,
  SMALLEST_PRINT,
} from "./draw-document.ts";
import { drawFields } from "./draw-passport-fields.ts";
import { drawGrid, drawText } from "./draw-text.ts";
import type { SamplePassport } from "./passports.ts";
import { DOCUMENT_PHOTO, drawDocumentPortrait } from "./portrait.ts";
import { FACE_MARK_CENTRE, PORTRAIT_UNITS_PER_MARK } from "./marks-geometry.ts";
import { createRandom } from "./random.ts";

const PAGE = { width: 3_600, height: 2_534 } as const;
const ON_TABLE = { left: 216, top: 384 } as const;
const PORTRAIT_SCALE = 3.03;
/** Where the face's middle is on the page. */
const FACE = { x: 644, y: 396 - DOCUMENT_PHOTO.top * PORTRAIT_SCALE } as const;
const MARK_SIDE = PORTRAIT_UNITS_PER_MARK * PORTRAIT_SCALE;
const MRZ = {
  top: 1_866,
  left: 110,
  cellWidth: 67.4,
  capitalHeight: 76,
  firstBaseline: 2_118,
  secondBaseline: 2_301,
} as const;
/** From the right edge down around the rounded lower corners and back to the left edge. */
const LOWER_EDGE = `V${PAGE.height - 54}q0 54 -54 54H54q-54 0 -54 -54`;
/** Red, blue, green and black covers are what states choose. */
const COVER_HUES = [222, 350, 150, 20] as const;
const MRZ_MARK = { centreX: 3_322, centreY: 2_180 } as const;

/** The SVG elements of a passport on a table. `face` is the person in the portrait, `null` for none; `seed` moves the scene. */
export async function drawPassportScene(
  passport: SamplePassport,
  face: number | null,
  seed: number,
): Promise<string[]> {
  const random = createRandom(seed + 31);
  const tilt = (random.below(17) - 8) / 10;
  const shift = `${ON_TABLE.left + random.below(41) - 20} ${ON_TABLE.top + random.below(31) - 15}`;
  const hue = (passport.seed * 47 + 200) % 360;
  return [
    drawTable(LANDSCAPE, seed),
    `<g transform="rotate(${tilt} 2016 1512) translate(${shift})">`,
    booklet(hue, passport.seed),
    drawWaves(PAGE, hue, createRandom(passport.seed)),
    drawRosette(2_530, 1_250, 620, 12, `stroke="hsl(${(hue + 20) % 360} 40% 78%)" stroke-width="3.2"`),
    drawWatermark(2_420, 1_330, 520, -16),
    `<path d="M0 ${MRZ.top}H${PAGE.width}${LOWER_EDGE}Z" fill="#fdfcf8" fill-opacity="0.78"/>`,
    await heading(passport, hue),
    face === null
      ? await emptyPhoto(passport.seed)
      : await drawDocumentPortrait({ person: face, ...FACE, scale: PORTRAIT_SCALE }),
    hologram(hue),
    drawFields(passport),
    await machineReadableZone(passport),
    "</g>",
  ];
}

/** The cover's rim, the page before with its fold, and the paper of the data page. */
function booklet(hue: number, seed: number): string {
  const cover = `hsl(${COVER_HUES[seed % COVER_HUES.length] ?? 220} 48% 18%)`;
  return (
    drawShadow(-34, -1_600, { width: PAGE.width + 68, height: PAGE.height + 1_634 }, 70) +
    rectangle(-34, -1_600, PAGE.width + 68, PAGE.height + 1_634, `rx="70" fill="${cover}"`) +
    rectangle(0, -1_600, PAGE.width, 1_588, `fill="hsl(${hue} 24% 88%)"`) +
    drawText({
      text: NOTICE,
      x: PAGE.width / 2,
      baseline: -150,
      size: 120,
      anchor: "middle",
      color: "#a3162e",
      weight: 13,
      tracking: 6,
    }) +
    rectangle(0, -40, PAGE.width, 40, 'fill="#000" fill-opacity="0.22"') +
    `<path d="M0 0H${PAGE.width}${LOWER_EDGE}Z" fill="hsl(${hue} 32% 93%)"/>`
  );
}

async function heading({ seed, stateName }: SamplePassport, hue: number): Promise<string> {
  const ink = `hsl(${hue} 55% 26%)`;
  return [
    drawRosette(250, 226, 118, 8, `stroke="${ink}" stroke-width="4"`),
    drawText({
      text: stateName.toUpperCase(),
      x: 410,
      baseline: 206,
      size: 138,
      color: ink,
      weight: 14,
      tracking: 8,
      maxWidth: 2_300,
    }),
    drawText({ text: "PASSPORT   PASSEPORT", x: 412, baseline: 310, size: 84, color: ink, tracking: 16 }),
    // The sign of a passport with a chip.
    `<g transform="translate(2820 130)" fill="none" stroke="${ink}" stroke-width="13"><rect width="170" height="112" rx="14"/><path d="M0 56H52M118 56H170"/><circle cx="85" cy="56" r="32"/></g>`,
    await drawMark({ kind: "page", number: seed, centreX: 3_290, centreY: 316, side: MARK_SIDE }),
  ].join("");
}

/** A frame without a photo; the mark says that this is meant. */
async function emptyPhoto(number: number): Promise<string> {
  const { halfWidth, top, bottom } = DOCUMENT_PHOTO;
  const at = (units: number, middle: number) => middle + units * PORTRAIT_SCALE;
  const width = 2 * halfWidth * PORTRAIT_SCALE;
  const height = (bottom - top) * PORTRAIT_SCALE;
  const mark = { centreX: at(FACE_MARK_CENTRE.x, FACE.x), centreY: at(FACE_MARK_CENTRE.y, FACE.y), side: MARK_SIDE };
  return (
    rectangle(
      at(-halfWidth, FACE.x),
      at(top, FACE.y),
      width,
      height,
      'rx="15" fill="#e3e6e8" stroke="#aab2ba" stroke-width="6" stroke-dasharray="36 24"',
    ) +
    drawText({ text: "NO PHOTO", x: FACE.x, baseline: FACE.y, size: 110, anchor: "middle", color: "#8a939c" }) +
    (await drawMark({ kind: "blank", number, ...mark }))
  );
}

/** A shimmering rosette over the portrait's corner, and one below its mark. */
function hologram(hue: number): string {
  return (
    drawRosette(
      1_060,
      1_560,
      250,
      10,
      `stroke="hsl(${(hue + 90) % 360} 60% 62%)" stroke-width="3.6" stroke-opacity="0.55"`,
    ) +
    drawRosette(
      1_390,
      1_560,
      150,
      7,
      `stroke="hsl(${(hue + 150) % 360} 55% 55%)" stroke-width="3.6" stroke-opacity="0.6"`,
    )
  );
}

/** Two lines of 44 characters on their grid, with a mark of their own, so that a crop of this zone still says whose it is. */
async function machineReadableZone({ mrz, seed }: SamplePassport): Promise<string> {
  const { top, left, cellWidth, capitalHeight } = MRZ;
  const line = (text: string, baseline: number) =>
    drawGrid({ text, x: left, baseline, cellWidth, capitalHeight, weight: 13, color: "#14161b" });
  return [
    drawText({ text: NOTICE, x: left, baseline: top + 84, size: SMALLEST_PRINT, color: "#a3162e", tracking: 4 }),
    line(mrz[0], MRZ.firstBaseline),
    line(mrz[1], MRZ.secondBaseline),
    await drawMark({ kind: "mrz", number: seed, ...MRZ_MARK, side: MARK_SIDE }),
  ].join("");
}
