/** A drawn person: the same number gives the same face, in a passport and in a selfie. */
import { drawMark } from "./draw-mark.ts";
import { FACE_MARK_CENTRE, PORTRAIT_UNITS_PER_MARK } from "./marks-geometry.ts";
import { createRandom } from "./random.ts";

const SKINS = ["#f6d7bf", "#eebf9a", "#d79d72", "#b3784c", "#8a5636", "#5e3a26"] as const;
const HAIRS = ["#1b1512", "#3a2a1f", "#6b4426", "#a8743a", "#d3b071", "#8d8f93"] as const;
const EYES = ["#3b2a1a", "#5b4423", "#41684d", "#3d6488"] as const;
const CLOTHES = ["#2f4a6d", "#6d2f3b", "#3d5a3f", "#4b4b57", "#8a6b2f"] as const;

interface Portrait {
  readonly person: number;
  /** The middle of the face. */
  readonly x: number;
  readonly y: number;
  /** Pixels for a unit: a face is 200 units wide. */
  readonly scale: number;
  /** Whether it stands in a photo's frame, as in a document. */
  readonly framed: boolean;
}

/** SVG of a person, with the mark of the face beside it. */
export async function drawPortrait({ person, x, y, scale, framed }: Portrait): Promise<string> {
  const mark = await drawMark({
    kind: "face",
    number: person,
    centreX: x + FACE_MARK_CENTRE.x * scale,
    centreY: y + FACE_MARK_CENTRE.y * scale,
    side: PORTRAIT_UNITS_PER_MARK * scale,
  });
  const frame = framed ? '<rect x="-170" y="-210" width="340" height="420" fill="#e6eaee"/>' : "";
  const clip = framed ? 'clip-path="inset(0)"' : "";
  return `<g transform="translate(${x} ${y}) scale(${scale})">${frame}<g ${clip}>${features(person, framed)}</g></g>${mark}`;
}

function features(person: number, framed: boolean): string {
  const random = createRandom(person + 1);
  const skin = random.pick(SKINS);
  const hair = random.pick(HAIRS);
  const eye = random.pick(EYES);
  const clothes = random.pick(CLOTHES);
  const jaw = 74 + random.below(20);
  const gap = 34 + random.below(12);
  const brow = 6 + random.below(7);
  const long = random.onceIn(2);
  const mouth = 22 + random.below(18);
  const bottom = framed ? 210 : 330;
  const both = (draw: (side: 1 | -1) => string) => draw(1) + draw(-1);
  return [
    long ? `<path d="M-112 ${bottom}V-40C-112 -160 112 -160 112 -40V${bottom}z" fill="${hair}"/>` : "",
    `<path d="M${framed ? -160 : -230} ${bottom}C-150 150 -60 150 0 150S150 150 ${framed ? 160 : 230} ${bottom}z" fill="${clothes}"/>`,
    `<path d="M-34 90V160Q0 190 34 160V90z" fill="${skin}"/>`,
    both((side) => `<ellipse cx="${side * 94}" cy="5" rx="13" ry="24" fill="${skin}"/>`),
    `<path d="M-92 -30C-92 -150 92 -150 92 -30C92 60 ${jaw - 24} 122 0 124C${24 - jaw} 122 -92 60 -92 -30z" fill="${skin}"/>`,
    `<path d="M-98 -10C-110 -170 110 -170 98 -10C88 -60 50 -88 0 -${84 + random.below(16)}C-50 -88 -88 -60 -98 -10z" fill="${hair}"/>`,
    both(
      (side) =>
        `<ellipse cx="${side * gap}" cy="-8" rx="17" ry="10" fill="#fbfbfb"/><circle cx="${side * gap}" cy="-8" r="9" fill="${eye}"/><circle cx="${side * gap}" cy="-8" r="4" fill="#101010"/>`,
    ),
    both(
      (side) =>
        `<path d="M${side * (gap - 22)} -34Q${side * gap} ${-42 - brow} ${side * (gap + 24)} -30" fill="none" stroke="${hair}" stroke-width="${brow}" stroke-linecap="round"/>`,
    ),
    `<path d="M-4 -4Q${-14 - random.below(8)} 38 0 40" fill="none" stroke="#00000044" stroke-width="6" stroke-linecap="round"/>`,
    `<path d="M${-mouth} 72Q0 ${82 + random.below(14)} ${mouth} 72Q0 66 ${-mouth} 72z" fill="#a4504c"/>`,
    random.onceIn(4)
      ? both((side) => `<circle cx="${side * gap}" cy="-8" r="27" fill="none" stroke="#222" stroke-width="5"/>`)
      : "",
  ].join("");
}
