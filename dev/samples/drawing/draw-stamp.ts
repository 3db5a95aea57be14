/** A page of a passport with a border stamp, photographed on a table. */
import { stampReadingOf } from "../stamps.ts";
import { drawNotice, drawSheetOnTable, rectangle } from "./draw-document.ts";
import { drawMark } from "./draw-mark.ts";
import { drawText } from "./draw-text.ts";
import { createRandom } from "../random.ts";

const PAGE = { width: 3_400, height: 2_640 } as const;
const INKS = ["#3f5098", "#863a53", "#38704f", "#4c4c56"] as const;
/** The smallest print on the page, in pixels of its photo. */
export const SMALLEST_STAMP_PRINT = 84;

/** The SVG elements of the stamp with this number on its page. */
export async function drawStampScene(number: number): Promise<string[]> {
  const random = createRandom(number + 505);
  const place = `translate(${1_500 + random.below(300)} ${1_420 + random.below(160)}) rotate(${random.below(19) - 9})`;
  return drawSheetOnTable({
    size: PAGE,
    hue: (number * 61 + 90) % 360,
    seed: number + 3,
    printed: [
      drawText({ text: "VISAS", x: 1_700, baseline: 250, size: 150, anchor: "middle" }),
      drawNotice(700, 390, SMALLEST_STAMP_PRINT),
      `<g transform="${place}">${drawImprint(number, random.pick(INKS))}</g>`,
      await drawMark({ kind: "stamp", number, centreX: PAGE.width - 320, centreY: 320, side: 330 }),
    ],
  });
}

/** The stamp around the origin: country, date and place in a frame, an arrow into or out of the country. */
function drawImprint(number: number, color: string): string {
  const { country, date, place, kind } = stampReadingOf(number);
  const line = (text: string | null, baseline: number, size: number) =>
    drawText({ text: text ?? "", x: 0, baseline, size, maxWidth: 1_600, anchor: "middle", color });
  return [
    rectangle(-950, -590, 1_900, 1_180, `rx="120" fill="none" stroke="${color}" stroke-width="26"`),
    line(country.printed, -260, 210),
    line(date.printed, 110, 270),
    line(`${kind === "exit" ? "→" : "←"} ${place.printed}`, 410, 180),
  ].join("");
}
