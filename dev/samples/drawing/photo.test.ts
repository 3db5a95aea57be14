import assert from "node:assert/strict";
import { test } from "node:test";
import { addLightAndNoise } from "./photo-light.ts";

const shoot = (seed: number) => {
  const pixels = new Uint8Array(300 * 200 * 3).fill(128);
  addLightAndNoise(pixels, 300, 200, seed);
  return pixels;
};

test("noise is the same for the same seed, and grey", () => {
  const pixels = shoot(5);
  assert.deepEqual(pixels, shoot(5));
  assert.notDeepEqual(pixels, shoot(6));
  for (let at = 0; at < pixels.length; at += 3) assert.equal(pixels[at], pixels[at + 2]);
});

test("noise is faint but everywhere, corners are darker than the middle", () => {
  const pixels = shoot(7);
  const at = (x: number, y: number) => pixels[(y * 300 + x) * 3] ?? 0;
  const around = (x: number, y: number) => {
    const values = Array.from({ length: 400 }, (_, index) => at(x + (index % 20), y + Math.floor(index / 20)));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return { mean, deviation: Math.hypot(...values.map((value) => value - mean)) / Math.sqrt(values.length) };
  };
  const middle = around(140, 90);
  assert.ok(middle.deviation > 2 && middle.deviation < 8, `${middle.deviation}`);
  const corners = [around(0, 0), around(280, 0), around(0, 180), around(280, 180)];
  assert.ok(corners.reduce((sum, { mean }) => sum + mean / 4, 0) < middle.mean - 6);
});

test("brightness stays within a byte", () => {
  const pixels = new Uint8Array([0, 0, 0, 255, 255, 255, 1, 1, 1, 254, 254, 254]);
  addLightAndNoise(pixels, 2, 2, 1);
  assert.ok((pixels[0] ?? 255) < 60 && (pixels[3] ?? 0) > 195);
});
