/**
 * EXIF is reduced to the orientation before a decoder sees it, without any pointer that could keep the decoder busy.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { crc32 } from "node:zlib";
import * as fc from "fast-check";
import sharp from "sharp";
import { FinalError } from "../errors.ts";
import { keepOrientation, plainExif } from "./exif.ts";
import { createImagePreparation } from "./images.ts";
import { keepPictureChunks } from "./png.ts";

const images = createImagePreparation({ maxPixels: 64_000_000 });
const picture = (width = 800, height = 600) =>
  sharp({ create: { width, height, channels: 3, background: { r: 20, g: 20, b: 220 } } });

interface Entry {
  readonly tag: number;
  readonly type: number;
  readonly value: number;
}

/** An EXIF block with one directory. */
function exifOf(entries: readonly Entry[], { isLittle = false } = {}): Buffer {
  const block = Buffer.alloc(14 + 12 * entries.length);
  const short = (value: number, at: number) =>
    isLittle ? block.writeUInt16LE(value, at) : block.writeUInt16BE(value, at);
  const long = (value: number, at: number) =>
    isLittle ? block.writeUInt32LE(value, at) : block.writeUInt32BE(value, at);
  block.write(isLittle ? "II*\0" : "MM\0*", 0, "latin1");
  long(8, 4);
  short(entries.length, 8);
  for (const [index, { tag, type, value }] of entries.entries()) {
    const at = 10 + 12 * index;
    short(tag, at);
    short(type, at + 2);
    long(1, at + 4);
    if (type === 3) short(value, at + 8);
    else long(value, at + 8);
  }
  return block;
}

const POINTER: Entry = { tag: 0x8769, type: 4, value: 8 };
const UPSIDE_DOWN: Entry = { tag: 0x0112, type: 3, value: 3 };
const SIDEWAYS: Entry = { tag: 0x0112, type: 3, value: 6 };
/**
 * Each entry points back at the directory. With a decoder that follows them, the largest of these takes ten seconds.
 */
const mazeOf = (pointers: number) => exifOf([SIDEWAYS, ...Array.from({ length: pointers }, () => POINTER)]);

function jpegWith(jpeg: Buffer, exif: Buffer): Buffer {
  const head = Buffer.from([0xff, 0xe1, 0, 0, ...Buffer.from("Exif\0\0", "latin1")]);
  head.writeUInt16BE(exif.length + 8, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, exif, jpeg.subarray(2)]);
}

function pngWith(png: Buffer, exif: Buffer): Buffer {
  const data = Buffer.concat([Buffer.from("eXIf", "latin1"), exif]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(exif.length, 0);
  ends.writeUInt32BE(crc32(data), 4);
  return Buffer.concat([png.subarray(0, 33), ends.subarray(0, 4), data, ends.subarray(4), png.subarray(33)]);
}

/** Puts the block in place of the last chunk, which holds what sharp has written. */
function webpWith(webp: Buffer, exif: Buffer, mark = ""): Buffer {
  const data = Buffer.concat([Buffer.from(mark, "latin1"), exif]);
  const head = Buffer.from("EXIF....", "latin1");
  head.writeUInt32LE(data.length, 4);
  const file = Buffer.concat([webp.subarray(0, webp.lastIndexOf("EXIF")), head, data, Buffer.alloc(data.length % 2)]);
  file.writeUInt32LE(file.length - 8, 4);
  return file;
}

/** The block in every format; a JPEG has room for 64 KB of it. */
async function files(exif: Buffer, inJpeg = exif): Promise<Readonly<Record<string, Buffer>>> {
  const webp = await picture()
    .withExif({ IFD0: { Model: "phone" } })
    .webp()
    .toBuffer();
  return {
    jpeg: jpegWith(await picture().jpeg().toBuffer(), inJpeg),
    png: pngWith(await picture().png().toBuffer(), exif),
    webp: webpWith(webp, exif),
    "webp with a mark": webpWith(webp, exif, "Exif\0\0"),
  };
}

describe("EXIF in a picture", () => {
  test("EXIF turns the picture upright, in every format and byte order", async () => {
    for (const isLittle of [true, false]) {
      for (const entry of [SIDEWAYS, { ...SIDEWAYS, type: 4 }]) {
        const exif = exifOf([{ tag: 0x0110, type: 4, value: 7 }, entry], { isLittle });
        for (const [name, file] of Object.entries(await files(exif))) {
          const { width, height } = await images.prepare(file, "selfie");
          assert.deepEqual([width, height], [600, 800], name);
        }
      }
    }
  });

  test("EXIF with thousands of pointers to itself costs no time, and the picture is accepted", async () => {
    for (const [name, file] of Object.entries(await files(mazeOf(60_000), mazeOf(5_400)))) {
      const { width, height } = await images.prepare(file, "selfie");
      assert.deepEqual([width, height], [600, 800], name);
    }
  });

  test("EXIF in many blocks is reduced to the orientation in each of them", async () => {
    const pointer = Buffer.from([0x87, 0x69]);
    const png = await picture().png().toBuffer();
    const one = keepPictureChunks(pngWith(png, exifOf([SIDEWAYS])));
    assert.deepEqual(keepPictureChunks(pngWith(pngWith(png, exifOf([UPSIDE_DOWN])), mazeOf(9))), one);
    assert.ok(!one.includes(pointer));
    const model = { IFD0: { Model: "phone" } };
    const webp = webpWith(await picture().withExif(model).webp().toBuffer(), mazeOf(9));
    keepOrientation(webp, "webp");
    assert.ok(!webp.includes(pointer));
    const jpeg = jpegWith(jpegWith(await picture().jpeg().toBuffer(), mazeOf(2)), exifOf([UPSIDE_DOWN, POINTER]));
    const { length } = jpeg;
    keepOrientation(jpeg, "jpeg");
    assert.equal(jpeg.length, length);
    assert.ok(!jpeg.includes(pointer));
  });

  test("a picture without EXIF stays as it is", async () => {
    for (const format of ["jpeg", "webp"] as const) {
      const file = await picture().toFormat(format).toBuffer();
      const before = Buffer.from(file);
      keepOrientation(file, format);
      assert.deepEqual(file, before);
    }
  });

  test("a file with too many segments or chunks is refused", async () => {
    const jpeg = await picture().jpeg().toBuffer();
    const webp = await picture().webp().toBuffer();
    const comment = Buffer.from([0xff, 0xfe, 0, 2]);
    const padding = Buffer.from("juNk\0\0\0\0", "latin1");
    for (const file of [
      Buffer.concat([jpeg.subarray(0, 2), ...Array<Buffer>(70_000).fill(comment), jpeg.subarray(2)]),
      Buffer.concat([jpeg.subarray(0, 2), Buffer.alloc(70_000, 0xff), jpeg.subarray(2)]),
      Buffer.concat([webp.subarray(0, 12), ...Array<Buffer>(4_096).fill(padding), webp.subarray(12)]),
    ]) {
      await assert.rejects(images.prepare(file, "selfie"), (error: unknown) => {
        assert.ok(error instanceof FinalError);
        return error.reason === "image_corrupt";
      });
    }
  });
});

describe("plainExif", () => {
  const orientationOf = async (exif: Buffer) =>
    (await sharp(pngWith(await picture(8, 8).png().toBuffer(), exif)).metadata()).orientation ?? 1;

  test("plainExif keeps the orientation that the decoder finds, and nothing else", async () => {
    const entry = fc.record({
      tag: fc.constantFrom(0x0112, 0x0110, 0x0100),
      type: fc.constantFrom(3, 4),
      value: fc.nat(10),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(entry, { selector: ({ tag }) => tag, maxLength: 3 }),
        fc.boolean(),
        async (entries, isLittle) => {
          const exif = exifOf(entries, { isLittle });
          const plain = plainExif(exif);
          assert.equal(await orientationOf(plain), await orientationOf(exif));
          assert.deepEqual(plainExif(plain), plain);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("plainExif accepts any bytes", () => {
    const start = fc.constantFrom("", "II*\0", "MM\0*", "MM\0*\0\0\0\x08\xff\xff", "II*\0\xff\xff\xff\xff");
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 60 }), (head, rest) => {
        const orientation = plainExif(Buffer.concat([Buffer.from(head, "latin1"), rest])).readUInt16BE(18);
        assert.ok(orientation >= 1 && orientation <= 8);
      }),
    );
  });

  test("any bytes after a format's signature are accepted or refused as image_corrupt", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (rest, isMarked) => {
        const bytes = isMarked
          ? Buffer.concat([Buffer.from("\xff\xd8\xff\xe1\0\x30Exif\0\0", "latin1"), rest])
          : Buffer.from(rest);
        const { length } = bytes;
        keepOrientation(bytes, "jpeg");
        keepOrientation(bytes, "webp");
        assert.equal(bytes.length, length);
      }),
    );
  });
});
