/** Small plain JPEGs are sent without encoding them again: which ones, and without which parts. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import sharp from "sharp";
import { FinalError } from "../errors.ts";
import { createImagePreparation } from "./images.ts";
import { barePicture, segmentsOf } from "./jpeg.ts";

const images = createImagePreparation({ maxPixels: 64_000_000 });

/** Waves of all three colours: as a JPEG, some bytes for each of its blocks. */
function photo(width = 800, height = 600) {
  const data = Buffer.alloc(width * height * 3).map(
    (_, index) => 128 + 100 * Math.sin(index / 97) * Math.cos(index / 7_001),
  );
  return sharp(data, { raw: { width, height, channels: 3 } });
}

const pixelsOf = (jpeg: Buffer) => sharp(jpeg, { failOn: "warning" }).raw().toBuffer();

/** The upload behind a JPEG's start mark, with more segments. */
const insert = (jpeg: Buffer, ...segments: readonly Buffer[]) =>
  Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);

function segment(marker: number, text: string): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(text.length + 2, 2);
  return Buffer.concat([head, Buffer.from(text, "latin1")]);
}

async function assertCorrupt(upload: Buffer, what: string): Promise<void> {
  await assert.rejects(
    images.prepare(upload, "selfie"),
    (error: unknown) => error instanceof FinalError && error.reason === "image_corrupt",
    what,
  );
}

describe("small plain JPEGs", () => {
  test("a small plain JPEG keeps its pixels and loses everything else, with and without the reader", async () => {
    const plain = await photo().jpeg({ quality: 80 }).toBuffer();
    const exif = await photo()
      .jpeg({ quality: 80 })
      .withExif({ IFD0: { Model: "Canary Phone" } })
      .toBuffer();
    const further = [segment(0xfe, "Canary comment"), segment(0xe1, "http://ns.adobe.com/xap/1.0/\0Canary XMP")];
    for (const upload of [
      plain,
      exif,
      insert(plain, ...further),
      Buffer.concat([plain, Buffer.from("Canary behind it")]),
    ]) {
      const expected = await pixelsOf(upload);
      const prepared = await images.prepare(Buffer.from(upload), "selfie");
      const { picture } = await images.preparePage(Buffer.from(upload));
      for (const { jpeg, width, height } of [prepared, picture]) {
        assert.deepEqual([width, height], [800, 600]);
        assert.deepEqual(await pixelsOf(jpeg), expected);
        assert.ok(!jpeg.includes("Canary"));
        const markers = new Set([...segmentsOf(jpeg)].map(({ marker }) => marker));
        assert.deepEqual(markers, new Set([0xdb, 0xc0, 0xc4, 0xda]));
      }
    }
  });

  test("a small plain JPEG keeps its restart marks", async () => {
    const upload = await photo().jpeg({ quality: 80 }).toBuffer();
    const scan = [...segmentsOf(upload)].at(-1);
    assert.ok(scan !== undefined);
    // An interval that the scan never reaches, so that the scan needs no marks.
    const interval = Buffer.from([0xff, 0xdd, 0, 4, 0xff, 0xff]);
    const marked = Buffer.concat([upload.subarray(0, scan.start - 4), interval, upload.subarray(scan.start - 4)]);
    assert.ok(barePicture(marked)?.includes(interval));
  });

  test("a small plain JPEG is refused if its end or a table that its scan needs is missing", async () => {
    const whole = await photo().jpeg({ quality: 80 }).toBuffer();
    for (const missing of [8, 100, 5_000])
      await assertCorrupt(whole.subarray(0, -missing), `${missing} bytes missing at the end`);
    const table = [...segmentsOf(whole)].find(({ marker }) => marker === 0xdb);
    assert.ok(table !== undefined);
    await assertCorrupt(
      Buffer.concat([whole.subarray(0, table.start - 4), whole.subarray(table.end)]),
      "without tables",
    );
  });
});

describe("re-encoded is", () => {
  const isReencoded = async (upload: Buffer) => {
    const bare = barePicture(Buffer.from(upload));
    const { jpeg } = await images.prepare(upload, "selfie");
    return bare === undefined || !jpeg.equals(bare);
  };

  for (const [what, upload] of Object.entries({
    "a progressive picture": () => photo().jpeg({ progressive: true }),
    "a grey picture": () => photo().toColourspace("b-w").jpeg(),
    "a picture of four inks": () => photo().toColourspace("cmyk").jpeg(),
    "a picture with a colour profile": () => photo().jpeg().withIccProfile("p3"),
    "a picture that lies on its side": () => photo().jpeg().withMetadata({ orientation: 6 }),
    "a picture that is larger than its role needs": () => photo(1_400, 600).jpeg(),
    "a picture of needless quality": () => photo().jpeg({ quality: 100, chromaSubsampling: "4:4:4" }),
  }))
    test(what, async () => assert.ok(await isReencoded(await upload().toBuffer())));

  test("a picture with a marker about its colours is re-encoded", async () => {
    const upload = await photo().jpeg().toBuffer();
    assert.ok(await isReencoded(insert(upload, segment(0xee, "Adobe\0\x64\0\0\0\0\x01"))));
    assert.equal(await isReencoded(upload), false);
  });
});
