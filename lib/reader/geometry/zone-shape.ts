/**
 * From the zone finder's two maps (what share of each cell the first and the second row cover) to the rows' places.
 *
 * Which row is which says which way is up: the second stands below the first.
 */
import { ROW_LENGTH } from "../text/alphabet.ts";
import type { Row } from "./row.ts";

/** The finder's output: row by row of cells, for each row of the zone. */
export interface ZoneMap {
  readonly width: number;
  readonly height: number;
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/** A zone: its rows, in cells of the map, and how sure the map is of which way is up (0 not at all, 1 wholly). */
export interface FoundZone {
  readonly rows: readonly [Row, Row];
  readonly upright: number;
}

/** The share from which a cell belongs to a row. */
const COVERED = 0.4;
/** The fewest cells of a zone. */
const MIN_CELLS = 12;
/** The least length of a zone, in heights. */
const MIN_ASPECT = 4;

type Point = readonly [x: number, y: number];

/** The zones that a map shows, the largest first, at most two. */
export function findShapes(map: ZoneMap): readonly FoundZone[] {
  const zones: FoundZone[] = [];
  let pieces = connected(map).filter((cells) => cells.length >= MIN_CELLS);
  pieces.sort((a, b) => b.length - a.length);
  while (pieces.length > 0 && zones.length < 2) {
    const [largest = [], ...others] = pieces;
    const { cells, rest } = gather(map, largest, others);
    const zone = shapeOf(map, cells);
    if (zone !== undefined) zones.push(zone);
    pieces = rest;
  }
  return zones;
}

/**
 * The cells of a zone: its largest piece and what lies in line with it. Glare cuts a zone in pieces, and a large zone's rows do
 * not touch. The longer the zone has become, the farther its other row may be, so this goes on until no piece is added.
 */
function gather(
  map: ZoneMap,
  cells: readonly number[],
  others: readonly (readonly number[])[],
): { cells: readonly number[]; rest: number[][] } {
  const inLine = others.filter((piece) => isInLine(map, cells, piece));
  const rest = others.filter((piece) => !inLine.includes(piece));
  if (inLine.length === 0) return { cells, rest: rest.map((piece) => [...piece]) };
  return gather(map, [...cells, ...inLine.flat()], rest);
}

const weightAt = ({ first, second }: ZoneMap, cell: number) => Math.max(first[cell] ?? 0, second[cell] ?? 0);

function connected(map: ZoneMap): number[][] {
  const { width, height } = map;
  const seen = new Uint8Array(width * height);
  const groups: number[][] = [];
  for (let start = 0; start < seen.length; start++) {
    if (seen[start] === 1 || weightAt(map, start) < COVERED) continue;
    seen[start] = 1;
    const group = [start];
    for (const cell of group)
      for (const next of around(cell, width, height)) {
        if (seen[next] === 1 || weightAt(map, next) < COVERED) continue;
        seen[next] = 1;
        group.push(next);
      }
    groups.push(group);
  }
  return groups;
}

function around(cell: number, width: number, height: number): number[] {
  const x = cell % width;
  const y = (cell - x) / width;
  const cells: number[] = [];
  for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++)
    for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++)
      cells.push(row * width + column);
  return cells;
}

interface Axis {
  readonly middle: Point;
  readonly direction: Point;
  /** Deviation across the axis. */
  readonly thickness: number;
}

/** The main axis of weighted cells. */
function axisOf({ width }: ZoneMap, cells: readonly number[], weights: (cell: number) => number): Axis {
  let [sum, sx, sy] = [0, 0, 0];
  for (const cell of cells) {
    const weight = weights(cell);
    sum += weight;
    sx += weight * (cell % width);
    sy += weight * Math.floor(cell / width);
  }
  const [mx, my] = [sx / sum, sy / sum];
  let [xx, xy, yy] = [0, 0, 0];
  for (const cell of cells) {
    const weight = weights(cell);
    const [dx, dy] = [(cell % width) - mx, Math.floor(cell / width) - my];
    xx += weight * dx * dx;
    xy += weight * dx * dy;
    yy += weight * dy * dy;
  }
  const angle = Math.atan2(2 * xy, xx - yy) / 2;
  const least = (xx + yy) / 2 - Math.hypot((xx - yy) / 2, xy);
  return {
    middle: [mx, my],
    direction: [Math.cos(angle), Math.sin(angle)],
    thickness: Math.sqrt(Math.max(0, least) / sum),
  };
}

const along = ([x, y]: Point, { middle, direction }: Axis) =>
  (x - middle[0]) * direction[0] + (y - middle[1]) * direction[1];
const below = ([x, y]: Point, { middle, direction }: Axis) =>
  (y - middle[1]) * direction[0] - (x - middle[0]) * direction[1];
const pointOf = (cell: number, width: number): Point => [cell % width, Math.floor(cell / width)];

function isInLine(map: ZoneMap, group: readonly number[], more: readonly number[]): boolean {
  const axis = axisOf(map, group, (cell) => weightAt(map, cell));
  const { middle } = axisOf(map, more, (cell) => weightAt(map, cell));
  const length = Math.max(...group.map((cell) => Math.abs(along(pointOf(cell, map.width), axis))));
  // As far as the other row is: six times the thickness of one row alone and a cell, less than a sixth of half a zone's length.
  const reach = Math.max(2 * axis.thickness, Math.min(6 * axis.thickness + 1, 0.16 * length));
  return Math.abs(below(middle, axis)) < reach && Math.abs(along(middle, axis)) < 4 * length;
}

function shapeOf(map: ZoneMap, cells: readonly number[]): FoundZone | undefined {
  const axis = axisOf(map, cells, (cell) => weightAt(map, cell));
  const first = lineOf(map, cells, map.first, axis);
  const second = lineOf(map, cells, map.second, axis);
  if (first === undefined || second === undefined) return undefined;
  const height = 8 * axis.thickness + 1;
  if (first.end - first.start + second.end - second.start < MIN_ASPECT * height) return undefined;
  const distance = second.offset - first.offset;
  const upright = Math.min(1, Math.abs(distance) / (2 * axis.thickness + 0.01));
  const oriented = distance < 0 ? turn(axis) : axis;
  const rows = [first, second].map((line) => rowOf(line, axis, oriented !== axis));
  const [upper, lower] = rows;
  return upper === undefined || lower === undefined ? undefined : { rows: [upper, lower], upright };
}

const turn = ({ direction, ...axis }: Axis): Axis => ({ ...axis, direction: [-direction[0], -direction[1]] });

/** A row as a line along the axis: its ends, how far below the axis its middle is, and how it slopes against it. */
interface Line {
  readonly start: number;
  readonly end: number;
  readonly offset: number;
  readonly slope: number;
}

function lineOf(map: ZoneMap, cells: readonly number[], shares: Float32Array, axis: Axis): Line | undefined {
  let [sum, su, sv, suu, suv] = [0, 0, 0, 0, 0];
  const profile = new Map<number, number>();
  for (const cell of cells) {
    const weight = shares[cell] ?? 0;
    const point = pointOf(cell, map.width);
    const [u, v] = [along(point, axis), below(point, axis)];
    sum += weight;
    su += weight * u;
    sv += weight * v;
    suu += weight * u * u;
    suv += weight * u * v;
    profile.set(Math.round(u), (profile.get(Math.round(u)) ?? 0) + weight);
  }
  if (sum < MIN_CELLS / 4) return undefined;
  const spread = sum * suu - su * su;
  const slope = spread === 0 ? 0 : (sum * suv - su * sv) / spread;
  const ends = endsOf(profile);
  return { ...ends, slope, offset: sv / sum + slope * ((ends.start + ends.end) / 2 - su / sum) };
}

/** Where a profile rises to half of its usual height, and where it falls below it. */
function endsOf(profile: ReadonlyMap<number, number>): { start: number; end: number } {
  const heights = [...profile.values()].toSorted((a, b) => a - b);
  const half = (heights[Math.floor(heights.length * 0.6)] ?? 0) / 2;
  const inside = [...profile].filter(([, height]) => height >= half).map(([place]) => place);
  const [start, end] = [Math.min(...inside), Math.max(...inside)];
  const rest = (place: number) => Math.max(0, Math.min(1, (profile.get(place) ?? 0) / (2 * half || 1)));
  return { start: start - 0.5 - rest(start - 1) + (1 - rest(start)), end: end + 0.5 + rest(end + 1) - (1 - rest(end)) };
}

function rowOf({ start, end, offset, slope }: Line, { middle, direction }: Axis, isTurned: boolean): Row {
  const u = (start + end) / 2;
  const [x, y] = [
    middle[0] + u * direction[0] - offset * direction[1],
    middle[1] + u * direction[1] + offset * direction[0],
  ];
  const angle = Math.atan2(direction[1], direction[0]) + Math.atan(slope) + (isTurned ? Math.PI : 0);
  return { x, y, angle, pitch: ((end - start) * Math.hypot(1, slope)) / ROW_LENGTH, bend: 0, taper: 0 };
}
