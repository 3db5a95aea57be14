/** Sets text as SVG outlines, from fonts that come with the packages: pictures look the same on every machine. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Font } from "opentype.js";

// Node loads the package's CommonJS build, which has no named exports.
const { default: opentype } = await import("opentype.js");

// In spite of its name, this file holds all of DejaVu Sans: Latin, Greek, Cyrillic and Georgian letters too.
const PRINT = load(
  fileURLToPath(import.meta.resolve("@fontsource/dejavu-sans/files/dejavu-sans-latin-400-normal.woff")),
);
const OCR_B = load(join(import.meta.dirname, "fonts/ocr-b.otf"));
const INK = "#1b1f2a";

function load(path: string): Font {
  return opentype.parse(Uint8Array.from(readFileSync(path)).buffer);
}

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
}

/** SVG of one line of text. */
export function drawText({ text, x, baseline, size, color, anchor = "start", maxWidth = Infinity }: TextLine): string {
  const { path, width } = outline(PRINT, text);
  const scale = size / PRINT.unitsPerEm;
  const narrow = Math.min(1, maxWidth / Math.max(width * scale, 1));
  const left = anchor === "start" ? x : x - (width * scale * narrow) / 2;
  return `<path font-size="${size}" transform="translate(${left} ${baseline}) scale(${scale * narrow} ${scale})" fill="${color ?? INK}" d="${path}"/>`;
}

/** A line of a machine readable zone, in OCR-B. */
export function drawMrzLine({ text, x, baseline, pitch }: Omit<TextLine, "size"> & { readonly pitch: number }): string {
  const { path, width } = outline(OCR_B, text);
  const scale = (pitch * text.length) / width;
  return `<path font-size="${scale * OCR_B.unitsPerEm}" transform="translate(${x} ${baseline}) scale(${scale})" fill="${INK}" d="${path}"/>`;
}

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
export function isPrintable(text: string): boolean {
  return (
    !/[\p{Script=Arabic}\p{Script=Hebrew}]/u.test(text) &&
    Array.from(text.normalize("NFC")).every((character) => PRINT.charToGlyphIndex(character) > 0)
  );
}

/**
 * Pages of some states print a value in two scripts, `native/LATIN`. If the font lacks a script, the picture shows the
 * others only.
 */
export function printableParts(text: string): string {
  const parts = text.split("/").filter(isPrintable);
  return isPrintable(text) || parts.length === 0 ? text : parts.join("/");
}
