/** A page of a passport with a border stamp, photographed on a table. */
import { stampReadingOf } from "../stand-ins/gemini/gemini-stamps.ts";
import { drawMark } from "./draw-mark.ts";
import { drawRosette, drawShadow, drawTable, drawWaves, LANDSCAPE, NOTICE, rectangle } from "./draw-document.ts";
import { drawText } from "./draw-text.ts";
import { createRandom } from "./random.ts";

const PAGE = { width: 3_400, height: 2_640 } as const;
const STAMP = { width: 1_900, height: 1_180 } as const;
const INKS = ["#3f5098", "#863a53", "#38704f", "#4c4c56"] as const;
const MARK_SIDE = 330;
/** The smallest print on the page, in pixels of its photo. */
export const SMALLEST_STAMP_PRINT = 84;

/** The SVG elements of the stamp with this number on its page; `seed` moves the scene. */
export async function drawStampScene(number: number, seed: number): Promise<string[]> {
  const random = createRandom(seed + 505);
  const hue = (number * 61 + 90) % 360;
  const tilt = (random.below(17) - 8) / 10;
  return [
    drawTable(LANDSCAPE, seed + 3),
    `<g transform="rotate(${tilt} 2016 1512) translate(316 192)">`,
    drawShadow(-30, -30, { width: PAGE.width + 60, height: PAGE.height + 60 }, 70),
    rectangle(-30, -30, PAGE.width + 60, PAGE.height + 60, 'rx="70" fill="#2b1420"'),
    rectangle(0, 0, PAGE.width, PAGE.height, `rx="50" fill="hsl(${hue} 30% 92%)"`),
    drawWaves(PAGE, hue, random),
    drawRosette(1_700, 1_420, 900, 14, `stroke="hsl(${hue} 34% 80%)" stroke-width="4"`),
    drawText({
      text: "VISAS",
      x: 1_700,
      baseline: 250,
      size: 150,
      anchor: "middle",
      color: `hsl(${hue} 40% 34%)`,
      tracking: 40,
    }),
    drawText({
      text: NOTICE,
      x: 1_700,
      baseline: 390,
      size: SMALLEST_STAMP_PRINT,
      anchor: "middle",
      color: "#a3162e",
      tracking: 4,
    }),
    drawText({
      text: String(8 + (number % 20)),
      x: 1_700,
      baseline: 2_560,
      size: 96,
      anchor: "middle",
      color: `hsl(${hue} 40% 34%)`,
    }),
    `<g transform="translate(${1_500 + random.below(300)} ${1_420 + random.below(160)}) rotate(${random.below(19) - 9})">`,
    stamp(number, random.pick(INKS)),
    "</g>",
    await drawMark({ kind: "stamp", number, centreX: PAGE.width - 320, centreY: 320, side: MARK_SIDE }),
    "</g>",
  ];
}

/** The stamp around the origin: country, date and place between two frames, an arrow into or out of the country. */
function stamp(number: number, ink: string): string {
  const { country, date, place, kind } = stampReadingOf(number);
  const left = -STAMP.width / 2;
  const top = -STAMP.height / 2;
  const line = (text: string | null, baseline: number, size: number, weight: number) =>
    drawText({
      text: text ?? "",
      x: 0,
      baseline,
      size,
      maxWidth: STAMP.width - 300,
      anchor: "middle",
      color: ink,
      weight,
      tracking: 14,
    });
  const arrow = kind === "exit" ? "M-90 0H90M40 -50L90 0L40 50" : "M90 0H-90M-40 -50L-90 0L-40 50";
  const door = kind === "exit" ? "M-20 -90H-130V90H-20" : "M20 -90H130V90H20";
  return [
    rectangle(left, top, STAMP.width, STAMP.height, `rx="120" fill="none" stroke="${ink}" stroke-width="26"`),
    rectangle(
      left + 50,
      top + 50,
      STAMP.width - 100,
      STAMP.height - 100,
      `rx="80" fill="none" stroke="${ink}" stroke-width="9"`,
    ),
    line(country.printed, top + 330, 210, 15),
    line(date.printed, top + 700, 270, 17),
    `<g fill="none" stroke="${ink}" stroke-width="20" stroke-linecap="round" stroke-linejoin="round"><path transform="translate(${left + 290} ${top + 940}) scale(0.9)" d="${door}${arrow}"/></g>`,
    drawText({
      text: place.printed ?? "",
      x: left + 520,
      baseline: top + 1_000,
      size: 180,
      maxWidth: 1_180,
      color: ink,
      weight: 14,
      tracking: 14,
    }),
    // Where the rubber did not touch the paper.
    `<path d="M${left + 200} ${top + 420}l420 26M${left + 900} ${top + 180}l260 -18M${left + 1_200} ${top + 820}l380 20" stroke="#fff" stroke-opacity="0.35" stroke-width="16" stroke-linecap="round"/>`,
  ].join("");
}
