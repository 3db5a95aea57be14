/**
 * A drawn person, the same in a passport and in a selfie, with the mark of the face beside it.
 *
 * Portraits are drawn in units around the middle of the face: the face as a detector boxes it is 200 wide and 256 high
 * (see `FACE_HALF`). The art is Avataaars by Pablo Stanley, free for personal and commercial use.
 */
import { Avatar, Style, type StyleOptions } from "@dicebear/core";
import definition from "@dicebear/styles/avataaars.json" with { type: "json" };
import { drawMark } from "./draw-mark.ts";
import { rectangle } from "./draw-document.ts";
import { FACE_MARK_CENTRE, PORTRAIT_UNITS_PER_MARK } from "../marks-geometry.ts";
import { samplePassport } from "../passports.ts";

/** The person that is drawn, and the middle of the face, in the caller's units. */
export interface Portrait {
  readonly person: number;
  readonly x: number;
  readonly y: number;
  /** The caller's units for one of the portrait's. */
  readonly scale: number;
}

/** A document's photo, in portrait units: 35 x 45 mm. */
export const DOCUMENT_PHOTO = { halfWidth: 166, top: -204, bottom: 224 } as const;

const STYLE = new Style(definition);
/** The drawing is a square of 280, in which the face is 112 wide and has its middle at (140, 108). */
const DRAWING = { side: 280, faceWidth: 112, faceX: 140, faceY: 108, shoulderHalf: 100 } as const;
const UNITS = 200 / DRAWING.faceWidth;

const LOOKS = {
  eyesVariant: ["default"],
  eyebrowsVariant: ["default", "defaultNatural", "flatNatural", "raisedExcitedNatural"],
  accessoriesVariant: ["prescription01", "prescription02", "round"],
  accessoriesProbability: 20,
  accessoriesColor: ["#262e33", "#3c4f5c"],
  skinColor: ["#614335", "#ae5d29", "#d08b5b", "#edb98a", "#ffdbb4"],
  hairColor: ["#2c1b18", "#4a312c", "#724133", "#a55728", "#b58143", "#d6b370", "#e8e1e1"],
} as const;
const MALE = {
  topVariant: ["shortFlat", "shortRound", "shortCurly", "sides", "theCaesar", "dreads01", "turban"],
  facialHairVariant: ["beardLight", "beardMedium", "beardMajestic", "moustacheMagnum"],
  facialHairProbability: 40,
} as const;
const FEMALE = {
  topVariant: ["bigHair", "bob", "bun", "curly", "fro", "hijab", "longButNotTooLong", "straight01"],
  facialHairProbability: 0,
} as const;
const OUTFITS = {
  passport: { mouthVariant: ["serious"], clothesVariant: ["blazerAndShirt", "collarAndSweater"] },
  selfie: { mouthVariant: ["smile", "twinkle"], clothesVariant: ["shirtCrewNeck", "shirtScoopNeck", "shirtVNeck"] },
} as const;
const CLOTHES = ["#262e33", "#25557c", "#5199e4", "#65c9ff", "#929598", "#ff5c5c", "#ffafb9", "#a7ffc4"] as const;
// A person's looks must not depend on the day on which a picture is drawn.
const THAT_DAY = new Date("2026-01-01T00:00:00Z");

/** SVG of a document's photo: grey background, sober clothes, no smile. */
export async function drawDocumentPortrait(portrait: Portrait): Promise<string> {
  const { person, x, y, scale } = portrait;
  const { halfWidth, top, bottom } = DOCUMENT_PHOTO;
  const [width, height] = [2 * halfWidth, bottom - top];
  return (
    `<svg x="${x - halfWidth * scale}" y="${y + top * scale}" width="${width * scale}" height="${height * scale}" viewBox="${-halfWidth} ${top} ${width} ${height}">` +
    `${rectangle(-halfWidth, top, width, height, 'fill="#d7dee4"')}${drawPerson(person, "passport")}</svg>${await drawFaceMark(portrait)}`
  );
}

/** SVG of a person in a selfie: everyday clothes, a smile, and no mark yet. */
export function drawSelfiePortrait({ person, x, y, scale }: Portrait): string {
  return `<g transform="translate(${x} ${y}) scale(${scale})">${drawPerson(person, "selfie")}</g>`;
}

/** SVG of the mark that says whose face this is; it stands in a fixed place beside the face. */
export function drawFaceMark({ person, x, y, scale }: Portrait): Promise<string> {
  return drawMark({
    kind: "face",
    number: person,
    centreX: x + FACE_MARK_CENTRE.x * scale,
    centreY: y + FACE_MARK_CENTRE.y * scale,
    side: PORTRAIT_UNITS_PER_MARK * scale,
  });
}

function drawPerson(person: number, outfit: keyof typeof OUTFITS): string {
  const { sex } = samplePassport(person, THAT_DAY);
  const colour = CLOTHES[(person + (outfit === "selfie" ? 3 : 0)) % CLOTHES.length] ?? CLOTHES[0];
  const options: StyleOptions<typeof definition> = {
    ...LOOKS,
    ...(sex === "F" ? FEMALE : MALE),
    ...OUTFITS[outfit],
    clothesColor: [colour],
    seed: `person ${person}`,
    size: DRAWING.side,
  };
  const { shoulderHalf, faceX, faceY, side } = DRAWING;
  return (
    `<g transform="scale(${UNITS}) translate(${-faceX} ${-faceY})">` +
    // The drawing ends below the shoulders, the picture may not.
    `${rectangle(faceX - shoulderHalf, side - 2, 2 * shoulderHalf, 600, `fill="${colour}"`)}${new Avatar(STYLE, options).toString()}</g>`
  );
}
