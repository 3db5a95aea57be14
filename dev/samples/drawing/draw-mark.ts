/** Draws the marks as SVG: see `marks-geometry.ts` for what they say. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { prepareZXingModule, writeBarcode } from "zxing-wasm/writer";
import { markText, MARK_MODULES, QUIET_MODULES, type MarkKind } from "../marks-geometry.ts";

// From the installed package: by default the library would fetch it from a CDN.
const wasm = readFileSync(fileURLToPath(import.meta.resolve("zxing-wasm/writer/zxing_writer.wasm")));
prepareZXingModule({ overrides: { wasmBinary: Uint8Array.from(wasm).buffer } });

/** Which mark to draw, and where: its centre and its side without the quiet zone, in the caller's units. */
interface MarkPlacement {
  readonly kind: MarkKind;
  readonly number: number;
  readonly centreX: number;
  readonly centreY: number;
  readonly side: number;
}

/** SVG of a mark on its white quiet zone. Throws a RangeError for a number that no mark can carry. */
export async function drawMark({ kind, number, centreX, centreY, side }: MarkPlacement): Promise<string> {
  const path = await modules(markText(kind, number));
  const quietSide = MARK_MODULES + 2 * QUIET_MODULES;
  const scale = side / MARK_MODULES;
  return (
    `<g class="mark" transform="translate(${centreX - side / 2} ${centreY - side / 2}) scale(${scale})">` +
    `<rect x="${-QUIET_MODULES}" y="${-QUIET_MODULES}" width="${quietSide}" height="${quietSide}" rx="1" fill="#fbfbf8"/>` +
    `<path d="${path}" fill="#15171c"/></g>`
  );
}

/** SVG without the marks in it. */
export const withoutMarks = (svg: string) => svg.replaceAll(/<g class="mark".*?<\/g>/gs, "");

/** The dark modules as one path: adjacent modules of a row are one rectangle, so that no seams show. */
async function modules(text: string): Promise<string> {
  const { symbol, error } = await writeBarcode(text, { format: "QRCode", ecLevel: "M", withQuietZones: false });
  if (symbol.width !== MARK_MODULES) throw new Error(`a mark must have ${MARK_MODULES} modules: ${error}`);
  let path = "";
  for (let row = 0; row < symbol.height; row++) {
    for (let column = 0; column < symbol.width; column++) {
      const start = column;
      while (column < symbol.width && symbol.data[row * symbol.width + column] === 0) column++;
      if (column > start) path += `M${start} ${row}h${column - start}v1h${start - column}z`;
    }
  }
  return path;
}
