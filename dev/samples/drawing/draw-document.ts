/** What printed documents share: a table to lie on, a pattern against copying, the notice that they are not real. */
import { drawText } from "./draw-text.ts";
import { createRandom, type Random } from "../random.ts";

/** A picture's size in pixels, upright. */
interface Size {
  readonly width: number;
  readonly height: number;
}

/** A phone's 12 megapixels, held sideways for documents. */
export const LANDSCAPE: Size = { width: 4_032, height: 3_024 };
/** The same phone upright, for selfies. */
export const UPRIGHT: Size = { width: 3_024, height: 4_032 };

/** A font size in pixels whose line height is at least 24 pixels when a picture of 4,032 is made 1,728 wide. */
export const SMALLEST_PRINT = 58;

/** A rectangle as SVG. */
export const rectangle = (left: number, top: number, width: number, height: number, style: string) =>
  `<rect x="${left}" y="${top}" width="${width}" height="${height}" ${style}/>`;

/** SVG of the notice. */
export const drawNotice = (x: number, baseline: number, size: number) =>
  drawText({ text: "SYNTHETIC SAMPLE – NOT A REAL DOCUMENT", x, baseline, size, color: "#a3162e" });

/** A sheet on a table. */
interface SheetScene {
  readonly size: Size;
  /** Of the corners. */
  readonly radius?: number;
  /** The paper's hue. */
  readonly hue: number;
  /** Moves the scene: another number is another photo of the same sheet. */
  readonly seed: number;
  /** SVG elements behind the sheet, and on it, in pixels from the sheet's top left corner. */
  readonly behind?: string;
  readonly printed: readonly string[];
}

/** The SVG elements of a sheet that lies on a table, a little tilted. */
export function drawSheetOnTable({ size, radius = 54, hue, seed, behind = "", printed }: SheetScene): string[] {
  const random = createRandom(seed + 31);
  const wood = `hsl(${20 + random.below(18)} 30% ${30 + random.below(20)}%)`;
  const tilt = (random.below(17) - 8) / 10;
  const left = (LANDSCAPE.width - size.width) / 2 + random.below(41) - 20;
  const top = (LANDSCAPE.height - size.height) / 2 + random.below(31) - 15;
  return [
    rectangle(0, 0, LANDSCAPE.width, LANDSCAPE.height, `fill="${wood}"`),
    `<g transform="rotate(${tilt} 2016 1512) translate(${left} ${top})">`,
    rectangle(-20, 0, size.width + 50, size.height + 40, `rx="${radius}" fill="#0d0805" fill-opacity="0.4"`),
    behind,
    rectangle(0, 0, size.width, size.height, `rx="${radius}" fill="hsl(${hue} 32% 93%)"`),
    drawWaves(size, hue, createRandom(hue)),
    ...printed,
    "</g>",
  ];
}

/** Fine waves all over a sheet. They keep inside it, because clipping them costs more than they do. */
export function drawWaves({ width, height }: Size, hue: number, random: Random): string {
  const waves = 7 + random.below(3);
  const [half, swing] = [width / waves / 2, 62 + random.below(40)];
  let path = "";
  for (let y = 60; y < height - 60; y += 58) {
    path += `M0 ${y}q${half / 2} ${swing} ${half} 0${`t${half} 0`.repeat(2 * waves - 1)}`;
  }
  return `<path d="${path}" fill="none" stroke="hsl(${hue} 42% 80%)" stroke-width="3.2"/>`;
}

/** A rosette: lines that turn around the middle with a wobble. */
export function drawRosette(x: number, y: number, radius: number, petals: number, style: string): string {
  const steps = petals * 16;
  const rings = [0.2, 0.36, 0.52, 0.68].map((inner, index) => {
    const points = Array.from({ length: steps + 1 }, (_, step) => {
      const angle = (step / steps) * 2 * Math.PI;
      const reach = radius * (inner + (1 - inner) * (0.5 + 0.5 * Math.cos(angle * petals + index * Math.PI)));
      return `${(x + reach * Math.cos(angle)).toFixed(1)} ${(y + reach * Math.sin(angle)).toFixed(1)}`;
    });
    return `M${points.join("L")}`;
  });
  return `<path d="${rings.join("")}" fill="none" ${style}/>`;
}
