/** What printed documents share: a table to lie on, patterns against copying, the notice that they are not real. */
import { drawText } from "./draw-text.ts";
import { createRandom, type Random } from "./random.ts";

/** A picture's size in pixels, upright. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A phone's 12 megapixels, held sideways for documents. */
export const LANDSCAPE: Size = { width: 4_032, height: 3_024 };
/** The same phone upright, for selfies. */
export const UPRIGHT: Size = { width: 3_024, height: 4_032 };

/** A font size in pixels whose line height is at least 24 pixels when a picture of 4,032 is made 1,728 wide. */
export const SMALLEST_PRINT = 58;

/** What every document says about itself. */
export const NOTICE = "SYNTHETIC SAMPLE – NOT A REAL DOCUMENT";

/** A rectangle as SVG. */
export const rectangle = (left: number, top: number, width: number, height: number, style: string) =>
  `<rect x="${left}" y="${top}" width="${width}" height="${height}" ${style}/>`;

/** A table top of wooden planks with their grain. */
export function drawTable({ width, height }: Size, seed: number): string {
  const random = createRandom(seed + 77);
  const hue = 20 + random.below(18);
  const lightness = 30 + random.below(16);
  const plank = 430 + random.below(160);
  const planks = Array.from({ length: Math.ceil(height / plank) }, (_, index) => {
    const shade = `hsl(${hue} ${28 + random.below(10)}% ${lightness + random.below(7)}%)`;
    return (
      rectangle(0, index * plank, width, plank - 8, `fill="${shade}"`) + grain(width, index * plank, plank, random)
    );
  });
  return rectangle(0, 0, width, height, `fill="hsl(${hue} 30% 16%)"`) + planks.join("");
}

function grain(width: number, top: number, plank: number, random: Random): string {
  let path = "";
  for (let line = 0; line < 9; line++) {
    const y = top + 30 + random.below(plank - 60);
    const bend = random.below(40) - 20;
    path += `M${-random.below(800)} ${y}q${width * 0.3} ${bend} ${width * 0.5} 0t${width * 0.5} ${bend}`;
  }
  return `<path d="${path}" fill="none" stroke="#1d120a" stroke-opacity="0.28" stroke-width="${3 + random.below(4)}"/>`;
}

/** A soft shadow below a sheet: a few larger and larger sheets, since a blur of this size takes seconds. */
export function drawShadow(left: number, top: number, { width, height }: Size, radius: number): string {
  return [44, 30, 16]
    .map((spread) =>
      rectangle(
        left - spread + 12,
        top - spread + 26,
        width + 2 * spread,
        height + 2 * spread,
        `rx="${radius + spread}" fill="#0d0805" fill-opacity="0.2"`,
      ),
    )
    .join("");
}

/** Fine waves all over a sheet, in two directions of drift. They keep inside it, because clipping them costs more than they do. */
export function drawWaves({ width, height }: Size, hue: number, random: Random): string {
  const layer = (color: string, step: number, waves: number, swing: number, drift: number) => {
    const half = width / waves / 2;
    const top = swing / 2 + 8 + Math.max(0, -drift * waves * 2);
    const bottom = height - swing / 2 - 8 - Math.max(0, drift * waves * 2);
    let path = "";
    for (let y = top; y <= bottom; y += step) {
      path += `M0 ${y.toFixed(0)}q${(half / 2).toFixed(1)} ${swing} ${half.toFixed(1)} ${drift}`;
      for (let wave = 1; wave < waves * 2; wave++) path += `t${half.toFixed(1)} ${drift}`;
    }
    return `<path d="${path}" fill="none" stroke="${color}" stroke-width="3.2"/>`;
  };
  return (
    layer(`hsl(${hue} 42% 80%)`, 58, 7 + random.below(3), 62 + random.below(40), 4) +
    layer(`hsl(${(hue + 40) % 360} 36% 84%)`, 76, 8 + random.below(4), 80 + random.below(30), -3)
  );
}

/** A rosette: one line that turns around the middle with a wobble. */
export function drawRosette(x: number, y: number, radius: number, petals: number, style: string): string {
  const steps = petals * 16;
  const ring = (inner: number, phase: number) => {
    const points = Array.from({ length: steps + 1 }, (_, step) => {
      const angle = (step / steps) * 2 * Math.PI;
      const reach = radius * (inner + (1 - inner) * (0.5 + 0.5 * Math.cos(angle * petals + phase)));
      return `${(x + reach * Math.cos(angle)).toFixed(1)} ${(y + reach * Math.sin(angle)).toFixed(1)}`;
    });
    return `M${points.join("L")}`;
  };
  const rings = [0.2, 0.36, 0.52, 0.68].flatMap((inner, index) => [
    ring(inner, 0.5 * index),
    ring(inner, Math.PI + 0.5 * index),
  ]);
  return `<path d="${rings.join("")}" fill="none" ${style}/>`;
}

/** Large pale letters across a sheet. */
export function drawWatermark(x: number, y: number, size: number, angle: number): string {
  const word = drawText({
    text: "SAMPLE",
    x: 0,
    baseline: size * 0.35,
    size,
    anchor: "middle",
    color: "#a3162e12",
    weight: 15,
    tracking: 30,
  });
  return `<g transform="translate(${x} ${y}) rotate(${angle})">${word}</g>`;
}
