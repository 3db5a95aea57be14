/** Draws curves as SVG, without a library. The vertical scale is logarithmic: equal factors are equal distances. */
import type { Chart, Curve } from "./part.ts";

const WIDTH = 720;
const HEIGHT = 400;
const PLOT = { left: 64, top: 52, right: 520, bottom: 344 } as const;
const COLOURS = ["#0b6e4f", "#3fae84", "#c8553d", "#e09f7d"] as const;

/** Draws a chart. Returns the text of an SVG file. */
export function drawChart({ title, xLabel, curves }: Chart): string {
  const xs = [...new Set(curves.flatMap(({ points }) => points.map(({ x }) => x)))].toSorted(
    (one, other) => one - other,
  );
  const ys = curves.flatMap(({ points }) => points.map(({ y }) => y));
  const low = Math.floor(Math.log2(Math.min(...ys)));
  const high = Math.max(Math.ceil(Math.log2(Math.max(...ys))), low + 1);
  const column = (x: number) => PLOT.left + (xs.indexOf(x) / Math.max(1, xs.length - 1)) * (PLOT.right - PLOT.left);
  const row = (y: number) => PLOT.bottom - ((Math.log2(y) - low) / (high - low)) * (PLOT.bottom - PLOT.top);
  const powers = Array.from({ length: high - low + 1 }, (_, index) => 2 ** (low + index));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13" fill="#222">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(PLOT.left, 28, title, 'font-size="15" font-weight="bold"'),
    ...powers.map(
      (power) =>
        `<path d="M${PLOT.left} ${row(power)}H${PLOT.right}" stroke="#ddd"/>` +
        text(PLOT.left - 8, row(power) + 4, `${Number(power.toPrecision(3))}x`, 'text-anchor="end"'),
    ),
    ...xs.map((x) => text(column(x), PLOT.bottom + 22, String(x), 'text-anchor="middle"')),
    text((PLOT.left + PLOT.right) / 2, PLOT.bottom + 44, xLabel, 'text-anchor="middle"'),
    ...curves.map((curve, index) => drawCurve(curve, COLOURS[index % COLOURS.length] ?? "#000", column, row)),
    ...names(curves, row),
    "</svg>\n",
  ].join("\n");
}

type Place = (value: number) => number;

function drawCurve({ points }: Curve, colour: string, column: Place, row: Place): string {
  const line = points.map(({ x, y }) => `${column(x).toFixed(1)} ${row(y).toFixed(1)}`).join("L");
  const dots = points.map(
    ({ x, y }) => `<circle cx="${column(x).toFixed(1)}" cy="${row(y).toFixed(1)}" r="4" fill="${colour}"/>`,
  );
  return `<path d="M${line}" fill="none" stroke="${colour}" stroke-width="2.5"/>${dots.join("")}`;
}

/** Puts the names beside the curves' ends, and moves overlapping names apart. */
function names(curves: readonly Curve[], row: Place): string[] {
  const ends = curves
    .map(({ name, points }, index) => ({
      name,
      colour: COLOURS[index % COLOURS.length],
      y: row(points.at(-1)?.y ?? 1),
    }))
    .toSorted((one, other) => one.y - other.y);
  let last = 0;
  return ends.map(({ name, colour, y }) => {
    last = Math.max(y + 4, last + 17);
    return text(PLOT.right + 14, last, name, `fill="${colour}"`);
  });
}

const text = (x: number, y: number, words: string, style: string) =>
  `<text x="${x}" y="${y.toFixed(1)}" ${style}>${words}</text>`;
