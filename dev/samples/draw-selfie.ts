/** A selfie: one person, several, or an empty room. Each person holds a card with the mark of the face. */
import { drawMark } from "./draw-mark.ts";
import { rectangle, UPRIGHT } from "./draw-document.ts";
import { drawText } from "./draw-text.ts";
import { FACE_MARK_CENTRE, PORTRAIT_UNITS_PER_MARK, QUIET_SIDE } from "./marks-geometry.ts";
import { clothColour } from "./portrait-body.ts";
import { drawFaceMark, drawSelfiePortrait, type Portrait } from "./portrait.ts";
import { darker, lighter, vertical } from "./portrait-shade.ts";
import { traitsOf } from "./portrait-traits.ts";
import { createRandom } from "./random.ts";

/** Where faces stand, the largest first: alone, or in company. */
const ALONE = [{ x: 1_120, y: 1_640, scale: 5.5 }] as const;
const IN_COMPANY = [
  { x: 900, y: 2_350, scale: 5 },
  { x: 1_880, y: 1_000, scale: 3.2 },
  { x: 560, y: 880, scale: 3 },
] as const;

/** How many people fit into a selfie. */
export const MAX_FACES = IN_COMPANY.length;

/** The SVG elements of a selfie with these people, the largest face first. Throws a RangeError for more than {@link MAX_FACES}. */
export async function drawSelfieScene(faces: readonly number[], seed: number): Promise<string[]> {
  if (faces.length > MAX_FACES) throw new RangeError(`a selfie has room for ${MAX_FACES} faces`);
  const places = faces.length === 1 ? ALONE : IN_COMPANY;
  const portraits = faces.flatMap((person, index) => {
    const spot = places[index];
    return spot === undefined ? [] : [{ person, ...spot }];
  });
  // Who is further away is drawn first, and stands behind.
  const people = await Promise.all(portraits.toReversed().map(drawHolder));
  const empty = portraits.length === 0 ? [await drawEmptyRoom()] : [];
  return [drawRoom(seed), ...empty, ...people, notice()];
}

async function drawHolder(portrait: Portrait): Promise<string> {
  return drawSelfiePortrait(portrait) + drawHeldCard(portrait) + (await drawFaceMark(portrait)) + drawFingers(portrait);
}

const CARD = { half: (PORTRAIT_UNITS_PER_MARK * QUIET_SIDE) / 2 + 8, bottom: 116 } as const;

/** The card around the mark, and the arm that holds it up, in portrait units. */
function drawHeldCard({ person, x, y, scale }: Portrait): string {
  const traits = traitsOf(person);
  const cloth = clothColour(traits, 1);
  const id = `arm${person}`;
  const { half, bottom } = CARD;
  return (
    `<defs>${vertical(id, [cloth, darker(cloth, 0.35)])}</defs>` +
    `<g transform="translate(${x} ${y}) scale(${scale}) translate(${FACE_MARK_CENTRE.x} ${FACE_MARK_CENTRE.y})">` +
    `<path d="M-46 ${bottom + 96}C-66 230 -80 330 -70 1100H110C100 340 84 240 52 ${bottom + 96}Z" fill="url(#${id})"/>` +
    `<path d="M-38 ${bottom + 104}C-40 ${bottom + 40} -44 ${bottom - 10} -30 ${bottom - 30}H36C50 ${bottom - 10} 46 ${bottom + 50} 44 ${bottom + 104}Z" fill="${darker(traits.skin, 0.1)}"/>` +
    `<rect x="${-half + 4}" y="${-half + 7}" width="${2 * half}" height="${half + bottom}" rx="9" fill="#120c08" fill-opacity="0.25"/>` +
    `<rect x="${-half}" y="${-half}" width="${2 * half}" height="${half + bottom}" rx="9" fill="#fbfbf8"/>` +
    drawText({ text: "SYNTHETIC", x: 0, baseline: 84, size: 17, anchor: "middle", color: "#a3162e", tracking: 8 }) +
    drawText({ text: "SAMPLE", x: 0, baseline: 103, size: 17, anchor: "middle", color: "#a3162e", tracking: 8 }) +
    "</g>"
  );
}

/** A thumb and fingertips over the card's lower edge. */
function drawFingers({ person, x, y, scale }: Portrait): string {
  const { skin } = traitsOf(person);
  const edge = darker(skin, 0.38);
  const finger = (left: number, top: number, width: number, height: number, angle: number) =>
    `<g transform="translate(${left} ${top}) rotate(${angle})"><rect x="${-width / 2}" y="0" width="${width}" height="${height}" rx="${width / 2}" fill="${skin}" stroke="${edge}" stroke-width="1.6" stroke-opacity="0.6"/>` +
    `<rect x="${-width * 0.3}" y="4" width="${width * 0.6}" height="${width * 0.7}" rx="${width * 0.28}" fill="${lighter(skin, 0.4)}" fill-opacity="0.8"/></g>`;
  return (
    `<g transform="translate(${x} ${y}) scale(${scale}) translate(${FACE_MARK_CENTRE.x} ${FACE_MARK_CENTRE.y})">` +
    finger(56, CARD.bottom - 10, 19, 66, 16) +
    finger(-54, CARD.bottom - 14, 24, 84, -22) +
    "</g>"
  );
}

/** A wall, a window with daylight, a shelf with books and a plant. */
function drawRoom(seed: number): string {
  const random = createRandom(seed + 606);
  const hue = random.below(360);
  const { width, height } = UPRIGHT;
  const windowLeft = random.pick([140, 1_880]);
  const wall = `<defs>${vertical("wall", [`hsl(${hue},22%,82%)`, `hsl(${hue},20%,66%)`])}${vertical("sky", ["#eaf4fb", "#cfe3ef"])}</defs>`;
  const books = Array.from({ length: 9 }, (_, index) => {
    const tall = 250 + random.below(130);
    return rectangle(
      2_020 - windowLeft + index * 92,
      1_480 - tall,
      78,
      tall,
      `rx="8" fill="hsl(${random.below(360)} 34% ${36 + random.below(22)}%)"`,
    );
  });
  return [
    wall,
    rectangle(0, 0, width, height, 'fill="url(#wall)"'),
    rectangle(windowLeft - 40, 180, 1_080, 1_500, 'rx="14" fill="#f3f0ea"'),
    rectangle(windowLeft, 220, 1_000, 1_420, 'fill="url(#sky)"'),
    `<path d="M${windowLeft} 1240q160 -190 330 -40t360 -30t310 60v410h-1000Z" fill="#9dbb95"/>`,
    rectangle(windowLeft + 480, 220, 40, 1_420, 'fill="#f3f0ea"'),
    rectangle(windowLeft - 70, 1_660, 1_140, 56, 'rx="10" fill="#e4dfd6"'),
    ...books,
    rectangle(1_980 - windowLeft, 1_480, 900, 44, 'rx="6" fill="#8a6748"'),
    rectangle(0, 3_560, width, 472, `fill="hsl(${(hue + 20) % 360} 16% 44%)"`),
  ].join("");
}

/** An armchair that nobody sits in, and a picture frame whose mark says that this is meant. */
async function drawEmptyRoom(): Promise<string> {
  return [
    '<ellipse cx="1500" cy="3700" rx="1150" ry="120" fill="#000" fill-opacity="0.2"/>',
    rectangle(700, 2_250, 1_620, 1_250, 'rx="220" fill="#5d7d78"'),
    rectangle(860, 2_420, 1_300, 900, 'rx="150" fill="#6c8f89"'),
    rectangle(480, 2_780, 420, 860, 'rx="190" fill="#557470"'),
    rectangle(2_120, 2_780, 420, 860, 'rx="190" fill="#557470"'),
    rectangle(700, 3_160, 1_620, 470, 'rx="120" fill="#79a099"'),
    rectangle(1_205, 1_165, 620, 620, 'rx="14" fill="#4a3526"'),
    rectangle(1_235, 1_195, 560, 560, 'fill="#fbfbf8"'),
    await drawMark({ kind: "blank", number: 0, centreX: 1_515, centreY: 1_475, side: 400 }),
  ].join("");
}

const notice = () =>
  drawText({ text: "SYNTHETIC SAMPLE", x: 90, baseline: 3_970, size: 110, color: "#ffffff", tracking: 10, weight: 13 });
