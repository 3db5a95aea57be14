/** Sets text as SVG outlines, from fonts that come with the packages: pictures look the same on every machine. */
import { readFileSync } from "node:fs";
import type { Font } from "opentype.js";

// Node loads the package's CommonJS build, which has no named exports.
const { default: opentype } = await import("opentype.js");

const load = (url: string): Font => opentype.parse(Uint8Array.from(readFileSync(new URL(url))).buffer);

// In spite of its name, this file holds all of DejaVu Sans: Latin, Greek, Cyrillic and Georgian letters too.
const PRINT = load(import.meta.resolve("@fontsource/dejavu-sans/files/dejavu-sans-latin-400-normal.woff"));
const OCR_B = load(import.meta.resolve("./fonts/ocr-b.otf"));

/** A line of text, in the caller's units. */
interface TextLine {
  readonly text: string;
  readonly x: number;
  readonly baseline: number;
  readonly size: number;
  readonly color?: string;
  readonly anchor?: "start" | "middle";
  /** A longer text is set narrower, so that it keeps its height. */
  readonly maxWidth?: number;
  readonly font?: Font;
}

/** SVG of one line of text. */
export function drawText(line: TextLine): string {
  const { text, x, baseline, size, color = "#1b1f2a", anchor = "start", maxWidth = Infinity, font = PRINT } = line;
  const { path, width } = outline(font, text);
  const scale = size / font.unitsPerEm;
  const narrow = Math.min(1, maxWidth / Math.max(width * scale, 1));
  const left = anchor === "start" ? x : x - (width * scale * narrow) / 2;
  return `<path font-size="${size}" transform="translate(${left} ${baseline}) scale(${scale * narrow} ${scale})" fill="${color}" d="${path}"/>`;
}

/** A line of a machine readable zone, in OCR-B; `pitch` is the way from one character to the next. */
export const drawMrzLine = ({ pitch, ...line }: Omit<TextLine, "size"> & { readonly pitch: number }) =>
  drawText({ ...line, font: OCR_B, size: (pitch * OCR_B.unitsPerEm) / outline(OCR_B, "<").width });

/**
 * One character after the other, in the font's own units. The library's layout of whole lines fails on some of this
 * font's substitutions, and it prints numbers between -0.05 and 0 wrongly: in these units there are no such numbers.
 */
function outline(font: Font, text: string): { path: string; width: number } {
  let path = "";
  let width = 0;
  for (const character of text.normalize("NFC")) {
    const glyph = font.charToGlyph(character);
    path += glyph.getPath(width, 0, font.unitsPerEm).toPathData(1);
    width += glyph.advanceWidth ?? 0;
  }
  return { path, width };
}

/** Whether a text can be set: the font has all of it, from left to right. */
export const isPrintable = (text: string): boolean =>
  !/[\p{Script=Arabic}\p{Script=Hebrew}]/u.test(text) &&
  Array.from(text.normalize("NFC")).every((character) => PRINT.charToGlyphIndex(character) > 0);

/**
 * Pages of some states print a value in two scripts, `native/LATIN`. If the font lacks a script, the picture shows the
 * others only.
 */
export const printableParts = (text: string): string => text.split("/").filter(isPrintable).join("/") || text;
