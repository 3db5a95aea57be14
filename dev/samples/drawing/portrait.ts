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

/** The person that is drawn, the middle of the face, and how many of the caller's units are one of the portrait's. */
export interface Portrait {
  readonly person: number;
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

/** A document's photo, in portrait units: 35 x 45 mm. */
export const DOCUMENT_PHOTO = { left: -166, top: -204, width: 332, height: 428 } as const;

const STYLE = new Style(definition);

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
/** People's looks, and the dates of a licence, must not depend on the day on which a picture is drawn. */
export const THAT_DAY = new Date("2026-01-01T00:00:00Z");

/** SVG of a document's photo: grey background, sober clothes, no smile. */
export async function drawDocumentPortrait({ person, ...place }: Portrait): Promise<string> {
  const { left, top, width, height } = DOCUMENT_PHOTO;
  const photo =
    `<svg x="${left}" y="${top}" width="${width}" height="${height}" viewBox="${left} ${top} ${width} ${height}">` +
    `${rectangle(left, top, width, height, 'fill="#d7dee4"')}${drawPerson(person, "passport")}</svg>`;
  return inPlace(place, photo, await drawFaceMark("face", person));
}

/** SVG of a person in a selfie: everyday clothes, a smile, and no mark yet. */
export const drawSelfiePortrait = ({ person, ...place }: Portrait): string =>
  inPlace(place, drawPerson(person, "selfie"));

/** SVG elements in portrait units, moved to their place. */
export const inPlace = ({ x, y, scale }: Omit<Portrait, "person">, ...elements: readonly string[]): string =>
  `<g transform="translate(${x} ${y}) scale(${scale})">${elements.join("")}</g>`;

/** SVG of the mark in its fixed place beside a face: whose face this is, or that no face is shown on purpose. */
export const drawFaceMark = (kind: "face" | "blank", number: number): Promise<string> =>
  drawMark({ kind, number, centreX: FACE_MARK_CENTRE.x, centreY: FACE_MARK_CENTRE.y, side: PORTRAIT_UNITS_PER_MARK });

function drawPerson(person: number, outfit: keyof typeof OUTFITS): string {
  const { sex } = samplePassport(person, THAT_DAY);
  const colour = CLOTHES[(person + (outfit === "selfie" ? 3 : 0)) % CLOTHES.length] ?? CLOTHES[0];
  const options: StyleOptions<typeof definition> = {
    ...LOOKS,
    ...(sex === "F" ? FEMALE : MALE),
    ...OUTFITS[outfit],
    clothesColor: [colour],
    seed: `person ${person}`,
    size: 280,
  };
  // In the drawing's square of 280, the face is 112 wide and has its middle at (140, 108).
  return (
    `<g transform="scale(${200 / 112}) translate(-140 -108)">` +
    // The drawing ends below the shoulders, the picture may not.
    `${rectangle(40, 278, 200, 600, `fill="${colour}"`)}${new Avatar(STYLE, options).toString()}</g>`
  );
}
