/** From maps of a zone, drawn here, to its rows. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findShapes, type FoundZone, type ZoneMap } from "./zone-shape.ts";

const SIDE = 88;

interface Drawn {
  readonly x: number;
  readonly y: number;
  readonly degrees: number;
  readonly pitch: number;
  /** Cells along the row that are covered by glare, from its middle. */
  readonly gap?: readonly [number, number];
}

/** A map of a zone whose middle, direction and pitch are given. */
function mapOf({ x, y, degrees, pitch, gap = [0, 0] }: Drawn): ZoneMap {
  const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const draw = (offset: number) =>
    Float32Array.from({ length: SIDE * SIDE }, (_, cell) => {
      const [dx, dy] = [(cell % SIDE) - x, Math.floor(cell / SIDE) - y];
      const [u, v] = [dx * c + dy * s, dy * c - dx * s - offset * pitch];
      if (u > gap[0] && u < gap[1]) return 0;
      const share = (distance: number) => Math.max(0, Math.min(1, distance + 0.5));
      return share(22 * pitch - Math.abs(u)) * share(0.75 * pitch - Math.abs(v));
    });
  return { width: SIDE, height: SIDE, first: draw(-1.25), second: draw(1.25) };
}

function assertNear({ rows: [first, second] }: FoundZone, { x, y, degrees, pitch }: Drawn): void {
  const turn = (degrees * Math.PI) / 180;
  for (const row of [first, second]) {
    const off = Math.abs(Math.atan2(Math.sin(row.angle - turn), Math.cos(row.angle - turn)));
    assert.ok(off < 0.03, `${degrees} degrees: off by ${off}`);
    assert.ok(Math.abs(row.pitch / pitch - 1) < 0.04, `pitch ${row.pitch} for ${pitch}`);
  }
  const [mx, my] = [(first.x + second.x) / 2, (first.y + second.y) / 2];
  assert.ok(Math.hypot(mx - x, my - y) < 0.5 * pitch + 0.3, `middle ${mx}, ${my}`);
  const below = (second.y - first.y) * Math.cos(turn) - (second.x - first.x) * Math.sin(turn);
  assert.ok(Math.abs(below - 2.5 * pitch) < 0.5 * pitch, `rows ${below / pitch} pitches apart`);
}

describe("findShapes", () => {
  test("findShapes finds the rows of a zone in any direction, with the first above the second", () => {
    for (const degrees of [0, 7, 45, 90, 133, 180, 250, 270, 355]) {
      const drawn = { x: 43, y: 46, degrees, pitch: 1.4 };
      const [zone, ...others] = findShapes(mapOf(drawn));
      assert.ok(zone !== undefined, `${degrees} degrees`);
      assert.equal(others.length, 0);
      assertNear(zone, drawn);
      assert.ok(zone.upright > 0.9);
    }
  });

  test("findShapes joins a zone that glare cuts in two", () => {
    const drawn = { x: 44, y: 60, degrees: 3, pitch: 1.5, gap: [-4, 3] } as const;
    const zones = findShapes(mapOf(drawn));
    assert.equal(zones.length, 1);
    for (const zone of zones) assertNear(zone, drawn);
  });

  test("findShapes reports an unclear direction if both maps agree", () => {
    const { first, second, ...size } = mapOf({ x: 44, y: 44, degrees: 0, pitch: 1.5 });
    const both = first.map((share, cell) => Math.max(share, second[cell] ?? 0));
    const [zone] = findShapes({ ...size, first: both, second: both });
    assert.ok(zone !== undefined && zone.upright < 0.1);
  });

  test("findShapes finds no zone in an empty map or a blot", () => {
    const empty = new Float32Array(SIDE * SIDE);
    assert.deepEqual(findShapes({ width: SIDE, height: SIDE, first: empty, second: empty }), []);
    const blot = empty.map((_, cell) => (Math.hypot((cell % SIDE) - 40, Math.floor(cell / SIDE) - 40) < 9 ? 1 : 0));
    assert.deepEqual(findShapes({ width: SIDE, height: SIDE, first: blot, second: blot }), []);
  });
});
