/** Sets text as SVG strokes, with the font of `glyphs.ts`. */
import { characters, glyphOf } from "./glyphs.ts";

/** Height of a capital, in glyph units and as a part of the font size: a size is the line height without extra leading. */
const CAPITAL = 100;
const CAPITAL_PER_SIZE = 0.7;
const LETTER_GAP = 24;
const DEFAULT_WEIGHT = 11;

/** A line of text, in the caller's units. */
export interface TextLine {
  readonly text: string;
  readonly x: number;
  readonly baseline: number;
  /** The font size: a line needs this height, accents and descenders included. */
  readonly size: number;
  readonly color?: string;
  readonly anchor?: "start" | "middle" | "end";
  /** A longer text is set narrower, so that it keeps its height. */
  readonly maxWidth?: number;
  /** Thickness of the pen where a capital is 100 high. */
  readonly weight?: number;
  /** Extra space between letters where a capital is 100 high. */
  readonly tracking?: number;
  /** Degrees that the letters lean to the right. */
  readonly slant?: number;
}

/** SVG of one line of text with letters of different widths. */
export function drawText(line: TextLine): string {
  const gap = LETTER_GAP + (line.tracking ?? 0);
  let pen = 0;
  let strokes = "";
  for (const { segment } of characters.segment(line.text)) {
    const { width, path } = glyphOf(segment);
    if (path !== "") strokes += `<path transform="translate(${pen})" d="${path}"/>`;
    pen += width + gap;
  }
  const scale = (line.size * CAPITAL_PER_SIZE) / CAPITAL;
  const width = Math.max(pen - gap, 1) * scale;
  const narrow = Math.min(1, (line.maxWidth ?? width) / width);
  const start = { start: 0, middle: -(width * narrow) / 2, end: -width * narrow }[line.anchor ?? "start"];
  const lean = line.slant === undefined ? "" : ` skewX(${-line.slant})`;
  return (
    `<g transform="translate(${round(line.x + start)} ${round(line.baseline)}) scale(${scale * narrow} ${scale})${lean} translate(0 -${CAPITAL})" ` +
    `${penStyle(line.color, line.weight)}>${strokes}</g>`
  );
}

/** Text on a fixed grid, as in a machine readable zone. */
export interface TextGrid {
  readonly text: string;
  /** Where the first cell begins. */
  readonly x: number;
  readonly baseline: number;
  readonly cellWidth: number;
  readonly capitalHeight: number;
  readonly color?: string;
  readonly weight?: number;
}

/** SVG of text where every character stands in the middle of its own cell. */
export function drawGrid(grid: TextGrid): string {
  const scale = grid.capitalHeight / CAPITAL;
  const cell = grid.cellWidth / scale;
  const strokes = Array.from(grid.text, (character, index) => {
    const { width, path } = glyphOf(character);
    return `<path transform="translate(${round(index * cell + (cell - width) / 2)})" d="${path}"/>`;
  });
  return (
    `<g transform="translate(${grid.x} ${grid.baseline}) scale(${scale}) translate(0 -${CAPITAL})" ` +
    `${penStyle(grid.color, grid.weight)}>${strokes.join("")}</g>`
  );
}

function penStyle(color = "#1b1f2a", weight = DEFAULT_WEIGHT): string {
  return `fill="none" stroke="${color}" stroke-width="${weight}" stroke-linecap="round" stroke-linejoin="round"`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
