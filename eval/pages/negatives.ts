/** Pictures without a passport's zone: the reader must be sure of nothing in them. */
import sharp from "sharp";
import { drawDrivingLicence, drawSelfie, drawStampPage } from "../../dev/samples/drawing/draw.ts";
import { drawText } from "../../dev/samples/drawing/draw-text.ts";
import { checkDigit } from "../../dev/samples/mrz-lines.ts";
import type { SamplePassport } from "../../dev/samples/passports.ts";
import { createRandom } from "../../dev/samples/random.ts";
import { degrade, DEGRADATIONS } from "./degradations.ts";
import { drawPaper, drawZone, PAGE, rasterise, type Zone } from "./draw-page.ts";

/** A kind of picture without a passport's zone. */
export interface Negative {
  readonly name: string;
  readonly draw: (passport: SamplePassport) => Promise<Buffer>;
}

const plain = DEGRADATIONS[0];

/** A document with the given lines, photographed without any trouble. */
async function documentWith(lines: readonly string[], seed: number, textRows: number): Promise<Buffer> {
  const random = createRandom(seed + 70_000);
  const cell = Math.min(73, (PAGE.width - 300) / Math.max(30, ...lines.map((line) => line.length)));
  const zone: Zone = { lines, left: 150, baseline: PAGE.height - 230, spacing: cell * 2.5, cell };
  const words = Array.from({ length: textRows }, (_, row) =>
    drawText({
      text: Array.from({ length: 9 }, () =>
        random.pick(["LOREM", "IPSUM", "2031", "DOLOR", "A7", "SIT AMET", "44"]),
      ).join(" "),
      x: 150,
      baseline: 320 + row * (1_900 / Math.max(1, textRows)),
      size: 110,
      maxWidth: PAGE.width - 300,
    }),
  );
  const page = await rasterise([
    drawPaper(PAGE, random.below(360), random, zone.baseline - 500),
    ...words,
    drawZone(zone, random),
  ]);
  if (plain === undefined) throw new RangeError("there is no plain degradation");
  return (await degrade(plain, page, seed)).jpeg;
}

const fill = (text: string, length: number) => text.padEnd(length, "<").slice(0, length);

/** An identity card's three lines of 30 (TD1). */
function cardLines({
  issuingState,
  documentNumber,
  mrzSurname,
  mrzGivenNames,
  mrz,
}: SamplePassport): readonly string[] {
  const [, second] = mrz;
  const number = fill(documentNumber, 9);
  return [
    fill(`I<${fill(issuingState, 3)}${number}${checkDigit(number)}`, 30),
    fill(`${second.slice(13, 28)}${second.slice(10, 13)}`, 29) + "4",
    fill(`${mrzSurname}<<${mrzGivenNames}`.replaceAll(" ", "<"), 30),
  ];
}

/** A visa's two lines of 44 (MRV-A): the passport's, but for its code and what stands behind the expiry date. */
const visaLines = ({ mrz: [first, second] }: SamplePassport) => [
  `V${first.slice(1)}`,
  fill(second.slice(0, 28) + "B3US8", 44),
];

/** A card's two lines of 36 (TD2). */
const smallLines = ({ mrz: [first, second] }: SamplePassport) => [
  `I${first.slice(1, 36)}`,
  `${second.slice(0, 28)}${second.slice(28, 35)}4`,
];

/** All kinds. */
export const NEGATIVES: readonly Negative[] = [
  { name: "identity card, 3 x 30", draw: (passport) => documentWith(cardLines(passport), passport.seed, 6) },
  { name: "identity card, 2 x 36", draw: (passport) => documentWith(smallLines(passport), passport.seed, 6) },
  { name: "visa, 2 x 44", draw: (passport) => documentWith(visaLines(passport), passport.seed, 6) },
  { name: "page of text", draw: ({ seed }) => documentWith([], seed, 14) },
  { name: "driving licence", draw: ({ seed }) => drawDrivingLicence({ number: seed, widthPx: 1_200 }) },
  { name: "stamped page", draw: ({ seed }) => drawStampPage({ number: seed, widthPx: 1_200 }) },
  { name: "person", draw: ({ seed }) => drawSelfie({ faces: [seed], widthPx: 900 }) },
  {
    name: "passport's page, zone covered",
    draw: async (passport) => {
      const jpeg = await documentWith(passport.mrz, passport.seed, 6);
      const { width, height } = await sharp(jpeg).metadata();
      const cover = {
        create: { width, height: Math.round(height * 0.35), channels: 3, background: "#6b4a2f" },
      } as const;
      return sharp(jpeg)
        .composite([{ input: cover, gravity: "south" }])
        .jpeg()
        .toBuffer();
    },
  },
];
