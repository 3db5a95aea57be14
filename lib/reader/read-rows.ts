/** Reads a zone's two rows: with one look, and if that leaves a row unsure, with more. */
import type { Pixels } from "../images/pixels.ts";
import { FIRST_LINE, SECOND_LINE, type Grammar } from "./text/alphabet.ts";
import { average, decode, type Decoded } from "./text/decode.ts";
import { judgeFirstLine, judgeSecondLine, type Judged } from "./text/judge.ts";
import type { Networks } from "./networks.ts";
import { EXPECTED, fitted, isEven } from "./geometry/fit.ts";
import { brightestOf, type Plane } from "./geometry/plane.ts";
import { cutRow, placeIn, STRIP, type Row, type View } from "./geometry/row.ts";
import { straightened } from "./geometry/straighten.ts";

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
  const useful = looks.filter((look) => look.forced <= forced + USELESS);
  const { sure, ...rest } = judge({ costs: average(useful), forced });
  return { ...rest, sure: sure && useful.every(isEven) };
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

/** A row's place by the characters of its last look. */
const placed = ({ row, looks }: RowState): Row => {
  const last = looks.at(-1);
  return last === undefined ? row : fitted(row, last);
};

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

/** Moves a row to the place of its characters. Returns whether it moved enough to look again; then the earlier looks do not count. */
function correct(state: RowState): boolean {
  const row = placed(state);
  const shift = Math.hypot(row.x - state.row.x, row.y - state.row.y) / state.row.pitch;
  if (shift < 0.1 && Math.abs(row.pitch / state.row.pitch - 1) < 0.006) return false;
  state.row = row;
  state.looks = [];
  return true;
}
