/** What a person looks like: the same number gives the same person, in every picture. */
import { samplePassport } from "./passports.ts";
import { createRandom, type Random } from "./random.ts";

const SKINS = ["#f7dcc6", "#f0c8a4", "#e2b088", "#c98f64", "#a56d45", "#7d4d30", "#583523"] as const;
const DARK_HAIRS = ["#17120f", "#241a14", "#35251a"] as const;
const HAIRS = [...DARK_HAIRS, "#4d3220", "#6e4a2a", "#8b5a2b", "#b98b4e", "#8c3d1f"] as const;
const GREYS = ["#8b8b8c", "#b7b6b3", "#d6d4cf"] as const;
const DARK_EYES = ["#2c1d12", "#3f2a17"] as const;
const EYES = [...DARK_EYES, "#6a4a22", "#4c6b45", "#3f6690", "#5d7480"] as const;

/** Haircuts of the sample people. */
export const MALE_HAIR = ["parted", "cropped", "quiff", "curls", "receding"] as const;
export const FEMALE_HAIR = ["straight", "bob", "bun", "waves", "afro", "scarf"] as const;
export type HairStyle = (typeof MALE_HAIR)[number] | (typeof FEMALE_HAIR)[number];

/** Measures are in portrait units: see `portrait.ts`. */
export interface Traits {
  readonly female: boolean;
  readonly ageYears: number;
  readonly skin: string;
  readonly hair: string;
  readonly hairStyle: HairStyle;
  readonly iris: string;
  readonly cheekHalf: number;
  readonly jawHalf: number;
  readonly chinHalf: number;
  readonly eyeGap: number;
  readonly eyeHalf: number;
  readonly eyeOpen: number;
  readonly browThick: number;
  readonly browArch: number;
  readonly noseHalf: number;
  readonly noseEnd: number;
  readonly mouthHalf: number;
  readonly lip: number;
  readonly beard: "none" | "stubble" | "moustache" | "full";
  readonly glasses: boolean;
  readonly freckles: boolean;
  /** Hues of what they wear in the passport and in the selfie. */
  readonly clothesHue: readonly [number, number];
}

// Ages must not depend on the day on which a picture is drawn.
const THAT_DAY = new Date("2026-01-01T00:00:00Z");

/** The looks of a person, whose sex and age are those of the sample passport with the same number. */
export function traitsOf(person: number): Traits {
  const { sex, birthDate } = samplePassport(person, THAT_DAY);
  const random = createRandom(person + 4_711);
  const female = sex === "F" || (sex === "X" && random.onceIn(2));
  const ageYears = THAT_DAY.getUTCFullYear() - Number(birthDate.slice(0, 4));
  const between = (low: number, high: number) => low + random.below(high - low + 1);
  return {
    female,
    ageYears,
    ...colours(random, ageYears),
    hairStyle: female ? random.pick(FEMALE_HAIR) : random.pick(MALE_HAIR),
    cheekHalf: between(female ? 86 : 88, female ? 93 : 97),
    jawHalf: between(female ? 60 : 68, female ? 72 : 82),
    chinHalf: between(female ? 20 : 26, female ? 30 : 42),
    eyeGap: between(36, 43),
    eyeHalf: between(16, 20),
    eyeOpen: between(female ? 8 : 6, female ? 11 : 9),
    browThick: between(female ? 4 : 7, female ? 7 : 12),
    browArch: between(4, female ? 13 : 9),
    noseHalf: between(female ? 12 : 15, female ? 18 : 23),
    noseEnd: between(38, 48),
    mouthHalf: between(24, 34),
    lip: between(female ? 8 : 5, female ? 13 : 10),
    beard: female ? "none" : random.pick(["none", "none", "stubble", "moustache", "full"] as const),
    glasses: random.onceIn(5),
    freckles: random.onceIn(6),
    clothesHue: [between(0, 359), between(0, 359)],
  };
}

function colours(random: Random, ageYears: number) {
  const skin = random.pick(SKINS);
  const dark = SKINS.indexOf(skin) > 2;
  const young = random.pick(dark ? DARK_HAIRS : HAIRS);
  const grey = random.pick(GREYS);
  return { skin, hair: ageYears > 58 ? grey : young, iris: random.pick(dark ? DARK_EYES : EYES) };
}
