/** Neck, shoulders and clothes. Units: see `portrait.ts`. */
import { darker, lighter, vertical } from "./portrait-shade.ts";
import type { Traits } from "./portrait-traits.ts";

/** An outfit: dark and buttoned up for the passport (0), everyday clothes for the selfie (1). */
export type Outfit = 0 | 1;

function hslHex(hue: number, saturation: number, lightness: number): string {
  const chroma = saturation * Math.min(lightness, 1 - lightness);
  const channel = (offset: number) => {
    const k = (offset + hue / 30) % 12;
    const value = lightness - chroma * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return Math.round(value * 255)
      .toString(16)
      .padStart(2, "0");
  };
  return `#${channel(0)}${channel(8)}${channel(4)}`;
}

/** The colour of an outfit. */
export function clothColour({ clothesHue }: Traits, outfit: Outfit): string {
  return outfit === 0 ? hslHex(clothesHue[0], 0.28, 0.24) : hslHex(clothesHue[1], 0.42, 0.46);
}

/** Neck and shoulders down to `bottom`. */
export function drawBody(traits: Traits, id: string, outfit: Outfit, bottom: number): string {
  const { skin, female, jawHalf } = traits;
  const neck = female ? jawHalf * 0.56 : jawHalf * 0.7;
  const cloth = clothColour(traits, outfit);
  const shoulder = female ? 212 : 236;
  const torso =
    `M${-shoulder} ${bottom}C${-shoulder} 205 ${-shoulder + 30} 192 -112 172C-80 162 ${-neck - 14} 158 ${-neck - 4} 140` +
    `L0 166L${neck + 4} 140C${neck + 14} 158 80 162 112 172C${shoulder - 30} 192 ${shoulder} 205 ${shoulder} ${bottom}Z`;
  return (
    `<defs>${vertical(`${id}cloth`, [lighter(cloth, 0.12), cloth, darker(cloth, 0.3)])}</defs>` +
    `<path d="M${-neck} 70V142Q${-neck - 6} 160 -90 172L0 250L90 172Q${neck + 6} 160 ${neck} 142V70Z" fill="${darker(skin, 0.14)}"/>` +
    `<path d="M${-neck} 92Q0 158 ${neck} 92V118Q0 178 ${-neck} 118Z" fill="${darker(skin, 0.5)}" fill-opacity="0.35"/>` +
    (outfit === 0 ? collar(neck) : "") +
    `<path d="${outfit === 0 ? jacket(torso, neck) : torso}" fill="url(#${id}cloth)"/>` +
    (outfit === 0 ? lapels(neck, cloth, bottom) : neckline(neck, cloth))
  );
}

/** A white shirt below the jacket. */
function collar(neck: number): string {
  return (
    `<path d="M${-neck - 6} 138L-70 176L0 300L70 176L${neck + 6} 138L0 200Z" fill="#eef0f2"/>` +
    `<path d="M${-neck - 6} 138L0 206L${neck + 6} 138" fill="none" stroke="#b9bfc8" stroke-width="4"/>`
  );
}

/** The jacket leaves the shirt free. */
function jacket(torso: string, neck: number): string {
  return torso.replace(`L0 166L${neck + 4} 140`, `L0 290L${neck + 4} 140`);
}

function lapels(neck: number, cloth: string, bottom: number): string {
  const edge = lighter(cloth, 0.22);
  return (
    `<path d="M${-neck - 6} 142L-64 196L-40 214L0 290M${neck + 6} 142L64 196L40 214L0 290" fill="none" stroke="${edge}" stroke-width="4" stroke-linejoin="round"/>` +
    (bottom > 300 ? `<circle cx="0" cy="330" r="6" fill="${edge}"/>` : "")
  );
}

function neckline(neck: number, cloth: string): string {
  return (
    `<path d="M${-neck - 8} 144Q0 204 ${neck + 8} 144" fill="none" stroke="${darker(cloth, 0.32)}" stroke-width="9" stroke-linecap="round"/>` +
    `<path d="M-150 240Q-120 300 -128 420M150 240Q120 300 128 420" fill="none" stroke="${darker(cloth, 0.4)}" stroke-width="5" stroke-opacity="0.5" stroke-linecap="round"/>`
  );
}
