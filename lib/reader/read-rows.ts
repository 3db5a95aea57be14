/** Reads a zone's two rows: with one look, and if that leaves a row unsure, with more. */
import type { Pixels } from "../images/pixels.ts";
import { FIRST_LINE, SECOND_LINE, type Grammar } from "./alphabet.ts";
import { average, cheapest, decode, type Alignment, type Decoded } from "./decode.ts";
import { judgeFirstLine, judgeSecondLine, type Judged } from "./judge.ts";
import type { Networks } from "./networks.ts";
import { brightestOf, type Plane } from "./plane.ts";
import { cutRow, placeIn, ROW_LENGTH, STRIP, type Row, type View } from "./row.ts";
import { straightened } from "./straighten.ts";

const PIXELS_A_FRAME = 4;
/** Where the characters of a well-placed row are. */
const EXPECTED: Alignment = {
  start: (STRIP.width / 2 - (ROW_LENGTH / 2 - 0.5) * STRIP.pixelsPerCharacter) / PIXELS_A_FRAME - 0.5,
  step: STRIP.pixelsPerCharacter / PIXELS_A_FRAME,
};

/** A page whose rows are to be read. */
export interface Page {
  readonly pixels: Pixels;
  readonly grey: Plane;
}

/** What a zone's rows say. */
export interface RowsRead {
  readonly rows: readonly [Row, Row];
  readonly lines: readonly [Judged, Judged];
  /** What it cost to have two lines of 44 characters: high if this is not such a zone, or the wrong way up. */
  readonly forced: number;
  /** The state of both rows, for {@link readAgain}. */
  readonly states: readonly [RowState, RowState];
}

interface Look extends View {
  readonly inkOnly: boolean;
}

const PLAIN: Look = { height: 1, inkOnly: false };
/** The next looks, in this order, if the plain one leaves a line unsure. The mean of all looks counts. */
const MORE_LOOKS: readonly Look[] = [
  { height: 1.15, inkOnly: false },
  { height: 1, inkOnly: true },
  { height: 1.3, inkOnly: true },
];
/** A look that costs this much more than the best one is ignored. */
const USELESS = 15;

/** So many doubtful characters mean that the row is in another place. */
const LOST = 10;

interface RowState {
  readonly grammar: Grammar;
  readonly judge: (costs: { costs: readonly Float32Array[]; forced: number }) => Judged;
  row: Row;
  looks: Decoded[];
}

const judged = ({ judge, looks }: RowState): Judged => {
  const forced = forcedOf(looks);
  return judge({ costs: average(looks.filter((look) => look.forced <= forced + USELESS)), forced });
};

const forcedOf = (looks: readonly Decoded[]) => Math.min(...looks.map((look) => look.forced));

/** Reads the rows at their places with one look. */
export async function readRows(
  networks: Networks,
  page: Page,
  [first, second]: readonly [Row, Row],
): Promise<RowsRead> {
  const [upper, lower]: [RowState, RowState] = [
    { grammar: FIRST_LINE, judge: judgeFirstLine, row: straightened(page.grey, first), looks: [] },
    { grammar: SECOND_LINE, judge: judgeSecondLine, row: straightened(page.grey, second), looks: [] },
  ];
  await lookAt(networks, page.grey, [upper, lower], PLAIN);
  return readingOf([upper, lower]);
}

/**
 * Looks at both rows again, at the places of their characters in the first look, and then at the rows that are still unsure with
 * the other looks. A row that was sure is read again too, because the first look was at a rough place: on a drawn page, such a
 * row was wrong.
 */
export async function readAgain(networks: Networks, page: Page, { states }: RowsRead): Promise<RowsRead> {
  const [upper, lower] = states;
  const unsure = () => states.filter((state) => !judged(state).sure);
  for (const state of states) {
    state.row = straightened(page.grey, placed(state));
    state.looks = [];
  }
  await lookAt(networks, page.grey, states, PLAIN);
  const misplaced = unsure().filter(correct);
  if (misplaced.length > 0) await lookAt(networks, page.grey, misplaced, PLAIN);
  const [lost, known] = judged(upper).doubtful.length > judged(lower).doubtful.length ? [upper, lower] : [lower, upper];
  if (judged(lost).doubtful.length > LOST && judged(known).doubtful.length < LOST)
    await lookBeside(networks, page.grey, lost, known);
  let ink: Plane | undefined;
  for (const look of MORE_LOOKS) {
    const rest = unsure();
    if (rest.length === 0) break;
    await lookAt(networks, look.inkOnly ? (ink ??= brightestOf(page.pixels)) : page.grey, rest, look);
  }
  return readingOf(states);
}

const readingOf = (states: readonly [RowState, RowState]): RowsRead => {
  const [upper, lower] = states;
  return {
    rows: [placed(upper), placed(lower)],
    lines: [judged(upper), judged(lower)],
    forced: forcedOf(upper.looks) + forcedOf(lower.looks),
    states,
  };
};

async function lookAt(networks: Networks, plane: Plane, states: readonly RowState[], look: Look): Promise<void> {
  const size = STRIP.width * STRIP.height;
  const strips = new Float32Array(states.length * size);
  for (const [index, { row }] of states.entries())
    cutRow(plane, row, look, strips.subarray(index * size, (index + 1) * size));
  const frames = await networks.readStrips(strips);
  for (const [index, state] of states.entries()) {
    const read = frames[index];
    if (read !== undefined) state.looks.push(decode(read, state.grammar, EXPECTED));
  }
}

/**
 * Looks for a lost row between the ends of the other, mostly clear row: print beside a zone may have been taken for a part of the
 * lost row. Keeps the better of both places.
 */
async function lookBeside(networks: Networks, plane: Plane, lost: RowState, clear: RowState): Promise<void> {
  const { row, looks } = lost;
  const { doubtful } = judged(lost);
  const known = placed(clear);
  const [dx, dy] = [row.x - known.x, row.y - known.y];
  const below = (dy * Math.cos(known.angle) - dx * Math.sin(known.angle)) / known.pitch;
  const [x, y] = placeIn(known, 0, below);
  if (Math.hypot(x - row.x, y - row.y) < known.pitch / 2) return;
  lost.row = { ...known, x, y };
  lost.looks = [];
  await lookAt(networks, plane, [lost], PLAIN);
  if (judged(lost).doubtful.length < doubtful.length) {
    if (correct(lost)) await lookAt(networks, plane, [lost], PLAIN);
    return;
  }
  lost.row = row;
  lost.looks = looks;
}

/** The least distance of a character whose place says where the row is. */
const CLEAR = 1.5;
const ENOUGH = 15;

/** Moves a row to the place of its characters. Returns whether it moved enough to look again; then the earlier looks do not count. */
function correct(state: RowState): boolean {
  const row = placed(state);
  const shift = Math.hypot(row.x - state.row.x, row.y - state.row.y) / state.row.pitch;
  if (shift < 0.1 && Math.abs(row.pitch / state.row.pitch - 1) < 0.006) return false;
  state.row = row;
  state.looks = [];
  return true;
}

/** A row's place by its characters: a line through place and frame of the clear ones. Without enough of them, the row as it is. */
function placed({ row, looks }: RowState): Row {
  const decoded = looks.at(-1);
  if (decoded === undefined) return row;
  const points = decoded.costs.flatMap((costs, index) => {
    const [, next = 0] = costs.toSorted();
    const isFiller = cheapest(costs) === 0;
    const weight = Math.min(6, next) * (isFiller ? 0.5 : 1);
    return next > CLEAR ? [{ index, frame: decoded.frames[index] ?? 0, weight }] : [];
  });
  if (points.length < ENOUGH) return row;
  const { start, step } = fit(points);
  const middle = (start + step * (ROW_LENGTH / 2 - 0.5) + 0.5) * PIXELS_A_FRAME - STRIP.width / 2;
  const shift = middle / STRIP.pixelsPerCharacter;
  const stretch = step / EXPECTED.step;
  if (Math.abs(shift) > 3 || Math.abs(stretch - 1) > 0.12) return row;
  const [x, y] = placeIn(row, shift, 0);
  return { ...row, x, y, pitch: row.pitch * stretch };
}

interface PlacePoint {
  readonly index: number;
  readonly frame: number;
  readonly weight: number;
}

/** A line through the points, in which those far from it count little. */
function fit(points: readonly PlacePoint[]): Alignment {
  let line = EXPECTED;
  let weights = points.map(({ weight }) => weight);
  for (let round = 0; round < 3; round++) {
    let [sum, sx, sy, sxx, sxy] = [0, 0, 0, 0, 0];
    for (const [position, { index, frame }] of points.entries()) {
      const weight = weights[position] ?? 0;
      sum += weight;
      sx += weight * index;
      sy += weight * frame;
      sxx += weight * index * index;
      sxy += weight * index * frame;
    }
    const step = (sum * sxy - sx * sy) / (sum * sxx - sx * sx || 1);
    const start = (sy - step * sx) / sum;
    line = { start, step };
    weights = points.map(({ index, frame, weight }) => weight / (1 + ((frame - start - step * index) / 1.5) ** 2));
  }
  return line;
}
