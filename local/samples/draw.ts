/** The sample pictures: what a person would send, drawn here, as the JPEGs of a phone's camera. */
import { stampReadingOf } from "../gemini-stamps.ts";
import { drawMark } from "./draw-mark.ts";
import { drawGrid, drawText } from "./draw-text.ts";
import type { SamplePassport } from "./passports.ts";
import { photograph, type ExifOrientation } from "./photo.ts";
import { drawPortrait } from "./portrait.ts";

const LANDSCAPE = { width: 4_032, height: 3_024 } as const;
const PORTRAIT = { width: 3_024, height: 4_032 } as const;
/** The data page (125 x 88 mm) on its table. */
const PAGE = { left: 266, top: 280, width: 3_500, height: 2_464 } as const;
const PAGE_FACE = { x: PAGE.left + 560, y: PAGE.top + 1_020, scale: 2.5 } as const;

interface Shot {
  /** The camera's position: pixels are turned, and the EXIF tag says how to turn them back. */
  readonly exifOrientation?: ExifOrientation;
  /** The width of an upright picture; a phone's by default. */
  readonly widthPx?: number;
}

/** A photo of a passport's data page. `face` is the person in the portrait; `null` leaves it empty. */
export async function drawPassportPhoto({
  passport,
  face = passport.seed,
  ...shot
}: Shot & { readonly passport: SamplePassport; readonly face?: number | null }): Promise<Buffer> {
  const drawing = [
    table(LANDSCAPE),
    page("#f3eee2"),
    guilloche(passport.seed),
    await drawMark({ kind: "page", number: passport.seed, centreX: 3_480, centreY: 560, side: 220 }),
    heading(passport),
    ...printedFields(passport),
    face === null ? await emptyFrame() : await drawPortrait({ person: face, ...PAGE_FACE, framed: true }),
    await machineReadableZone(passport),
    note(),
  ];
  return photograph({ ...LANDSCAPE, drawing, seed: passport.seed, ...shot });
}

/** A selfie with these people in it, the largest face first; none at all is a picture of an empty room. */
export async function drawSelfie({ faces, ...shot }: Shot & { readonly faces: readonly number[] }): Promise<Buffer> {
  const [first, second] = faces;
  const drawing = [room(first ?? 0)];
  if (first === undefined)
    drawing.push(await drawMark({ kind: "blank", number: 0, centreX: 1_512, centreY: 2_016, side: 500 }));
  else drawing.push(await drawPortrait({ person: first, x: 1_200, y: 1_700, scale: 5, framed: false }));
  if (second !== undefined)
    drawing.push(await drawPortrait({ person: second, x: 700, y: 3_350, scale: 2, framed: false }));
  return photograph({ ...PORTRAIT, drawing, seed: 7_000 + (first ?? 0), ...shot });
}

/** A photo of a page with the sample stamp of this number. */
export async function drawStampPage({ number, ...shot }: Shot & { readonly number: number }): Promise<Buffer> {
  const { country, date, place } = stampReadingOf(number);
  const ink = { color: "#3b3f9b", anchor: "middle", weight: 12 } as const;
  const line = (text: string | null, baseline: number, size: number) =>
    drawText({ text: text ?? "", x: 1_700, baseline, size, maxWidth: 1_300, ...ink });
  const drawing = [
    table(LANDSCAPE),
    page("#eef1ea"),
    guilloche(number + 31),
    `<g transform="rotate(-6 1700 1500)"><rect x="900" y="1050" width="1600" height="900" rx="60" fill="none" stroke="#3b3f9b" stroke-width="22"/>`,
    line(country.printed, 1_320, 200),
    line(date.printed, 1_600, 220),
    line(place.printed, 1_830, 170),
    "</g>",
    await drawMark({ kind: "stamp", number, centreX: 3_200, centreY: 640, side: 300 }),
    note(),
  ];
  return photograph({ ...LANDSCAPE, drawing, seed: 9_000 + number, ...shot });
}

/** A photo of a driving licence: a document with a face that is no passport. */
export async function drawDrivingLicence({ number, ...shot }: Shot & { readonly number: number }): Promise<Buffer> {
  const drawing = [
    table(LANDSCAPE),
    page("#f6dfe4"),
    drawText({ text: "DRIVING LICENCE", x: 1_700, baseline: 620, size: 190, color: "#7c2040" }),
    drawText({ text: "1. SAMPLE", x: 1_900, baseline: 1_100, size: 130 }),
    drawText({ text: "2. DRIVER", x: 1_900, baseline: 1_350, size: 130 }),
    drawText({ text: "9. AM B1 B", x: 1_900, baseline: 1_600, size: 130 }),
    await drawPortrait({ person: number, ...PAGE_FACE, framed: true }),
    await drawMark({ kind: "card", number, centreX: 3_400, centreY: 2_400, side: 300 }),
    note(),
  ];
  return photograph({ ...LANDSCAPE, drawing, seed: 11_000 + number, ...shot });
}

const rectangle = (left: number, top: number, width: number, height: number, style: string) =>
  `<rect x="${left}" y="${top}" width="${width}" height="${height}" ${style}/>`;

function table({ width, height }: { readonly width: number; readonly height: number }): string {
  const boards = Array.from({ length: 7 }, (_, board) =>
    rectangle(0, board * 460, width, 452, `fill="hsl(28 ${26 + (board % 3) * 4}% ${34 + (board % 2) * 3}%)"`),
  );
  return rectangle(0, 0, width, height, 'fill="#4a3828"') + boards.join("");
}

function page(color: string): string {
  const { left, top, width, height } = PAGE;
  const shadow = rectangle(left + 18, top + 26, width, height, 'rx="60" fill="#1a1410" opacity="0.45"');
  return shadow + rectangle(left, top, width, height, `rx="60" fill="${color}"`);
}

/** Fine waves in the background, as documents print against copying. */
function guilloche(seed: number): string {
  const waves = Array.from({ length: 26 }, (_, wave) => {
    const y = PAGE.top + 60 + wave * 72;
    const swing = 26 + ((seed * 7 + wave * 5) % 30);
    return `M${PAGE.left + 30} ${y}q290 ${swing} 580 0t580 0t580 0t580 0t580 0t540 0`;
  });
  return `<path d="${waves.join("")}" fill="none" stroke="hsl(${(seed * 47) % 360} 45% 72%)" stroke-width="5" opacity="0.55"/>`;
}

function heading({ stateName, documentCode, issuingState, documentNumber }: SamplePassport): string {
  const small = { size: 88, color: "#5a6478" };
  return [
    drawText({
      text: stateName.toUpperCase(),
      x: PAGE.left + 110,
      baseline: 470,
      size: 150,
      maxWidth: 2_300,
      color: "#23345c",
      weight: 14,
    }),
    drawText({ text: "PASSPORT", x: PAGE.left + 110, baseline: 600, size: 100, color: "#23345c" }),
    drawText({ text: "Type", x: 1_700, baseline: 590, ...small }),
    drawText({ text: "Code", x: 2_050, baseline: 590, ...small }),
    drawText({ text: "Passport No.", x: 2_420, baseline: 590, ...small }),
    drawText({ text: documentCode, x: 1_700, baseline: 700, size: 110 }),
    drawText({ text: issuingState, x: 2_050, baseline: 700, size: 110 }),
    drawText({ text: documentNumber, x: 2_420, baseline: 700, size: 110, maxWidth: 850 }),
  ].join("");
}

const FIELD_LABELS = [
  ["surname", "Surname"],
  ["givenNames", "Given names"],
  ["nationality", "Nationality"],
  ["birthDate", "Date of birth"],
  ["sex", "Sex"],
  ["placeOfBirth", "Place of birth"],
  ["issueDate", "Date of issue"],
  ["expiryDate", "Date of expiry"],
  ["personalNumber", "Personal No."],
] as const;

/** The visual inspection zone: labels and values in two columns, names across both. */
function printedFields(passport: SamplePassport): string[] {
  const present = FIELD_LABELS.flatMap(([name, label]) => {
    const text = passport.printed[name];
    return text === null ? [] : [{ label, text, wide: name === "surname" || name === "givenNames" }];
  });
  let column = 0;
  let y = 800;
  return present.map(({ label, text, wide }) => {
    const x = 1_700 + column * 1_020;
    const drawn =
      drawText({ text: label, x, baseline: y, size: 84, color: "#5a6478" }) +
      drawText({ text, x, baseline: y + 112, size: 112, maxWidth: wide ? 1_950 : 950 });
    column = wide ? 0 : 1 - column;
    if (column === 0) y += 238;
    return drawn;
  });
}

async function emptyFrame(): Promise<string> {
  const { x, y, scale } = PAGE_FACE;
  const frame = rectangle(x - 170 * scale, y - 210 * scale, 340 * scale, 420 * scale, 'fill="#dfe3e6"');
  return frame + (await drawMark({ kind: "blank", number: 0, centreX: x, centreY: y, side: 260 }));
}

/** Two lines of 44 characters on their grid, with a mark of their own, so that a crop of this zone still says whose it is. */
async function machineReadableZone({ mrz, seed }: SamplePassport): Promise<string> {
  const side = 300;
  const mark = { centreX: PAGE.left + PAGE.width - 250, centreY: PAGE.top + PAGE.height - 250 };
  const left = PAGE.left + 110;
  const cellWidth = (mark.centreX - 0.72 * side - left) / 44;
  const line = (text: string, baseline: number) =>
    drawGrid({ text, x: left, baseline, cellWidth, capitalHeight: 84, weight: 13 });
  const [first, second] = mrz;
  return [
    rectangle(PAGE.left, mark.centreY - 232, PAGE.width, 470, 'fill="#fbfaf4"'),
    line(first, mark.centreY - 50),
    line(second, mark.centreY + 130),
    await drawMark({ kind: "mrz", number: seed, ...mark, side }),
  ].join("");
}

const note = () =>
  drawText({
    text: "SYNTHETIC SAMPLE - NOT A DOCUMENT",
    x: 2_016,
    baseline: 200,
    size: 110,
    anchor: "middle",
    color: "#f4e9d8",
  });

function room(seed: number): string {
  const hue = (seed * 83) % 360;
  return [
    rectangle(0, 0, PORTRAIT.width, PORTRAIT.height, `fill="hsl(${hue} 18% 78%)"`),
    rectangle(180, 300, 900, 1_300, `fill="hsl(${(hue + 180) % 360} 30% 88%)" stroke="#f7f4ee" stroke-width="60"`),
    rectangle(0, 3_300, PORTRAIT.width, 732, `fill="hsl(${hue} 14% 58%)"`),
    drawText({ text: "SYNTHETIC SAMPLE", x: 1_512, baseline: 3_960, size: 120, anchor: "middle", color: "#ffffff" }),
  ].join("");
}
