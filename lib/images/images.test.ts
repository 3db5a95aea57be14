/** From an upload to a picture: which uploads are refused and why, and what the picture keeps. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inspect } from "node:util";
import { crc32, deflateSync } from "node:zlib";
import * as fc from "fast-check";
import sharp from "sharp";
import { FinalError } from "../errors.ts";
import { createImagePreparation, type Picture } from "./images.ts";
import { keepPictureChunks } from "./png.ts";
import { sniffFormat } from "./upload.ts";

const MAX_PIXELS = 64_000_000;
const COMPREFACE_MAX_BYTES = 5 * 1024 * 1024;
const images = createImagePreparation({ maxPixels: MAX_PIXELS });

const RED = { r: 220, g: 20, b: 20 };
const BLUE = { r: 20, g: 20, b: 220 };

/** A blue picture with a red top left corner. The corner's place shows how the picture was turned. */
function flag(width = 800, height = 600) {
  const corner = { create: { width: width / 4, height: height / 4, channels: 3 as const, background: RED } };
  return sharp({ create: { width, height, channels: 3, background: BLUE } }).composite([
    { input: corner, left: 0, top: 0 },
  ]);
}

const prepare = (bytes: Buffer) => images.prepare(bytes, "selfie");

async function assertRefused(bytes: Buffer, reason: string, from = images): Promise<FinalError> {
  const error: unknown = await from.prepare(bytes, "selfie").then(
    ({ width, height }) => assert.fail(`taken, ${width} x ${height}`),
    (refusal: unknown) => refusal,
  );
  assert.ok(error instanceof FinalError, inspect(error));
  assert.equal(error.message, `INVALID_PHOTO:selfie:${reason}`);
  assert.equal(error.reason, reason);
  assert.equal(error.image, "selfie");
  return error;
}

/** The colour in the middle of each corner's quarter, clockwise from the top left. */
async function corners({ jpeg, width, height }: Picture): Promise<string[]> {
  const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height, info.channels], [width, height, 3]);
  const at = (x: number, y: number) => {
    const offset = (Math.floor(y * height) * width + Math.floor(x * width)) * 3;
    return (data[offset] ?? 0) > (data[offset + 2] ?? 0) ? "red" : "blue";
  };
  return [at(0.1, 0.1), at(0.9, 0.1), at(0.9, 0.9), at(0.1, 0.9)];
}

describe("formats", () => {
  test("JPEG, PNG and WebP become JPEG", async () => {
    for (const upload of [flag().jpeg(), flag().png(), flag().webp()]) {
      const picture = await prepare(await upload.toBuffer());
      assert.equal(picture.role, "selfie");
      assert.equal((await sharp(picture.jpeg).metadata()).format, "jpeg");
      assert.deepEqual(await corners(picture), ["red", "blue", "blue", "blue"]);
    }
  });

  test("the format is recognised by the first bytes", () => {
    const heic = Buffer.from("....ftypheic....mif1");
    assert.equal(sniffFormat(heic), "heic");
    assert.equal(sniffFormat(Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>")), "unknown");
    assert.equal(sniffFormat(Buffer.from("RIFF....WAVE")), "unknown");
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 16 }), (bytes) => {
        assert.ok(["jpeg", "png", "webp", "heic", "unknown"].includes(sniffFormat(Buffer.from(bytes))));
      }),
    );
  });

  test("other formats are refused, even those that the decoder knows", async () => {
    const svg = Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="800" height="600"/>`);
    const gif = await flag().gif().toBuffer();
    const tiff = await flag().tiff().toBuffer();
    for (const bytes of [Buffer.alloc(0), Buffer.of(0xff), Buffer.from("%PDF-1.7"), svg, gif, tiff]) {
      assert.deepEqual((await assertRefused(bytes, "image_unsupported_format")).facts, { format: "unknown" });
    }
    const heic = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from("ftypheic"), Buffer.alloc(1_000)]);
    assert.deepEqual((await assertRefused(heic, "image_unsupported_format")).facts, { format: "heic" });
  });

  test("grey, 16-bit and CMYK pictures become sRGB", async () => {
    const uploads = [
      await flag().greyscale().toColourspace("b-w").jpeg().toBuffer(),
      await flag().toColourspace("rgb16").png().toBuffer(),
      await flag().toColourspace("cmyk").jpeg().toBuffer(),
    ];
    for (const upload of uploads) {
      const { space, channels, depth } = await sharp((await prepare(upload)).jpeg).metadata();
      assert.deepEqual({ space, channels, depth }, { space: "srgb", channels: 3, depth: "uchar" });
    }
  });

  test("transparent pixels become white", async () => {
    const glass = { create: { width: 300, height: 300, channels: 4 as const, background: { ...BLUE, alpha: 0 } } };
    const { jpeg } = await prepare(await sharp(glass).png().toBuffer());
    const { channels } = await sharp(jpeg).stats();
    assert.deepEqual(
      channels.map(({ min }) => min),
      [255, 255, 255],
    );
  });
});

describe("damage", () => {
  test("a picture that is cut off, overwritten or empty after its header is refused as damaged", async () => {
    for (const whole of [
      await flag().jpeg().toBuffer(),
      await flag().png().toBuffer(),
      await flag().webp().toBuffer(),
    ]) {
      await assertRefused(whole.subarray(0, whole.length / 2), "image_corrupt");
      await assertRefused(whole.subarray(0, 12), "image_corrupt");
    }
    const png = await flag().png().toBuffer();
    png.fill(0, png.length / 2, png.length / 2 + 100);
    await assertRefused(png, "image_corrupt");
  });

  test("random bytes after a format's signature are refused with a known reason", async () => {
    const marks = [
      Buffer.of(0xff, 0xd8, 0xff),
      Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
      Buffer.from("RIFF....WEBP"),
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...marks), fc.uint8Array({ maxLength: 300 }), async (mark, rest) => {
        await assertRefused(Buffer.concat([mark, rest]), "image_corrupt");
      }),
      { numRuns: 60 },
    );
  });
});

describe("size", () => {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(data.length, 0);
    ends.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
  };
  /** A PNG with this many further chunks behind its header. */
  const pngWith = (png: Buffer, count: number, extra: Buffer) =>
    Buffer.concat([png.subarray(0, 33), ...Array<Buffer>(count).fill(extra), png.subarray(33)]);

  test("a PNG with too many chunks is refused, and one with many is accepted", async () => {
    const png = await flag().png().toBuffer();
    for (const [type, data] of [
      ["IDAT", Buffer.alloc(0)],
      ["juNk", Buffer.alloc(0)],
      ["PLTE", Buffer.alloc(3)],
    ] as const) {
      await assertRefused(pngWith(png, 65_536, chunk(type, data)), "image_corrupt");
    }
    const many = pngWith(png, 60_000, chunk("IDAT", Buffer.alloc(0)));
    assert.deepEqual((await prepare(many)).jpeg, (await prepare(png)).jpeg);
  });

  /** A small PNG whose header says that it has this size. */
  async function pngBomb(width: number, height: number): Promise<Buffer> {
    const bomb = await flag().png().toBuffer();
    bomb.writeUInt32BE(width, 16);
    bomb.writeUInt32BE(height, 20);
    bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29);
    return bomb;
  }

  test("a small file whose header says 50,000 x 50,000 is refused before its pixels take memory", async () => {
    const before = process.memoryUsage().rss;
    const error = await assertRefused(await pngBomb(50_000, 50_000), "image_too_large");
    assert.deepEqual(error.facts, { width: 50_000, height: 50_000, maxPixels: MAX_PIXELS });
    // Its pixels would take 10 GB.
    assert.ok(process.memoryUsage().rss - before < 200_000_000);
  });

  test("a PNG's compressed texts and profiles are never decompressed, and its picture stays as it was", async () => {
    const png = await flag().png().withMetadata({ orientation: 6 }).toBuffer();
    const bomb = deflateSync(Buffer.alloc(1_000_000));
    const extras = ["zTXt", "iTXt", "tEXt", "iCCP", "juNk"].map((type) => chunk(type, bomb));
    const behindHeader = 33;
    const stuffed = Buffer.concat([png.subarray(0, behindHeader), ...extras, png.subarray(behindHeader)]);
    const kept = keepPictureChunks(stuffed);
    assert.deepEqual(kept, keepPictureChunks(png));
    for (const type of ["zTXt", "iTXt", "tEXt", "iCCP", "juNk"]) assert.ok(!kept.includes(type), type);
    assert.deepEqual((await prepare(stuffed)).jpeg, (await prepare(png)).jpeg);
    assert.deepEqual(await corners(await prepare(stuffed)), ["blue", "red", "blue", "blue"]);
  });

  test("lossless WebP pictures are decoded one at a time, because each holds all its pixels", async () => {
    const side = 5_000;
    const slope = Buffer.alloc(side * side * 3).map((_, index) => (index >> 12) & 0xff);
    const raw = { width: side, height: side, channels: 3 as const };
    const small = await sharp(slope, { raw }).webp({ lossless: true, effort: 0 }).toBuffer();
    const many = createImagePreparation({ maxPixels: MAX_PIXELS, atOnce: 8 });
    const before = process.memoryUsage().rss;
    let most = before;
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 2);
    await Promise.all(Array.from({ length: 8 }, () => many.prepare(small, "selfie")));
    clearInterval(watch);
    // Each takes 100 MB.
    assert.ok(most - before < 300_000_000, `${most - before} bytes`);
  });

  test("a picture of exactly the pixel limit is accepted, and one pixel more is refused", async () => {
    const strict = createImagePreparation({ maxPixels: 800 * 600 });
    assert.equal((await strict.prepare(await flag().jpeg().toBuffer(), "stamp")).width, 800);
    await assertRefused(await flag(804, 600).jpeg().toBuffer(), "image_too_large", strict);
  });

  test("a picture that is too small on one side is refused", async () => {
    assert.deepEqual((await assertRefused(await flag(600, 196).png().toBuffer(), "image_too_small")).facts, {
      width: 600,
      height: 196,
    });
    assert.equal((await prepare(await flag(600, 200).png().toBuffer())).height, 200);
  });

  test("a long strip that would be too small after shrinking is refused", async () => {
    await assertRefused(await flag(20_000, 200).png().toBuffer(), "image_too_small");
  });

  test("a large picture is shrunk, and a small one is not enlarged", async () => {
    const photo = await flag(4_032, 3_024).jpeg().toBuffer();
    const page = await images.prepare(photo, "passport");
    assert.deepEqual([page.width, page.height], [1_728, 1_296]);
    const stamp = await images.prepare(photo, "stamp");
    assert.deepEqual([stamp.width, stamp.height], [1_344, 1_008]);
    const upright = await prepare(await flag(3_024, 4_032).jpeg().toBuffer());
    assert.deepEqual([upright.width, upright.height], [1_008, 1_344]);
    assert.equal((await prepare(await flag(400, 300).jpeg().toBuffer())).width, 400);
  });

  test("even a picture of noise stays below CompreFace's size limit", async () => {
    const side = 2_100;
    const noise = { create: { width: side, height: side, channels: 3 as const, background: BLUE } };
    const upload = await sharp({
      ...noise,
      create: { ...noise.create, noise: { type: "gaussian", mean: 128, sigma: 80 } },
    })
      .jpeg({ quality: 95 })
      .toBuffer();
    const { jpeg } = await prepare(upload);
    assert.ok(jpeg.length < COMPREFACE_MAX_BYTES, `${jpeg.length} bytes`);
  });
});

describe("metadata", () => {
  test("every EXIF orientation comes out upright", async () => {
    // What a viewer that knows orientation shows for each of the eight, from the same pixels.
    const shown: Readonly<Record<number, string[]>> = {
      1: ["red", "blue", "blue", "blue"],
      2: ["blue", "red", "blue", "blue"],
      3: ["blue", "blue", "red", "blue"],
      4: ["blue", "blue", "blue", "red"],
      5: ["red", "blue", "blue", "blue"],
      6: ["blue", "red", "blue", "blue"],
      7: ["blue", "blue", "red", "blue"],
      8: ["blue", "blue", "blue", "red"],
    };
    for (const [orientation, expected] of Object.entries(shown)) {
      const upload = await flag()
        .jpeg()
        .withMetadata({ orientation: Number(orientation) })
        .toBuffer();
      const picture = await prepare(upload);
      assert.deepEqual(await corners(picture), expected, `orientation ${orientation}`);
      assert.deepEqual([picture.width, picture.height], Number(orientation) < 5 ? [800, 600] : [600, 800]);
    }
  });

  test("the place, the time and colour profiles are removed", async () => {
    const exif = { IFD0: { Model: "Canary Phone" }, IFD3: { GPSLatitude: "41/1 18/1 0/1", GPSLatitudeRef: "N" } };
    const upload = await flag().jpeg().withExif(exif).withIccProfile("p3").toBuffer();
    const before = await sharp(upload).metadata();
    assert.ok(before.exif !== undefined && before.icc !== undefined && upload.includes("Canary Phone"));

    const { jpeg } = await prepare(upload);
    const { exif: exifLeft, icc, xmp, iptc, orientation } = await sharp(jpeg).metadata();
    assert.deepEqual([exifLeft, icc, xmp, iptc, orientation], Array(5).fill(undefined));
    assert.ok(!jpeg.includes("Canary Phone"));
  });
});

describe("cropMrz", () => {
  const page = async () => images.prepare(await flag(1_000, 1_000).jpeg().toBuffer(), "passport");

  test("cropMrz cuts the model's box with a margin, over the whole width", async () => {
    const strip = await images.cropMrz(await page(), [800, 100, 900, 900]);
    assert.deepEqual([strip.width, strip.role], [1_000, "passport"]);
    assert.ok(Math.abs(strip.height - 180) <= 1);
    // The red corner reaches down to 250: a strip from the top shows it at its left.
    const top = await images.cropMrz(await page(), [0, 0, 100, 1_000]);
    assert.ok(Math.abs(top.height - 140) <= 1);
    assert.deepEqual(await corners(top), ["red", "blue", "blue", "red"]);
  });

  test("cropMrz cuts the lower part of the page if the box is missing or invalid", async () => {
    for (const box of [null, [], [900, 0, 100, 1_000], [500, 0, 500, 1_000]]) {
      assert.equal((await images.cropMrz(await page(), box)).height, 400);
    }
  });

  test("cropMrz gives a picture for every box, even of the smallest page", async () => {
    const small = await prepare(await flag(400, 200).jpeg().toBuffer());
    const side = fc.double({ min: 0, max: 1_000, noNaN: true });
    await fc.assert(
      fc.asyncProperty(fc.array(side, { minLength: 4, maxLength: 4 }), async (box) => {
        const strip = await images.cropMrz(small, box);
        const { width, height } = await sharp(strip.jpeg).metadata();
        assert.deepEqual([width, height], [strip.width, strip.height]);
        assert.ok(height >= 1 && height <= small.height);
      }),
      { numRuns: 60 },
    );
  });
});

test("pictures are prepared in turn, and a refused picture frees its place", async () => {
  const one = createImagePreparation({ maxPixels: MAX_PIXELS, atOnce: 1 });
  const good = await flag().jpeg().toBuffer();
  const outcomes = await Promise.allSettled([
    one.prepare(good, "passport"),
    one.prepare(Buffer.from("no picture"), "selfie"),
    one.prepare(good, "stamp"),
  ]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled"],
  );
});
