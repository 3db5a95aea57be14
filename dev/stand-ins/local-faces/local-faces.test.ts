/** The face engine with its real networks, which the first run fetches from npm's registry. */
import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { drawSelfiePortrait } from "../../samples/drawing/portrait.ts";
import { drawTestPhoto } from "../../../test/marked-pictures.ts";
import { alignedView } from "./embedding.ts";
import { createLocalFaces, similarityOf } from "./local-faces.ts";
import { loadModels } from "./models.ts";

const engine = createLocalFaces({ progress: console.error });

function drawPortrait(width: number): Promise<Buffer> {
  const portrait = drawSelfiePortrait({ person: 3, x: 300, y: 300, scale: 1 });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="600" height="600"><rect width="600" height="600" fill="#ccc"/>${portrait}</svg>`;
  return sharp(Buffer.from(svg)).resize(width).jpeg().toBuffer();
}

test("the face engine finds no face in shapes", async () => {
  assert.deepEqual(await engine.find(await drawTestPhoto(1)), []);
});

test("the face engine finds a drawn face, and the same person in another size of the picture", async () => {
  const [[face, ...others], [again]] = [
    await engine.find(await drawPortrait(600)),
    await engine.find(await drawPortrait(450)),
  ];
  assert.ok(face !== undefined && again !== undefined);
  assert.equal(others.length, 0);
  assert.ok(Math.abs(Math.hypot(...face.embedding) - 1) < 1e-5);
  const middle = [(face.box.left + face.box.right) / 2, (face.box.top + face.box.bottom) / 2];
  assert.ok(
    middle.every((at) => Math.abs(at - 300) < 40),
    middle.join(),
  );
  assert.ok(similarityOf(face.embedding, again.embedding) > 0.9);
});

test("the face engine says why its networks did not load, and tries again", async () => {
  const lines: string[] = [];
  let loads = 0;
  const load = () =>
    loads++ === 0 ? Promise.reject(new Error("no network")) : loadModels({ progress: console.error });
  const unlucky = createLocalFaces({ load, progress: (line) => lines.push(line) });
  await assert.rejects(unlucky.find(await drawTestPhoto(1)), /no network/);
  assert.deepEqual(lines, ["Real faces cannot be compared: no network"]);
  assert.deepEqual(await unlucky.find(await drawTestPhoto(1)), []);
});

test("similarity follows CompreFace's formula", () => {
  const turned = (angle: number) => Float32Array.of(Math.cos(angle), Math.sin(angle));
  assert.equal(similarityOf(turned(0), turned(0)).toFixed(5), "1.00000");
  assert.equal(similarityOf(turned(0), turned(Math.PI)).toFixed(5), "0.00006");
  // A distance of 1.224676 is the middle.
  assert.equal(similarityOf(turned(0), turned(2 * Math.asin(1.224676 / 2))).toFixed(4), "0.5000");
});

test("a face is turned and scaled to the template", () => {
  // The template's points, twice as large, turned by a quarter, and moved.
  const at = (x: number, y: number) => [500 - 2 * y, 100 + 2 * x] as const;
  const points = [
    at(38.2946, 51.6963),
    at(73.5318, 51.5014),
    at(56.0252, 71.7366),
    at(41.5493, 92.3655),
    at(70.7299, 92.2041),
  ];
  const { origin, right, down } = alignedView(points);
  const rounded = [origin, right, down].map((point) => point.map((value) => Math.round(value * 1_000) / 1_000 + 0));
  assert.deepEqual(rounded, [
    [500, 100],
    [0, 2],
    [-2, 0],
  ]);
});
