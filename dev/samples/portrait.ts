/**
 * A drawn person, the same in a passport and in a selfie, with the mark of the face beside it.
 *
 * Portraits are drawn in units around the middle of the face: the face as a detector boxes it is 200 wide and 256 high
 * (see `FACE_HALF`), the chin stands at y = 127, the crown with hair near y = -180, the shoulders begin at y = 170.
 */
import { drawMark } from "./draw-mark.ts";
import { FACE_MARK_CENTRE, PORTRAIT_UNITS_PER_MARK } from "./marks-geometry.ts";
import { drawBody, type Outfit } from "./portrait-body.ts";
import { drawBeard, drawFeatures, drawGlasses, drawHead } from "./portrait-face.ts";
import { drawHairBehind, drawHairFront } from "./portrait-hair.ts";
import { vertical } from "./portrait-shade.ts";
import { traitsOf } from "./portrait-traits.ts";

/** Who is drawn, and where the middle of the face is, in the caller's units. */
export interface Portrait {
  readonly person: number;
  readonly x: number;
  readonly y: number;
  /** The caller's units for one of the portrait's. */
  readonly scale: number;
}

/** A document's photo, in portrait units: 35 x 45 mm, where the head takes two thirds of the height. */
export const DOCUMENT_PHOTO = { halfWidth: 166, top: -204, bottom: 224 } as const;
/** Beyond the lower edge of every selfie. */
const FREE_BOTTOM = 1_100;

/** SVG of a document's photo: grey background, sober clothes, no smile. */
export async function drawDocumentPortrait(portrait: Portrait): Promise<string> {
  const { halfWidth, top, bottom } = DOCUMENT_PHOTO;
  const id = `d${portrait.person}`;
  const frame = `x="${-halfWidth}" y="${top}" width="${2 * halfWidth}" height="${bottom - top}" rx="5"`;
  return place(
    portrait,
    `<defs>${vertical(`${id}back`, ["#e9edf1", "#c9d2da"])}<clipPath id="${id}frame"><rect ${frame}/></clipPath></defs>` +
      `<rect ${frame} fill="url(#${id}back)"/><g clip-path="url(#${id}frame)">${drawPerson(portrait.person, id, 0)}</g>`,
    await drawFaceMark(portrait),
  );
}

/** SVG of a person in a selfie: everyday clothes, a smile. The mark is drawn apart, as something that is held. */
export function drawSelfiePortrait(portrait: Portrait): string {
  return place(portrait, drawPerson(portrait.person, `s${portrait.person}`, 1), "");
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

function place({ x, y, scale }: Portrait, drawing: string, mark: string): string {
  return `<g transform="translate(${x} ${y}) scale(${scale})">${drawing}</g>${mark}`;
}

function drawPerson(person: number, id: string, outfit: Outfit): string {
  const traits = traitsOf(person);
  return [
    drawHairBehind(traits, outfit),
    drawBody(traits, id, outfit, outfit === 0 ? DOCUMENT_PHOTO.bottom + 10 : FREE_BOTTOM),
    drawHead(traits, id),
    drawBeard(traits),
    drawFeatures(traits, id, outfit === 0 ? 1 : 6),
    drawHairFront(traits, id, outfit),
    drawGlasses(traits),
  ].join("");
}
