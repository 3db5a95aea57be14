/**
 * A passport's data page (TD3 of ICAO Doc 9303 part 4: 125 x 88 mm), photographed on a table.
 *
 * The page is drawn in pixels of the full picture, 28.8 to the millimetre: portrait on the left, printed fields beside
 * it, machine readable zone in the lower 23.2 mm. Three marks say whose page it is: see `marks-geometry.ts`.
 */
import { drawNotice, drawRosette, drawSheetOnTable, rectangle, SMALLEST_PRINT } from "./draw-document.ts";
import { drawMark } from "./draw-mark.ts";
import { drawMrzLine, drawText, printableParts } from "./draw-text.ts";
import { PORTRAIT_UNITS_PER_MARK } from "../marks-geometry.ts";
import type { SamplePassport } from "../passports.ts";
import { DOCUMENT_PHOTO, drawDocumentPortrait, drawFaceMark, inPlace } from "./portrait.ts";

const PAGE = { width: 3_600, height: 2_534 } as const;
const SCALE = 3.03;
const MARK_SIDE = PORTRAIT_UNITS_PER_MARK * SCALE;
/** Where the face's middle is on the page. */
const FACE = { x: 644, y: 396 - DOCUMENT_PHOTO.top * SCALE, scale: SCALE } as const;
const MRZ_TOP = 1_866;
/** Red, blue, green and black covers are what states choose. */
const COVER_HUES = [222, 350, 150, 20] as const;

/** The SVG elements of a passport on a table. `face` is the person in the portrait, `null` for none. */
export async function drawPassportScene(passport: SamplePassport, face: number | null) {
  const number = passport.seed;
  const hue = (number * 47 + 200) % 360;
  return drawSheetOnTable({
    size: PAGE,
    hue,
    seed: number,
    behind: drawBooklet(hue, COVER_HUES[number % COVER_HUES.length] ?? 220),
    printed: [
      drawRosette(2_530, 1_250, 620, 12, `stroke="hsl(${(hue + 20) % 360} 40% 78%)" stroke-width="3.2"`),
      rectangle(0, MRZ_TOP, PAGE.width, PAGE.height - MRZ_TOP, 'rx="54" fill="#fdfcf8" fill-opacity="0.78"'),
      ...drawHeading(passport, `hsl(${hue} 55% 26%)`),
      await drawMark({ kind: "page", number, centreX: 3_290, centreY: 316, side: MARK_SIDE }),
      await (face === null ? drawEmptyPhoto(number) : drawDocumentPortrait({ person: face, ...FACE })),
      drawFields(passport),
      ...passport.mrz.map((text, line) => drawMrzLine({ text, x: 110, baseline: 2_118 + 183 * line, pitch: 67.4 })),
      await drawMark({ kind: "mrz", number, centreX: 3_322, centreY: 2_180, side: MARK_SIDE }),
    ],
  });
}

/** The cover's rim, and the page before with its fold. */
function drawBooklet(hue: number, coverHue: number): string {
  return (
    rectangle(-34, -1_600, PAGE.width + 68, PAGE.height + 1_634, `rx="70" fill="hsl(${coverHue} 48% 18%)"`) +
    rectangle(0, -1_600, PAGE.width, 1_588, `fill="hsl(${hue} 24% 88%)"`) +
    drawNotice(500, -110, 110)
  );
}

function drawHeading({ stateName }: SamplePassport, color: string): string[] {
  return [
    drawText({ text: stateName.toUpperCase(), x: 410, baseline: 206, size: 138, color, maxWidth: 2_300 }),
    drawText({ text: "PASSPORT   PASSEPORT", x: 412, baseline: 320, size: 84, color }),
    // The sign of a passport with a chip.
    `<g transform="translate(2820 130)" fill="none" stroke="${color}" stroke-width="13"><rect width="170" height="112" rx="14"/><path d="M0 56H52M118 56H170"/><circle cx="85" cy="56" r="32"/></g>`,
  ];
}

/** A frame without a photo; the mark says that this is meant. */
async function drawEmptyPhoto(number: number): Promise<string> {
  const { left, top, width, height } = DOCUMENT_PHOTO;
  return inPlace(
    FACE,
    rectangle(left, top, width, height, 'fill="#e3e6e8" stroke="#aab2ba"'),
    drawText({ text: "NO PHOTO", x: 0, baseline: 0, size: 36, anchor: "middle" }),
    await drawFaceMark("blank", number),
  );
}

/** The printed fields: label, text, row, left edge and width. A field that the state does not print has no label either. */
export function drawFields({ printed, documentCode }: SamplePassport): string {
  const [narrow, left, middle] = [1_196, 1_660, 2_580];
  const [half, rest, wide] = [870, 910, 1_830];
  const fields = [
    ["Type", documentCode, 0, narrow, 400],
    ["Code", printed.issuingState, 1, narrow, 400],
    ["Passport No.", printed.documentNumber, 0, left, 1_330],
    ["Surname", printed.surname, 1, left, wide],
    ["Given names", printed.givenNames, 2, left, wide],
    ["Nationality", printed.nationality, 3, left, half],
    ["Personal No.", printed.personalNumber, 3, middle, rest],
    ["Date of birth", printed.birthDate, 4, left, half],
    ["Sex", printed.sex, 4, middle, rest],
    ["Place of birth", printed.placeOfBirth, 5, left, wide],
    ["Date of issue", printed.issueDate, 6, left, half],
    ["Authority", "SAMPLE OFFICE", 6, middle, rest],
    ["Date of expiry", printed.expiryDate, 7, left, half],
  ] as const;
  const drawn = fields.map(([label, text, row, x, maxWidth]) => {
    if (text === null) return "";
    const baseline = 450 + row * 176;
    return (
      drawText({ text: label, x, baseline, size: SMALLEST_PRINT, color: "#5b6880" }) +
      drawText({ text: printableParts(text), x, baseline: baseline + 94, size: 92, maxWidth })
    );
  });
  return drawn.join("");
}
