/** A selfie: one person, several, or an empty room. Beside each face is a card with its mark. */
import { rectangle, UPRIGHT } from "./draw-document.ts";
import { drawMark } from "./draw-mark.ts";
import { drawText } from "./draw-text.ts";
import { FACE_MARK_CENTRE } from "../marks-geometry.ts";
import { drawFaceMark, drawSelfiePortrait, inPlace, type Portrait } from "./portrait.ts";
import { createRandom } from "../random.ts";

/** Where faces are, the largest first: alone, or in company. */
const ALONE = [{ x: 1_120, y: 1_640, scale: 5.5 }] as const;
const IN_COMPANY = [
  { x: 900, y: 2_350, scale: 5 },
  { x: 1_880, y: 1_000, scale: 3.2 },
  { x: 560, y: 880, scale: 3 },
] as const;

/** The mark of an empty room. */
const BLANK = { kind: "blank", number: 0, centreX: 1_515, centreY: 1_475, side: 400 } as const;

/** How many people fit into a selfie. */
export const MAX_FACES = IN_COMPANY.length;

/** The SVG elements of a selfie with these people, the largest face first. Throws a RangeError for more than {@link MAX_FACES}. */
export async function drawSelfieScene(faces: readonly number[]): Promise<string[]> {
  if (faces.length > MAX_FACES) throw new RangeError(`a selfie has room for ${MAX_FACES} faces`);
  const places = faces.length === 1 ? ALONE : IN_COMPANY;
  const portraits = places.slice(0, faces.length).map((place, index) => ({ ...place, person: faces[index] ?? 0 }));
  const cards = portraits.length === 0 ? [drawMark(BLANK)] : portraits.map(drawCard);
  return [
    ...drawRoom(faces[0] ?? 0),
    // People further away are drawn first: they are behind the others. Nobody is in front of a card.
    ...portraits.toReversed().map(drawSelfiePortrait),
    ...(await Promise.all(cards)),
    drawText({ text: "SYNTHETIC SAMPLE", x: 90, baseline: 3_970, size: 110, color: "#ffffff" }),
  ];
}

async function drawCard({ person, ...place }: Portrait): Promise<string> {
  const { x, y } = FACE_MARK_CENTRE;
  const label = (text: string, below: number) =>
    drawText({ text, x, baseline: y + below, size: 17, anchor: "middle", color: "#a3162e" });
  const card = rectangle(x - 80, y - 80, 160, 196, 'rx="9" fill="#fbfbf8"');
  return inPlace(place, card, label("SYNTHETIC", 90), label("SAMPLE", 109), await drawFaceMark("face", person));
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
