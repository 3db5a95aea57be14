/** A zone's place in the form in which a vision model reports one: a box in thousandths of the picture. */
import type { Orientation, PageRead, Point } from "../read-page.ts";

/** Top, left, bottom and right of the zone, on the page after its orientation is turned back. */
export function boxOf(zone: readonly Point[], size: PageRead["size"], orientation: Orientation): number[] {
  const turned = zone.map(([x, y]) => turnPointBack(x / size[0], y / size[1], orientation));
  const [left = 0, right = 0] = extent(turned.map(([x]) => x));
  const [top = 0, bottom = 0] = extent(turned.map(([, y]) => y));
  return [top, left, bottom, right];
}

const extent = (values: readonly number[]) => [inThousandths(Math.min(...values)), inThousandths(Math.max(...values))];

const inThousandths = (share: number) => Math.round(Math.min(1, Math.max(0, share)) * 1_000);

/** Turns a point back with the page. Coordinates are shares of the sides. */
function turnPointBack(x: number, y: number, orientation: Orientation): Point {
  if (orientation === 90) return [y, 1 - x];
  if (orientation === 180) return [1 - x, 1 - y];
  return orientation === 270 ? [1 - y, x] : [x, y];
}
