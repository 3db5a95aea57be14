/** Draws the marks as SVG: see `marks-geometry.ts` for what they say. */
import { readFileSync } from "node:fs";
import { prepareZXingModule, writeBarcode } from "zxing-wasm/writer";
import { markText, MARK_MODULES, QUIET_MODULES, type MarkKind } from "../marks-geometry.ts";
import { rectangle } from "./draw-document.ts";

// From the installed package: by default the library would fetch it from a CDN.
const wasm = readFileSync(new URL(import.meta.resolve("zxing-wasm/writer/zxing_writer.wasm")));
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
  const options = { format: "QRCode", ecLevel: "M", withQuietZones: false } as const;
  const { symbol, svg, error } = await writeBarcode(markText(kind, number), options);
  if (symbol.width !== MARK_MODULES) throw new Error(`a mark must have ${MARK_MODULES} modules: ${error}`);
  const place = `translate(${centreX - side / 2} ${centreY - side / 2}) scale(${side / MARK_MODULES})`;
  const quietSide = MARK_MODULES + 2 * QUIET_MODULES;
  const quiet = rectangle(-QUIET_MODULES, -QUIET_MODULES, quietSide, quietSide, 'rx="1" fill="#fbfbf8"');
  const [modules = ""] = /<path[^>]*>/.exec(svg) ?? [];
  return `<g class="mark" transform="${place}" fill="#15171c">${quiet}${modules}</g>`;
}

/** SVG without the marks in it. */
export const withoutMarks = (svg: string) => svg.replaceAll(/<g class="mark".*?<\/g>/gs, "");
