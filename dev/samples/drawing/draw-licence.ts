/** A driving licence (ID-1: 85.6 x 54 mm) on a table: a document with a face that is no passport. */
import { drawNotice, drawSheetOnTable } from "./draw-document.ts";
import { drawMark } from "./draw-mark.ts";
import { drawText } from "./draw-text.ts";
import { samplePassport } from "../passports.ts";
import { DOCUMENT_PHOTO, drawDocumentPortrait, THAT_DAY } from "./portrait.ts";

const CARD = { width: 3_420, height: 2_157 } as const;
const SCALE = 3.03;
const INK = "#5d2140";

/** The SVG elements of the licence with this number; its holder is the person with the same number. */
export async function drawLicenceScene(number: number): Promise<string[]> {
  return drawSheetOnTable({
    size: CARD,
    radius: 110,
    hue: 338,
    seed: number + 5,
    printed: [
      drawText({ text: "DRIVING LICENCE", x: 140, baseline: 225, size: 178, color: INK }),
      drawNotice(146, 326, 64),
      await drawDocumentPortrait({ person: number, x: 646, y: 430 - DOCUMENT_PHOTO.top * SCALE, scale: SCALE }),
      ...drawHolder(number),
      await drawMark({ kind: "card", number, centreX: CARD.width - 350, centreY: CARD.height - 380, side: 330 }),
    ],
  });
}

/** The numbered fields of a European licence. */
function drawHolder(number: number): string[] {
  const { surname, givenNames, birthDate, placeOfBirth } = samplePassport(number, THAT_DAY);
  const fields = {
    "1.": surname,
    "2.": givenNames,
    "3.": `${birthDate}  ${placeOfBirth.split("/").at(-1) ?? ""}`,
    "4a.": "2021-05-04   4b. 2036-05-03",
    "5.": `SAMPLE ${100_000 + number}`,
    "9.": "AM  B1  B",
  };
  return Object.entries(fields).flatMap(([label, text], index) => {
    const baseline = 500 + index * 205;
    return [
      drawText({ text: label, x: 1_690, baseline, size: 84, color: INK }),
      drawText({ text, x: 1_850, baseline, size: 112, maxWidth: 1_480 }),
    ];
  });
}
