/** Finds faces: a network that looks at 320 x 240 pixels, at the whole picture and, if no face is large, at parts of it. */
import { areaOf, type Box } from "../../samples/box.ts";
import type { Run } from "../network.ts";
import { sample, viewOf, type Picture } from "../sampling.ts";

/** A face in pixels of the decoded picture. */
export interface FaceBox extends Box {
  readonly score: number;
}

const SIZE = { width: 320, height: 240 };
const MIN_SCORE = 0.65;
/** Boxes that share more than this part of their area are one face. */
const MAX_OVERLAP = 0.4;
/** Without a face wider than this part of the picture, its parts are looked at too. */
const LARGE_FACE = 1 / 8;
/** Parts are half as wide and high as the picture, and overlap by half. */
const PARTS = [0, 0.25, 0.5].flatMap((top) => [0, 0.25, 0.5].map((left) => [left, top] as const));

/** The faces in a picture, the largest first. */
export async function detectFaces(picture: Picture, run: Run): Promise<readonly FaceBox[]> {
  const { width, height } = picture;
  const found = await detectIn(picture, run, { left: 0, top: 0, right: width, bottom: height });
  if (!found.some(({ left, right }) => right - left > width * LARGE_FACE)) {
    for (const [left, top] of PARTS) {
      const part = { left: left * width, top: top * height, right: (left + 0.5) * width, bottom: (top + 0.5) * height };
      found.push(...(await detectIn(picture, run, part)));
    }
  }
  return withoutDoubles(found).toSorted((one, other) => areaOf(other) - areaOf(one));
}

/** Puts a rectangle of the picture into the network's frame without distortion, and its boxes back into the picture. */
async function detectIn(picture: Picture, run: Run, { left, top, right, bottom }: Box) {
  const scale = Math.max((right - left) / SIZE.width, (bottom - top) / SIZE.height);
  const [width, height] = [SIZE.width * scale, SIZE.height * scale];
  const view = viewOf({ left, top, right: left + width, bottom: top + height }, SIZE);
  const [scores = [], boxes = new Float32Array()] = await run(normalise(sample(picture, view)), view);
  const candidates = Array.from({ length: scores.length / 2 }, (_, index): FaceBox => {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = boxes.subarray(4 * index);
    const sides = {
      left: left + x1 * width,
      top: top + y1 * height,
      right: left + x2 * width,
      bottom: top + y2 * height,
    };
    return { ...sides, score: scores[2 * index + 1] ?? 0 };
  });
  return candidates.filter(({ score }) => score >= MIN_SCORE);
}

/** Keeps the surest of boxes that overlap. */
function withoutDoubles(boxes: readonly FaceBox[]): readonly FaceBox[] {
  const kept: FaceBox[] = [];
  for (const box of boxes.toSorted((one, other) => other.score - one.score)) {
    if (kept.every((other) => overlap(box, other) <= MAX_OVERLAP)) kept.push(box);
  }
  return kept;
}

function overlap(one: FaceBox, other: FaceBox): number {
  const shared = areaOf({
    left: Math.max(one.left, other.left),
    top: Math.max(one.top, other.top),
    right: Math.min(one.right, other.right),
    bottom: Math.min(one.bottom, other.bottom),
  });
  return shared / (areaOf(one) + areaOf(other) - shared);
}

/** Values as the networks were trained on, about -1 to 1. */
export const normalise = (values: Float32Array) => values.map((value) => (value - 127) / 128);
