/** Finds the zone on a page and reads it, in any orientation of the page. */
import type { Pixels } from "../images/pixels.ts";
import type { Judged } from "./text/judge.ts";
import type { Networks } from "./networks.ts";
import { brightestOf, greyOf } from "./geometry/plane.ts";
import { readAgain, readRows, type Page, type RowsRead } from "./read-rows.ts";
import { ROW_LENGTH } from "./text/alphabet.ts";
import { placeIn, turned, type Row } from "./geometry/row.ts";
import { spanned } from "./geometry/span.ts";
import { findShapes, type FoundZone } from "./geometry/zone-shape.ts";

/** Degrees by which the page is turned clockwise. */
export type Orientation = 0 | 90 | 180 | 270;

/** A point, in pixels of the upload made upright by its EXIF. */
export type Point = readonly [x: number, y: number];

/** A page's reading. */
export interface PageRead {
  readonly lines: readonly [Judged, Judged] | null;
  readonly reason: null | "no_zone" | "unsure";
  readonly orientation: Orientation;
  /** Width and height of the upload made upright by its EXIF, in pixels. */
  readonly size: readonly [width: number, height: number];
  /** The zone's corners as it is read: first line's start and end, second line's end and start. */
  readonly zone: readonly [Point, Point, Point, Point] | null;
}

/**
 * The pictures in which the zone is searched, by their longer side: the next only if the ones before show no clear zone. In the
 * last one, coloured print and frames are pale.
 */
const SEARCHES = [
  { side: 352, inkOnly: false },
  { side: 704, inkOnly: false },
  { side: 352, inkOnly: true },
] as const;
/** What two lines of 44 characters may cost, in nats, to be a zone at all. */
const NO_ZONE = 80;
/** What they may cost if their place is right. */
const CLEAR_ZONE = 20;
/** A zone whose direction is this clear is not tried the other way. */
const CLEARLY_UPRIGHT = 0.5;
const HALF_ROW_HEIGHT = 0.9;
/** The least width of a character, in pixels: in smaller print, letters such as O and Q look alike. */
const LEAST_PITCH = 5.5;

/**
 * Reads a page. If `isOver` says that the caller no longer waits, the remaining steps are skipped. Only a complete search reports
 * that a page has no zone: all pictures were searched, and each zone found there was read both ways up.
 */
export async function readPage(networks: Networks, pixels: Pixels, isOver: () => boolean): Promise<PageRead> {
  const page: Page = { pixels, grey: greyOf(pixels) };
  let hasSkipped = false;
  const isLate = () => (hasSkipped ||= isOver());
  let best: RowsRead | undefined;
  for (const { side, inkOnly } of SEARCHES) {
    if (isLate()) break;
    const { map, cellPixels } = await networks.findRows(planeOf(page, inkOnly), side);
    for (const zone of findShapes(map)) {
      const read = await readEitherWay(networks, page, inPixels(zone, cellPixels), isLate);
      if (best === undefined || read.forced < best.forced) best = read;
      if (isDone(best)) break;
    }
    if (best !== undefined && best.forced <= CLEAR_ZONE) break;
  }
  if (best === undefined || best.forced > NO_ZONE)
    return {
      lines: null,
      reason: hasSkipped ? "unsure" : "no_zone",
      orientation: 0,
      size: sizeOf(pixels),
      zone: null,
    };
  return describe(best, pixels);
}

const planeOf = ({ pixels, grey }: Page, inkOnly: boolean) => (inkOnly ? brightestOf(pixels) : grey);

const isDone = ({ lines }: RowsRead) => lines.every(({ sure }) => sure);

async function readEitherWay(
  networks: Networks,
  page: Page,
  { rows, upright }: FoundZone,
  isLate: () => boolean,
): Promise<RowsRead> {
  const found = await readRows(networks, page, rows);
  if (isDone(found) || isLate()) return found;
  const read = await readSpan(networks, page, found);
  const [first, second] = read.rows;
  const other: readonly [Row, Row] = [turned(second), turned(first)];
  const isRight = upright >= CLEARLY_UPRIGHT && read.forced <= NO_ZONE;
  const flipped = isRight ? undefined : await readRows(networks, page, other);
  const better = flipped !== undefined && flipped.forced < read.forced ? flipped : read;
  if (isDone(better) || better.forced > 3 * NO_ZONE || isLate()) return better;
  return readAgain(networks, page, better);
}

/** Reads again where the ink says that the rows are, if the finder's place gives no clear reading. Keeps the better one. */
async function readSpan(networks: Networks, page: Page, found: RowsRead): Promise<RowsRead> {
  if (found.forced <= CLEAR_ZONE) return found;
  const read = await readRows(networks, page, spanned(page.grey, found.rows));
  return read.forced < found.forced ? read : found;
}

function inPixels({ rows: [first, second], upright }: FoundZone, [across, down]: readonly [number, number]): FoundZone {
  const scaled = (row: Row): Row => {
    const [dx, dy] = [Math.cos(row.angle) * across, Math.sin(row.angle) * down];
    return {
      x: (row.x + 0.5) * across,
      y: (row.y + 0.5) * down,
      angle: Math.atan2(dy, dx),
      pitch: row.pitch * Math.hypot(dx, dy),
      bend: 0,
      taper: 0,
    };
  };
  return { rows: [scaled(first), scaled(second)], upright };
}

const sizeOf = ({ width, height, scale }: Pixels) => [Math.round(width * scale), Math.round(height * scale)] as const;

function describe({ rows: [first, second], lines }: RowsRead, pixels: Pixels): PageRead {
  const { scale } = pixels;
  const corner = (row: Row, along: number, below: number): Point => {
    const [x, y] = placeIn(row, along, below);
    return [Math.round(x * scale), Math.round(y * scale)];
  };
  const half = ROW_LENGTH / 2;
  // A visa's zone has the same form; its second line must not count as a passport's.
  const isOther = !lines[0].text.startsWith("P") && !lines[0].doubtful.includes(0);
  const isTrusted = !isOther && Math.min(first.pitch, second.pitch) >= LEAST_PITCH;
  const trusted = lines.map((line) => ({ ...line, sure: line.sure && isTrusted }));
  const [upper = lines[0], lower = lines[1]] = trusted;
  return {
    lines: [upper, lower],
    reason: upper.sure && lower.sure ? null : "unsure",
    orientation: orientationOf(first.angle),
    size: sizeOf(pixels),
    zone: [
      corner(first, -half, -HALF_ROW_HEIGHT),
      corner(first, half, -HALF_ROW_HEIGHT),
      corner(second, half, HALF_ROW_HEIGHT),
      corner(second, -half, HALF_ROW_HEIGHT),
    ],
  };
}

function orientationOf(angle: number): Orientation {
  const quarter = ((Math.round(angle / (Math.PI / 2)) % 4) + 4) % 4;
  return ([0, 90, 180, 270] as const)[quarter] ?? 0;
}
