/** Haircuts: what hangs behind the head, and what lies on it. Units: see `portrait.ts`. */
import { faceOutline } from "./portrait-face.ts";
import { darker, lighter, vertical } from "./portrait-shade.ts";
import type { HairStyle, Traits } from "./portrait-traits.ts";

/** How far down long hair falls. */
const LONG = 235;

interface Cut {
  readonly behind?: (traits: Traits) => string;
  /** Closed paths on the head. */
  readonly front: (traits: Traits) => string;
  /** Single hairs, for texture. */
  readonly strands?: (traits: Traits) => string;
}

/** A cap of hair between an outer line over the crown and a hairline over the forehead. */
function cap(w: number, crown: number, side: number, hairline: string): string {
  return `M${-w - 4} ${side}C${-w - 22} -90 -78 ${crown} 0 ${crown}C78 ${crown} ${w + 22} -90 ${w + 4} ${side}${hairline}Z`;
}

/** A ring of overlapping circles along an arc over the crown. */
function puffs(radius: number, arcX: number, arcY: number, from: number, to: number, count: number): string {
  let path = "";
  for (let index = 0; index < count; index++) {
    const angle = ((from + ((to - from) * index) / (count - 1)) * Math.PI) / 180;
    const size = radius * (index % 2 === 0 ? 1 : 0.86);
    path += circle(Math.sin(angle) * arcX, -30 - Math.cos(angle) * arcY, size);
  }
  return path;
}

const circle = (x: number, y: number, r: number) =>
  `M${(x - r).toFixed(1)} ${y.toFixed(1)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;

const CUTS: Readonly<Record<HairStyle, Cut>> = {
  parted: {
    front: ({ cheekHalf: w }) =>
      cap(
        w,
        -180,
        8,
        `C${w - 2} -30 ${w - 8} -66 58 -84C20 -80 -18 -92 -40 -112C-52 -88 ${-w + 6} -66 ${-w + 2} -40C${-w} -20 ${-w} -6 ${-w - 4} 8`,
      ),
    strands: () =>
      "M-40 -112C-20 -150 30 -160 74 -118M-38 -110C-10 -136 40 -138 84 -96M-44 -112C-70 -120 -84 -100 -92 -66",
  },
  cropped: {
    front: ({ cheekHalf: w }) =>
      cap(
        w - 6,
        -158,
        -4,
        `C${w - 4} -44 ${w - 10} -76 62 -96C30 -106 -30 -106 -62 -96C${-w + 10} -76 ${-w + 4} -44 ${-w + 2} -4`,
      ),
  },
  quiff: {
    front: ({ cheekHalf: w }) =>
      cap(
        w - 4,
        -198,
        2,
        `C${w - 2} -40 ${w - 8} -70 70 -88C40 -112 -20 -118 -66 -92C${-w + 8} -72 ${-w + 2} -40 ${-w} 2`,
      ),
    strands: () =>
      "M-60 -96C-50 -140 -10 -168 40 -172M-36 -106C-20 -146 20 -160 60 -154M-6 -112C10 -140 40 -146 72 -132M26 -108C40 -124 58 -126 80 -114",
  },
  curls: {
    front: ({ cheekHalf: w }) => puffs(30, w, 112, -80, 80, 13) + puffs(27, w - 22, 92, -58, 58, 8),
    strands: () =>
      "M-70 -120q14 -16 28 0q14 16 28 0M10 -150q14 -16 28 0q14 16 28 0M-30 -96q12 -14 24 0q12 14 24 0M50 -104q12 -12 24 2",
  },
  receding: {
    front: ({ cheekHalf: w }) =>
      `M${-w - 4} 12C${-w - 14} -40 ${-w - 6} -84 -72 -112C-80 -90 ${-w + 6} -60 ${-w + 1} -30C${-w + 1} -16 ${-w + 1} 0 ${-w - 4} 12Z` +
      `M${w + 4} 12C${w + 14} -40 ${w + 6} -84 72 -112C80 -90 ${w - 6} -60 ${w - 1} -30C${w - 1} -16 ${w - 1} 0 ${w + 4} 12Z`,
  },
  straight: {
    behind: ({ cheekHalf: w }) =>
      `M${-w - 26} ${LONG}C${-w - 40} 40 ${-w - 34} -178 0 -178C${w + 34} -178 ${w + 40} 40 ${w + 26} ${LONG}Z`,
    front: ({ cheekHalf: w }) =>
      `M0 -178C-70 -178 ${-w - 32} -110 ${-w - 24} 10C${-w - 22} 80 ${-w - 24} 150 ${-w - 30} 190C${-w + 2} 170 ${-w + 4} 100 ${-w + 6} 30C${-w + 8} -40 -54 -80 -4 -132` +
      `C54 -80 ${w - 8} -40 ${w - 6} 30C${w - 4} 100 ${w - 2} 170 ${w + 30} 190C${w + 24} 150 ${w + 22} 80 ${w + 24} 10C${w + 32} -110 70 -178 0 -178Z`,
    strands: ({ cheekHalf: w }) =>
      `M-6 -140C-60 -110 ${-w - 6} -50 ${-w - 8} 60M-4 -156C-70 -140 ${-w - 18} -70 ${-w - 16} 120M6 -140C60 -110 ${w + 6} -50 ${w + 8} 60M4 -156C70 -140 ${w + 18} -70 ${w + 16} 120`,
  },
  bob: {
    behind: ({ cheekHalf: w }) =>
      `M${-w - 22} 118C${-w - 44} 20 ${-w - 30} -180 0 -180C${w + 30} -180 ${w + 44} 20 ${w + 22} 118Q0 150 ${-w - 22} 118Z`,
    front: ({ cheekHalf: w }) =>
      `M0 -180C-70 -180 ${-w - 34} -110 ${-w - 26} 10C${-w - 24} 50 ${-w - 24} 90 ${-w - 16} 122C${-w + 8} 104 ${-w + 6} 60 ${-w + 5} 10C${-w + 4} -30 ${-w + 12} -62 -70 -84C-30 -70 30 -70 70 -84` +
      `C${w - 12} -62 ${w - 4} -30 ${w - 5} 10C${w - 6} 60 ${w - 8} 104 ${w + 16} 122C${w + 24} 90 ${w + 24} 50 ${w + 26} 10C${w + 34} -110 70 -180 0 -180Z`,
    strands: ({ cheekHalf: w }) =>
      `M-30 -170C-50 -130 -54 -100 -48 -80M0 -174C-8 -130 -8 -100 -4 -78M30 -170C44 -130 44 -100 40 -80M-70 -140C-100 -60 ${-w - 16} 20 ${-w - 12} 90M70 -140C100 -60 ${w + 16} 20 ${w + 12} 90`,
  },
  bun: {
    behind: () => circle(0, -162, 40),
    front: ({ cheekHalf: w }) =>
      cap(w - 2, -172, 6, `C${w - 2} -40 ${w - 12} -84 0 -122C${-w + 12} -84 ${-w + 2} -40 ${-w} 6`),
    strands: () =>
      "M-84 -50C-80 -110 -40 -150 -10 -168M84 -50C80 -110 40 -150 10 -168M-46 -100C-34 -130 -16 -150 0 -170M46 -100C34 -130 16 -150 0 -170",
  },
  waves: {
    behind: ({ cheekHalf: w }) =>
      `M${-w - 22} ${LONG}C${-w - 60} 180 ${-w - 10} 130 ${-w - 36} 80C${-w - 60} 30 ${-w - 30} -180 0 -180C${w + 30} -180 ${w + 60} 30 ${w + 36} 80C${w + 10} 130 ${w + 60} 180 ${w + 22} ${LONG}Z`,
    front: ({ cheekHalf: w }) =>
      `M10 -182C-74 -182 ${-w - 34} -104 ${-w - 24} 0C${-w - 34} 60 ${-w - 10} 90 ${-w - 32} 150C${-w + 6} 120 ${-w - 2} 80 ${-w + 6} 20C${-w + 2} -40 -30 -70 34 -128` +
      `C60 -96 ${w - 6} -50 ${w - 6} 14C${w + 6} 70 ${w - 6} 120 ${w + 32} 150C${w + 10} 90 ${w + 34} 60 ${w + 24} 0C${w + 34} -104 86 -182 10 -182Z`,
    strands: ({ cheekHalf: w }) =>
      `M30 -136C-30 -110 ${-w + 2} -60 ${-w - 4} 40M24 -152C-50 -140 ${-w - 14} -60 ${-w - 14} 60M40 -134C70 -100 ${w} -50 ${w + 6} 40M30 -160C80 -130 ${w + 14} -60 ${w + 14} 50`,
  },
  afro: {
    behind: ({ cheekHalf: w }) => puffs(54, w + 22, 118, -128, 128, 17) + circle(0, -70, 118),
    front: ({ cheekHalf: w }) => puffs(28, w - 2, 104, -72, 72, 12),
    strands: () =>
      "M-80 -130q16 -18 32 0M-10 -168q16 -18 32 0M50 -140q16 -18 32 0M-110 -70q14 -16 28 0M90 -80q14 -16 28 0",
  },
  scarf: {
    behind: ({ cheekHalf: w }) =>
      `M${-w - 46} ${LONG}C${-w - 56} 60 ${-w - 46} -176 0 -176C${w + 46} -176 ${w + 56} 60 ${w + 46} ${LONG}Z`,
    front: ({ cheekHalf: w, jawHalf: j }) =>
      `M0 -176C-78 -176 ${-w - 44} -100 ${-w - 30} 10C${-w - 30} 90 -100 150 -66 196Q5 236 76 196C100 150 ${w + 30} 90 ${w + 30} 10C${w + 44} -100 78 -176 0 -176Z` +
      `M0 -112C56 -112 ${w - 8} -70 ${w - 6} -10C${w - 8} 40 ${j} 84 ${j * 0.5} 112Q0 142 ${-j * 0.5} 112C${-j} 84 ${-w + 8} 40 ${-w + 6} -10C${-w + 8} -70 -56 -112 0 -112Z`,
    strands: ({ cheekHalf: w }) =>
      `M-50 150C0 172 50 160 ${w + 8} 90M-36 178C10 192 60 178 ${w + 16} 110M-60 -140C-10 -164 50 -160 90 -110`,
  },
};

const colourOf = ({ hairStyle, hair, clothesHue }: Traits, outfit: 0 | 1) =>
  hairStyle === "scarf" ? (scarfColours[(clothesHue[outfit] + 1) % scarfColours.length] ?? hair) : hair;
const scarfColours = ["#40566f", "#6f4a57", "#4d6653", "#7c6a50", "#51476b"] as const;

/** What is seen of the hair behind head and shoulders. */
export function drawHairBehind(traits: Traits, outfit: 0 | 1): string {
  const path = CUTS[traits.hairStyle].behind?.(traits);
  return path === undefined ? "" : `<path d="${path}" fill="${darker(colourOf(traits, outfit), 0.3)}"/>`;
}

/** The hair on the head; `outfit` 0 is the passport's, 1 the selfie's. */
export function drawHairFront(traits: Traits, id: string, outfit: 0 | 1): string {
  const { front, strands } = CUTS[traits.hairStyle];
  const color = colourOf(traits, outfit);
  const texture = strands?.(traits) ?? "";
  const line = (shade: string, width: number, opacity: number, shift: string) =>
    `<path d="${texture}" ${shift} fill="none" stroke="${shade}" stroke-width="${width}" stroke-opacity="${opacity}" stroke-linecap="round"/>`;
  const shadow = `<clipPath id="${id}head"><path d="${faceOutline(traits)}"/></clipPath><path d="${front(traits)}" transform="translate(3 9)" clip-path="url(#${id}head)" fill="#1a0c08" fill-opacity="0.16" fill-rule="evenodd"/>`;
  return (
    `<defs>${vertical(`${id}hair`, [lighter(color, 0.14), color, darker(color, 0.25)])}</defs>` +
    (traits.hairStyle === "scarf" ? "" : shadow) +
    `<path d="${front(traits)}" fill="url(#${id}hair)" fill-rule="${traits.hairStyle === "scarf" ? "evenodd" : "nonzero"}" fill-opacity="${traits.hairStyle === "cropped" ? 0.9 : 1}"/>` +
    line(lighter(color, 0.35), 4, 0.4, "") +
    line(darker(color, 0.5), 4, 0.4, 'transform="translate(6 7)"')
  );
}
