/** A selfie: one person, several, or an empty room. Beside each face is a card with its mark. */
import { rectangle, UPRIGHT } from "./draw-document.ts";
import { drawMark } from "./draw-mark.ts";
import { drawText } from "./draw-text.ts";
import { FACE_MARK_CENTRE, PORTRAIT_UNITS_PER_MARK, QUIET_SIDE } from "../marks-geometry.ts";
import { drawFaceMark, drawSelfiePortrait, type Portrait } from "./portrait.ts";
import { createRandom } from "../random.ts";

/** Where faces are, the largest first: alone, or in company. */
const ALONE = [{ x: 1_120, y: 1_640, scale: 5.5 }] as const;
const IN_COMPANY = [
  { x: 900, y: 2_350, scale: 5 },
  { x: 1_880, y: 1_000, scale: 3.2 },
  { x: 560, y: 880, scale: 3 },
] as const;

/** How many people fit into a selfie. */
export const MAX_FACES = IN_COMPANY.length;

/** The SVG elements of a selfie with these people, the largest face first. Throws a RangeError for more than {@link MAX_FACES}. */
export async function drawSelfieScene(faces: readonly number[]): Promise<string[]> {
  if (faces.length > MAX_FACES) throw new RangeError(`a selfie has room for ${MAX_FACES} faces`);
  const places = faces.length === 1 ? ALONE : IN_COMPANY;
  const portraits = faces.flatMap((person, index) => {
    const spot = places[index];
    return spot === undefined ? [] : [{ person, ...spot }];
  });
  // People further away are drawn first: they are behind the others. Nobody is in front of a card.
  const people = portraits.toReversed().map(drawSelfiePortrait);
  const cards = await Promise.all(portraits.map(drawCard));
  const blank = { kind: "blank", number: 0, centreX: 1_515, centreY: 1_475, side: 400 } as const;
  return [
    ...drawRoom(faces[0] ?? 0),
    ...(portraits.length === 0 ? [await drawMark(blank)] : [...people, ...cards]),
    drawText({ text: "SYNTHETIC SAMPLE", x: 90, baseline: 3_970, size: 110, color: "#ffffff" }),
  ];
}

async function drawCard(portrait: Portrait): Promise<string> {
  const { x, y, scale } = portrait;
  const half = (PORTRAIT_UNITS_PER_MARK * QUIET_SIDE) / 2 + 8;
  const label = (text: string, baseline: number) =>
    drawText({ text, x: 0, baseline, size: 17, anchor: "middle", color: "#a3162e" });
  return (
    `<g transform="translate(${x} ${y}) scale(${scale}) translate(${FACE_MARK_CENTRE.x} ${FACE_MARK_CENTRE.y})">` +
    rectangle(-half, -half, 2 * half, half + 116, 'rx="9" fill="#fbfbf8"') +
    `${label("SYNTHETIC", 90)}${label("SAMPLE", 109)}</g>${await drawFaceMark(portrait)}`
  );
}

/** A wall, a window with daylight, and a floor. */
function drawRoom(seed: number): string[] {
  const random = createRandom(seed + 606);
  const hue = random.below(360);
  const windowLeft = random.pick([140, 1_880]);
  return [
    rectangle(0, 0, UPRIGHT.width, UPRIGHT.height, `fill="hsl(${hue},22%,75%)"`),
    rectangle(windowLeft, 220, 1_000, 1_420, 'fill="#dcecf5" stroke="#f3f0ea" stroke-width="80"'),
    rectangle(windowLeft + 480, 220, 40, 1_420, 'fill="#f3f0ea"'),
    rectangle(0, 3_560, UPRIGHT.width, 472, `fill="hsl(${hue} 16% 44%)"`),
  ];
}
