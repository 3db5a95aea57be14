/** One decode of a passport's page gives the picture for the providers and the pixels for the reader. */
import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { FinalError } from "../errors.ts";
import { createImagePreparation } from "./images.ts";
import { decodePixels } from "./pixels.ts";

const limits = { maxPixels: 64_000_000 };
const images = createImagePreparation(limits);

/** Slopes of all three colours, with a white corner. */
function slopes(width: number, height: number) {
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const corner = x < width / 8 && y < height / 8;
      const values = corner ? [255, 255, 255] : [(x * 200) / width, (y * 200) / height, 100];
      data.set(values, (y * width + x) * 3);
    }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

test("a small page gives the same picture, byte for byte, as preparing it without the reader", async () => {
  const upload = await slopes(1_600, 1_200).jpeg({ quality: 95 }).toBuffer();
  const { picture, pixels } = await images.preparePage(Buffer.from(upload));
  assert.deepEqual(picture, await images.prepare(Buffer.from(upload), "passport"));
  assert.deepEqual(pixels, await decodePixels(upload, limits));
  assert.deepEqual([pixels.width, pixels.height, pixels.scale], [1_600, 1_200, 1]);
});

test("a large page gives the same picture, byte for byte, as preparing it without the reader", async () => {
  const upload = await slopes(4_032, 3_024).jpeg({ quality: 95 }).withMetadata({ orientation: 6 }).toBuffer();
  const { picture, pixels } = await images.preparePage(Buffer.from(upload));
  assert.deepEqual(picture, await images.prepare(Buffer.from(upload), "passport"));
  assert.deepEqual([pixels.width, pixels.height], [1_296, 1_728]);
  assert.equal(pixels.scale, 4_032 / 1_728);
  assert.deepEqual(pixels, await decodePixels(upload, limits));
});

test("grey, transparent and 16-bit pages get three colour channels", async () => {
  for (const upload of [
    await slopes(400, 300).toColourspace("b-w").jpeg().toBuffer(),
    await slopes(400, 300).ensureAlpha(0.5).png().toBuffer(),
    await slopes(400, 300).toColourspace("rgb16").png().toBuffer(),
  ]) {
    const { picture, pixels } = await images.preparePage(upload);
    assert.equal(pixels.data.length, 400 * 300 * 3);
    assert.equal((await sharp(picture.jpeg).metadata()).channels, 3);
  }
});

test("a page without its end mark is refused if pixels are missing, at a size that is shrunk on load too", async () => {
  const noise = { type: "gaussian", mean: 128, sigma: 40 } as const;
  const create = { width: 6_000, height: 1_500, channels: 3, background: "grey", noise } as const;
  const whole = await sharp({ create }).jpeg().toBuffer();
  await images.preparePage(Buffer.from(whole));
  for (const missing of [100, 3_000])
    await assert.rejects(images.preparePage(Buffer.from(whole.subarray(0, -missing))), {
      message: "INVALID_PHOTO:passport:image_corrupt",
    });
});

test("a file that is not a picture is refused with the same reason as without the reader", async () => {
  const whole = await slopes(800, 600).jpeg().toBuffer();
  for (const [upload, reason] of [
    [whole.subarray(0, whole.length / 2), "image_corrupt"],
    [await slopes(600, 150).jpeg().toBuffer(), "image_too_small"],
    [Buffer.from("no picture"), "image_unsupported_format"],
  ] as const)
    await assert.rejects(
      images.preparePage(Buffer.from(upload)),
      (error: unknown) => error instanceof FinalError && error.reason === reason && error.image === "passport",
    );
});
