/** What goes wrong when a passport is photographed. */
import sharp, { type Sharp } from "sharp";
import { createRandom, type Random } from "../../dev/samples/random.ts";
import { changed, photographPage, STRAIGHT, type Pose, type Raster } from "./raster.ts";

/** How a picture is taken; an upright one of good quality by default. */
interface Shot extends Partial<Pose> {
  readonly width?: number;
  readonly height?: number;
  readonly quality?: number;
  readonly light?: (scene: Raster) => Raster;
  readonly lens?: (picture: Sharp) => Sharp;
}

/** One way in which a picture is bad. */
export interface Degradation {
  readonly name: string;
  /** The page's own drawing, where it is part of it. */
  readonly style?: { readonly patternUnderZone?: boolean; readonly textBesideZone?: boolean };
  /** Degrees by which the page lies turned. */
  readonly turn?: (random: Random) => number;
  readonly shot: (random: Random, turn: number) => Shot;
}

async function shoot(page: Raster, random: Random, shot: Shot): Promise<Buffer> {
  const { width = 1_600, height = 1_200, quality = 85, light = (scene) => scene, lens = (picture) => picture } = shot;
  const scene = light(photographPage(page, table(width, height, random), { ...STRAIGHT, ...shot }));
  const picture = sharp(scene.data, { raw: { width, height, channels: 3 } });
  return lens(picture).jpeg({ quality }).toBuffer();
}

/** Stripes of two shades, or speckles. */
function table(width: number, height: number, random: Random): Raster {
  const [dark, bright, step] = [random.below(200), 40 + random.below(200), 20 + random.below(160)];
  const blank: Raster = { width, height, data: new Uint8Array(width * height * 3) };
  const lean = random.below(100) / 50 - 1;
  return changed(
    blank,
    (_, x, y) => (Math.floor((y + x * lean) / step) % 2 === 0 ? dark : bright) + ((x * 7 + y * 13) % 11),
  );
}

const between = (random: Random, least: number, most: number) =>
  least + (random.below(10_001) / 10_000) * (most - least);
const either = (random: Random, least: number, most: number) =>
  between(random, least, most) * (random.onceIn(2) ? -1 : 1);

function noise(scene: Raster, strength: number, random: Random): Raster {
  return changed(
    scene,
    (value) => value + (random.below(1_000) + random.below(1_000) + random.below(1_000) - 1_498.5) * strength * 0.002,
  );
}

/** White spots over the zone's letters. */
function glare(scene: Raster, spots: number, random: Random): Raster {
  const places = Array.from({ length: spots }, () => ({
    x: between(random, 0.15, 0.85) * scene.width,
    y: between(random, 0.72, 0.88) * scene.height,
    radius: between(random, 0.01, 0.04) * scene.width,
    strength: between(random, 80, 240),
  }));
  return changed(scene, (value, x, y) =>
    places.reduce(
      (sum, spot) =>
        sum + spot.strength * Math.exp(-(((x - spot.x) / spot.radius) ** 2 + ((y - spot.y) / spot.radius) ** 2)),
      value,
    ),
  );
}

/** A camera that moved along a line while it took the picture. */
function motion(picture: Sharp, random: Random): Sharp {
  const size = 3 + 2 * random.below(3);
  const isDown = random.onceIn(2);
  const kernel = Array.from({ length: size * size }, (_, index) =>
    (isDown ? index % size : Math.floor(index / size)) === (size - 1) / 2 ? 1 : 0,
  );
  return picture.convolve({ width: size, height: size, kernel });
}

/** All of them, the plain picture first. */
export const DEGRADATIONS: readonly Degradation[] = [
  { name: "plain", shot: () => ({}) },
  {
    name: "perspective",
    shot: (random) => ({
      leanRight: either(random, 0.1, 0.35),
      leanDown: either(random, 0.1, 0.35),
      turn: either(random, 0, 6),
      fill: 0.8,
    }),
  },
  {
    name: "curled paper",
    shot: (random) => ({ curl: either(random, 0.01, 0.035), turn: either(random, 0, 4), fill: 0.86 }),
  },
  {
    name: "turned by quarters",
    turn: (random) => random.pick([90, 180, 270]),
    shot: (random, turn) => ({
      turn: turn + either(random, 0, 4),
      ...(turn === 180 ? {} : { width: 1_200, height: 1_600 }),
      fill: 0.86,
    }),
  },
  {
    name: "turned by any angle",
    turn: (random) => random.below(360),
    shot: (_, turn) => ({ turn, width: 1_600, height: 1_600, fill: 0.74 }),
  },
  { name: "blur", shot: (random) => ({ lens: (picture) => picture.blur(between(random, 1.2, 3.4)) }) },
  { name: "motion", shot: (random) => ({ lens: (picture) => motion(picture, random) }) },
  {
    name: "glare over characters",
    shot: (random) => ({ light: (scene) => glare(scene, 1 + random.below(4), random) }),
  },
  {
    name: "darkness",
    shot: (random) => {
      const share = between(random, 0.06, 0.3);
      const darken = (scene: Raster) => changed(scene, (value) => value * share);
      return { light: (scene) => noise(darken(scene), 4, random) };
    },
  },
  { name: "noise", shot: (random) => ({ light: (scene) => noise(scene, between(random, 15, 60), random) }) },
  { name: "jpeg", shot: (random) => ({ width: 1_000, height: 750, quality: 6 + random.below(20) }) },
  {
    name: "small",
    shot: (random) => {
      const width = 300 + random.below(300);
      return { lens: (picture) => picture.resize({ width }) };
    },
  },
  {
    name: "far away",
    shot: (random) => ({
      width: 2_000,
      height: 1_500,
      fill: between(random, 0.35, 0.6),
      turn: either(random, 0, 20),
    }),
  },
  {
    name: "pattern under the zone",
    style: { patternUnderZone: true },
    shot: (random) => ({ turn: either(random, 0, 3) }),
  },
  { name: "text beside the zone", style: { textBesideZone: true }, shot: (random) => ({ turn: either(random, 0, 3) }) },
];

/** A picture that is bad in the given way; the same seed gives the same picture. */
export async function degrade(
  degradation: Degradation,
  page: Raster,
  seed: number,
): Promise<{ jpeg: Buffer; turn: number }> {
  const random = createRandom(seed);
  const turn = degradation.turn?.(random) ?? 0;
  return { jpeg: await shoot(page, random, degradation.shot(random, turn)), turn };
}
