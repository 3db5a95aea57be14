import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { drawSelfie } from "./drawing/draw.ts";
import { bombPng, heicFile, notAnImage, tinyPicture, truncated } from "./files.ts";

const decode = (bytes: Buffer) => sharp(bytes).raw().toBuffer();

test("text is no image", async () => {
  await assert.rejects(decode(notAnImage()));
});

test("a HEIC file begins with its brands, and its boxes fill it", () => {
  const file = heicFile();
  assert.equal(file.toString("latin1", 4, 12), "ftypheic");
  const names: string[] = [];
  for (let at = 0; at < file.length; at += file.readUInt32BE(at)) names.push(file.toString("latin1", at + 4, at + 8));
  assert.deepEqual(names, ["ftyp", "meta", "mdat"]);
});

test("the bomb is small on disk and huge in its header", async () => {
  const bomb = bombPng();
  assert.ok(bomb.length < 10_000);
  const { width, height, format } = await sharp(bomb, { limitInputPixels: false }).metadata();
  assert.deepEqual([width, height, format], [50_000, 50_000, "png"]);
  await assert.rejects(decode(bomb), /pixel limit/);
});

test("a truncated JPEG has its header, but not its end", async () => {
  const half = truncated(await drawSelfie({ faces: [1], widthPx: 400 }));
  assert.equal((await sharp(half).metadata()).width, 400);
  await assert.rejects(decode(half));
});

test("the tiny picture is sound", async () => {
  const { info } = await sharp(await tinyPicture())
    .raw()
    .toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height], [20, 20]);
});
