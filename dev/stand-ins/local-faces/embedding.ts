/** What a face looks like, as 512 numbers: landmarks say where eyes, nose and mouth are, then the face is put upright. */
import type { Box } from "../../samples/box.ts";
import { normalise } from "./detector.ts";
import type { Run } from "../network.ts";
import { sample, viewOf, type Picture, type Point, type View } from "../sampling.ts";

/** Where the second network wants both eyes, the nose and the corners of the mouth, in its square of 112 pixels. */
const TEMPLATE: readonly Point[] = [
  [38.2946, 51.6963],
  [73.5318, 51.5014],
  [56.0252, 71.7366],
  [41.5493, 92.3655],
  [70.7299, 92.2041],
];
/** The landmarks, of 68, whose mean is each point of the template. */
const POINTS = [[37, 38, 40, 41], [43, 44, 46, 47], [30], [48, 60], [54, 64]] as const;
const FACE_SIDE = 112;
const LANDMARK_SIDE = 64;
/** The second look is at the bounds of the first one's landmarks, a little larger. */
const SECOND_LOOK = 1.1;

/** The embedding of a face, of length 1. */
export async function embed(picture: Picture, box: Box, runs: Readonly<Record<"landmark" | "feature", Run>>) {
  const first = await findLandmarks(picture, box, runs.landmark);
  const landmarks = await findLandmarks(picture, boundsOf(first), runs.landmark);
  const points = POINTS.map((indices) => meanOf(indices.map((index) => landmarks[index] ?? [0, 0])));
  const view = alignedView(points);
  const [values = new Float32Array()] = await runs.feature(normalise(sample(picture, view)), view);
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}

async function findLandmarks(picture: Picture, box: Box, run: Run): Promise<readonly Point[]> {
  const { left, top, right, bottom } = box;
  const view = viewOf(box, { width: LANDMARK_SIDE, height: LANDMARK_SIDE });
  const rgb = sample(picture, view);
  const plane = LANDMARK_SIDE ** 2;
  const grey = Float32Array.from({ length: plane }, (_, at) => {
    const [red = 0, green = 0, blue = 0] = [rgb[at], rgb[plane + at], rgb[2 * plane + at]];
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 256;
  });
  const [values = []] = await run(grey, view);
  return Array.from({ length: values.length / 2 }, (_, index): Point => {
    const [x = 0, y = 0] = [values[2 * index], values[2 * index + 1]];
    return [left + x * (right - left), top + y * (bottom - top)];
  });
}

function boundsOf(points: readonly Point[]): Box {
  const along = (axis: 0 | 1) => {
    const values = points.map((point) => point[axis]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const margin = ((high - low) * (SECOND_LOOK - 1)) / 2;
    return [low - margin, high + margin] as const;
  };
  const [[left, right], [top, bottom]] = [along(0), along(1)];
  return { left, top, right, bottom };
}

function meanOf(points: readonly Point[]): Point {
  const mean = (axis: 0 | 1) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  return [mean(0), mean(1)];
}

/** The view that brings five points to the template: the turn, scale and shift with the least squared distances. */
export function alignedView(points: readonly Point[]): View {
  const [from, to] = [meanOf(TEMPLATE), meanOf(points)];
  let [dot, cross, norm] = [0, 0, 0];
  for (const [index, point] of points.entries()) {
    const [x, y] = [(TEMPLATE[index]?.[0] ?? 0) - from[0], (TEMPLATE[index]?.[1] ?? 0) - from[1]];
    const [u, v] = [point[0] - to[0], point[1] - to[1]];
    dot += x * u + y * v;
    cross += x * v - y * u;
    norm += x * x + y * y;
  }
  const [a, b] = [dot / norm, cross / norm];
  const origin: Point = [to[0] - a * from[0] + b * from[1], to[1] - b * from[0] - a * from[1]];
  return { width: FACE_SIDE, height: FACE_SIDE, origin, right: [a, b], down: [-b, a] };
}
