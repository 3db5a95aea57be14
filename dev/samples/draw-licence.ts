/** A driving licence (ID-1: 85.6 x 54 mm) on a table: a document with a face that is no passport. */
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
} from "./draw-document.ts";
import { drawText } from "./draw-text.ts";
import { samplePassport } from "./passports.ts";
import { DOCUMENT_PHOTO, drawDocumentPortrait } from "./portrait.ts";
import { createRandom } from "./random.ts";

const CARD = { width: 3_420, height: 2_157 } as const;
const SCALE = 3.03;
const INK = "#5d2140";
// A licence's holder and dates must not depend on the day on which it is drawn.
const THAT_DAY = new Date("2026-01-01T00:00:00Z");

/** The SVG elements of the licence with this number; its holder is the person with the same number; `seed` moves the scene. */
export async function drawLicenceScene(number: number, seed: number): Promise<string[]> {
  const random = createRandom(seed + 808);
  const tilt = (random.below(21) - 10) / 10;
  return [
    drawTable(LANDSCAPE, seed + 5),
    `<g transform="rotate(${tilt} 2016 1512) translate(306 433)">`,
    drawShadow(0, 0, CARD, 110),
    rectangle(0, 0, CARD.width, CARD.height, 'rx="110" fill="hsl(338 46% 91%)"'),
    drawWaves(CARD, 338, random),
    drawRosette(2_350, 1_250, 640, 13, 'stroke="hsl(338 40% 80%)" stroke-width="3.6"'),
    `<path d="M0 330V110Q0 0 110 0H${CARD.width - 110}Q${CARD.width} 0 ${CARD.width} 110V330Z" fill="hsl(338 44% 84%)"/>`,
    drawWatermark(2_300, 1_300, 480, -14),
    drawText({ text: "DRIVING LICENCE", x: 140, baseline: 205, size: 178, color: INK, weight: 14, tracking: 12 }),
    drawText({ text: NOTICE, x: 146, baseline: 296, size: 64, color: "#a3162e", tracking: 4 }),
    await drawDocumentPortrait({ person: number, x: 646, y: 430 - DOCUMENT_PHOTO.top * SCALE, scale: SCALE }),
    holder(number),
    await drawMark({ kind: "card", number, centreX: CARD.width - 350, centreY: CARD.height - 380, side: 330 }),
    "</g>",
  ];
}

/** The numbered fields of a European licence. */
function holder(number: number): string {
  const { surname, givenNames, birthDate, placeOfBirth } = samplePassport(number, THAT_DAY);
  const random = createRandom(number + 2);
  const lines = [
    ["1.", surname],
    ["2.", givenNames],
    ["3.", `${birthDate}  ${placeOfBirth.split("/").at(-1) ?? ""}`],
    ["4a.", "2021-05-04   4b. 2036-05-03"],
    ["5.", `SAMPLE ${100_000 + random.below(900_000)}`],
    ["9.", "AM  B1  B"],
  ] as const;
  return lines
    .map(([label, text], index) => {
      const baseline = 500 + index * 205;
      return (
        drawText({ text: label, x: 1_690, baseline, size: 84, color: INK }) +
        drawText({ text, x: 1_850, baseline, size: 112, maxWidth: 1_480, weight: 12 })
      );
    })
    .join("");
}
