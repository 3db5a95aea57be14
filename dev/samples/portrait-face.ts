/** The face of a drawn person: skin, eyes, nose, mouth, beard. Units: see `portrait.ts`. */
import { darker, lighter, mix, radial } from "./portrait-shade.ts";
import type { Traits } from "./portrait-traits.ts";

const EYE_LINE = -14;
const MOUTH_LINE = 82;

const bothSides = (draw: (side: 1 | -1) => string) => draw(-1) + draw(1);
const stroke = (color: string, width: number, opacity = 1) =>
  `fill="none" stroke="${color}" stroke-width="${width}" stroke-opacity="${opacity}" stroke-linecap="round" stroke-linejoin="round"`;

/** The outline from one temple over the chin to the other and over the crown. */
export function faceOutline({ cheekHalf: w, jawHalf: j, chinHalf: c }: Traits): string {
  return (
    `M${-w} -25C${-w} 25 ${-j - 6} 66 ${-j * 0.66} 98C${-c - 8} 120 ${-c / 2} 127 0 127` +
    `C${c / 2} 127 ${c + 8} 120 ${j * 0.66} 98C${j + 6} 66 ${w} 25 ${w} -25C${w} -108 56 -146 0 -146C-56 -146 ${-w} -108 ${-w} -25Z`
  );
}

/** Ears and the shaded skin of the head, without features. */
export function drawHead(traits: Traits, id: string): string {
  const { skin, cheekHalf: w } = traits;
  const shade = darker(skin, 0.3);
  const ears = bothSides(
    (side) =>
      `<ellipse cx="${side * (w + 2)}" cy="4" rx="13" ry="26" fill="${darker(skin, 0.12)}"/>` +
      `<path d="M${side * (w + 7)} -10Q${side * (w + 11)} 4 ${side * (w + 3)} 18" ${stroke(shade, 3, 0.6)}/>`,
  );
  const defs =
    radial(`${id}skin`, -18, -20, 165, [lighter(skin, 0.2), skin, darker(skin, 0.24)]) +
    radial(`${id}blush`, 0, 0, 30, [`${mix(skin, "#c8453b", 0.5)} 0.26`, `${skin} 0`]);
  const cheeks = bothSides(
    (side) => `<circle cx="0" cy="0" r="30" transform="translate(${side * 54} 44)" fill="url(#${id}blush)"/>`,
  );
  return `<defs>${defs}</defs>${ears}<path d="${faceOutline(traits)}" fill="url(#${id}skin)"/>${cheeks}${age(traits)}${freckles(traits)}`;
}

function age({ ageYears, skin, eyeGap, mouthHalf }: Traits): string {
  if (ageYears < 45) return "";
  const depth = Math.min(0.5, (ageYears - 35) / 70);
  const line = stroke(darker(skin, 0.4), 2.5, depth);
  const forehead = ageYears > 55 ? `<path d="M-42 -84Q0 -92 42 -84M-34 -70Q0 -77 34 -70" ${line}/>` : "";
  return (
    forehead +
    bothSides(
      (side) =>
        `<path d="M${side * 22} 46Q${side * 40} 58 ${side * (mouthHalf + 12)} 78" ${line}/>` +
        `<path d="M${side * (eyeGap - 14)} 6Q${side * eyeGap} 14 ${side * (eyeGap + 16)} 5" ${line}/>`,
    )
  );
}

function freckles({ freckles: has, skin, jawHalf }: Traits): string {
  if (!has) return "";
  const spots = [
    [30, 30],
    [42, 22],
    [52, 34],
    [38, 42],
    [60, 24],
    [24, 20],
    [48, 48],
  ] as const;
  const color = darker(skin, 0.38);
  return bothSides((side) =>
    spots
      .map(
        ([x, y]) => `<circle cx="${side * (x + (jawHalf % 5))}" cy="${y}" r="2" fill="${color}" fill-opacity="0.5"/>`,
      )
      .join(""),
  );
}

/** Eyes, brows, nose, mouth. `smile` lifts the corners of the mouth, in units. */
export function drawFeatures(traits: Traits, id: string, smile: number): string {
  return (
    bothSides(
      (side) => `<g transform="translate(${side * traits.eyeGap} ${EYE_LINE}) scale(${side} 1)">${eye(traits, id)}</g>`,
    ) +
    bothSides(
      (side) =>
        `<g transform="translate(${side * traits.eyeGap} ${EYE_LINE - 25}) scale(${side} 1)">${brow(traits)}</g>`,
    ) +
    nose(traits) +
    mouth(traits, smile)
  );
}

/** The right eye, its outer corner at positive x; the left one is its mirror image. */
function eye({ eyeHalf: w, eyeOpen: h, iris, skin, female, hair }: Traits, id: string): string {
  const almond = `M${-w} 2Q${-w * 0.45} ${-h * 1.35} ${w * 0.2} ${-h * 1.2}Q${w * 0.75} ${-h * 0.8} ${w} -1Q${w * 0.4} ${h * 1.15} ${-w * 0.15} ${h}Q${-w * 0.7} ${h * 0.7} ${-w} 2Z`;
  const upper = `M${-w} 2Q${-w * 0.45} ${-h * 1.35} ${w * 0.2} ${-h * 1.2}Q${w * 0.75} ${-h * 0.8} ${w} -1${female ? "l6 -4" : ""}`;
  const radius = Math.max(7.5, h * 0.98);
  return (
    `<ellipse cx="0" cy="-2" rx="${w + 8}" ry="${h + 9}" fill="${darker(skin, 0.3)}" fill-opacity="0.2"/>` +
    `<clipPath id="${id}eye"><path d="${almond}"/></clipPath><path d="${almond}" fill="#f7f4f0"/>` +
    `<g clip-path="url(#${id}eye)"><circle cx="1" cy="-1" r="${radius}" fill="${darker(iris, 0.35)}"/>` +
    `<circle cx="1" cy="-1" r="${radius - 1.6}" fill="${iris}"/><circle cx="1" cy="1.6" r="${radius * 0.6}" fill="${lighter(iris, 0.25)}" fill-opacity="0.55"/>` +
    `<circle cx="1" cy="-1" r="${radius * 0.46}" fill="#0b0807"/><path d="${upper}" transform="translate(0 2.5)" ${stroke("#2b1a14", 5, 0.22)}/></g>` +
    `<circle cx="-2" cy="${-h * 0.45}" r="2.3" fill="#fff"/>` +
    `<path d="${upper}" ${stroke(mix("#1c110d", hair, 0.15), female ? 4.2 : 3)}/>` +
    `<path d="M${-w * 0.6} ${h * 0.8}Q${w * 0.3} ${h * 1.35} ${w} -1" ${stroke(darker(skin, 0.45), 1.6, 0.7)}/>` +
    `<path d="M${-w + 1} ${-h * 0.75}Q${-w * 0.2} ${-h * 2} ${w * 0.95} ${-h * 0.95}" ${stroke(darker(skin, 0.42), 2, 0.65)}/>`
  );
}

function brow({ browThick: t, browArch: a, hair, skin }: Traits): string {
  const color = mix(darker(hair, 0.15), skin, 0.12);
  return `<path d="M-22 4Q0 ${-a - t * 0.6} 14 ${-a * 0.7 - t * 0.2}Q24 -1 30 7Q18 ${-a * 0.2 + 2} 8 ${-a * 0.4 + t * 0.45}Q-6 ${-a * 0.3 + t * 0.7} -22 ${4 + t}Q-25 6 -22 4Z" fill="${color}" fill-opacity="0.92"/>`;
}

function nose({ noseHalf: n, noseEnd: y, skin }: Traits): string {
  const shade = darker(skin, 0.42);
  return (
    `<path d="M9 -16C6 4 ${n * 0.7} ${y - 18} ${n * 1.05} ${y - 6}Q${n * 0.8} ${y + 5} 4 ${y + 8}Q8 ${y - 20} 9 -16Z" fill="${shade}" fill-opacity="0.17"/>` +
    `<path d="M-1 -10Q-4 ${y * 0.4} -2 ${y - 8}" ${stroke(lighter(skin, 0.6), 6, 0.28)}/>` +
    `<ellipse cx="-2" cy="${y - 5}" rx="7" ry="5" fill="${lighter(skin, 0.6)}" fill-opacity="0.3"/>` +
    bothSides(
      (side) =>
        `<path d="M${side * n * 0.92} ${y - 12}Q${side * (n + 5)} ${y + 3} ${side * n * 0.62} ${y + 5}" ${stroke(shade, 2.6, 0.75)}/>` +
        `<ellipse cx="${side * n * 0.46}" cy="${y + 4}" rx="${n * 0.26}" ry="3" fill="${darker(skin, 0.66)}" fill-opacity="0.8"/>`,
    ) +
    `<path d="M${-n * 0.25} ${y + 7}Q0 ${y + 11} ${n * 0.25} ${y + 7}" ${stroke(shade, 2.4, 0.6)}/>`
  );
}

function mouth({ mouthHalf: w, lip, skin, female }: Traits, smile: number): string {
  const y = MOUTH_LINE;
  const red = mix(skin, female ? "#b23a48" : "#a04a41", female ? 0.62 : 0.42);
  const line = `M${-w - smile} ${y - smile}Q${-w * 0.4} ${y + 3} 0 ${y + 2}Q${w * 0.4} ${y + 3} ${w + smile} ${y - smile}`;
  const upper = `${line}Q${w * 0.45} ${y - lip} 5 ${y - lip}Q0 ${y - lip + 3} -5 ${y - lip}Q${-w * 0.45} ${y - lip} ${-w - smile} ${y - smile}Z`;
  const lower = `${line}Q${w * 0.5} ${y + lip * 1.7 + 2} 0 ${y + lip * 1.7 + 2}Q${-w * 0.5} ${y + lip * 1.7 + 2} ${-w - smile} ${y - smile}Z`;
  return (
    `<path d="${lower}" fill="${lighter(red, 0.1)}"/><path d="${upper}" fill="${darker(red, 0.14)}"/>` +
    `<path d="M-10 ${y + lip}Q0 ${y + lip + 3} 10 ${y + lip}" ${stroke("#fff3ea", 3.4, 0.3)}/>` +
    `<path d="${line}" ${stroke(darker(red, 0.62), 2.6)}/>` +
    `<path d="M-12 ${y + lip * 2 + 8}Q0 ${y + lip * 2 + 12} 12 ${y + lip * 2 + 8}" ${stroke(darker(skin, 0.4), 3.4, 0.3)}/>`
  );
}

/** Beard or moustache; drawn below the features, the mouth stays free. */
export function drawBeard({
  beard,
  hair,
  jawHalf: j,
  chinHalf: c,
  cheekHalf: w,
  mouthHalf: m,
  ageYears,
}: Traits): string {
  if (beard === "none") return "";
  const color = ageYears > 58 ? hair : darker(hair, 0.1);
  const moustache = `<path d="M0 ${MOUTH_LINE - 24}C${m * 0.8} ${MOUTH_LINE - 27} ${m + 8} ${MOUTH_LINE - 12} ${m + 9} ${MOUTH_LINE + 2}C${m * 0.6} ${MOUTH_LINE - 9} ${m * 0.3} ${MOUTH_LINE - 8} 0 ${MOUTH_LINE - 9}C${-m * 0.3} ${MOUTH_LINE - 8} ${-m * 0.6} ${MOUTH_LINE - 9} ${-m - 9} ${MOUTH_LINE + 2}C${-m - 8} ${MOUTH_LINE - 12} ${-m * 0.8} ${MOUTH_LINE - 27} 0 ${MOUTH_LINE - 24}Z" fill="${color}"/>`;
  if (beard === "moustache") return moustache;
  const jaw =
    `M${-w + 1} 6C${-w + 4} 30 ${-j - 7} 70 ${-j * 0.67} 101C${-c - 8} 125 ${-c / 2} 134 0 134C${c / 2} 134 ${c + 8} 125 ${j * 0.67} 101C${j + 7} 70 ${w - 4} 30 ${w - 1} 6` +
    `C${w - 12} 44 ${m + 26} 56 ${m + 12} 66C${m * 0.5} 54 12 58 0 58C-12 58 ${-m * 0.5} 54 ${-m - 12} 66C${-m - 26} 56 ${-w + 12} 44 ${-w + 1} 6Z`;
  return beard === "full"
    ? `<path d="${jaw}" fill="${color}" fill-opacity="0.93"/>${moustache}`
    : `<path d="${jaw}" fill="${color}" fill-opacity="0.26"/>`;
}

/** Spectacles, in front of everything. */
export function drawGlasses({ glasses, eyeGap }: Traits): string {
  if (!glasses) return "";
  const frame = stroke("#22242a", 4);
  const half = Math.min(30, eyeGap - 8);
  return (
    bothSides(
      (side) =>
        `<rect x="${side * eyeGap - half}" y="${EYE_LINE - 22}" width="${half * 2}" height="44" rx="17" fill="#dfeaf2" fill-opacity="0.13" stroke="#22242a" stroke-width="4"/>` +
        `<path d="M${side * (eyeGap + half)} ${EYE_LINE - 8}L${side * 96} ${EYE_LINE - 4}" ${frame}/>`,
    ) + `<path d="M${-eyeGap + half} ${EYE_LINE - 6}Q0 ${EYE_LINE - 14} ${eyeGap - half} ${EYE_LINE - 6}" ${frame}/>`
  );
}
