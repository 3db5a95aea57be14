/** JPEG files that cameras, phones and uploads leave in an odd form. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import sharp from "sharp";
import { createImagePreparation } from "./images.ts";
import { segmentsOf } from "./jpeg.ts";

const images = createImagePreparation({ maxPixels: 64_000_000 });

/** Noise: each part of the picture has bytes of its own in the scan. */
const noise = () =>
  sharp({
    create: { width: 640, height: 480, channels: 3, background: "grey", noise: { type: "gaussian", sigma: 40 } },
  });

const prepare = (jpeg: Buffer) => images.prepare(Buffer.from(jpeg), "selfie");
const assertCorrupt = (jpeg: Buffer, message: string) =>
  assert.rejects(prepare(jpeg), { message: "INVALID_PHOTO:selfie:image_corrupt" }, message);
const pixelsOf = async (jpeg: Buffer) => (await prepare(jpeg)).jpeg;

describe("JPEGs that end early", () => {
  for (const progressive of [false, true]) {
    const kind = progressive ? "progressive" : "baseline";

    test(`a JPEG without its end mark (${kind}) is accepted if its scan is complete, and shows the same picture`, async () => {
      const whole = await noise().jpeg({ progressive }).toBuffer();
      const expected = await pixelsOf(whole);
      assert.deepEqual(await pixelsOf(whole.subarray(0, -2)), expected);
      // Cut between the two bytes of the mark.
      assert.deepEqual(await pixelsOf(whole.subarray(0, -1)), expected);
    });

    test(`a JPEG without its end mark (${kind}) is refused if a part of its scan is missing`, async () => {
      const scans = (await noise().jpeg({ progressive }).toBuffer()).subarray(0, -2);
      for (const missing of [8, 100, 5_000, Math.floor(scans.length / 2)]) {
        await assertCorrupt(scans.subarray(0, -missing), `${missing} bytes missing`);
      }
    });
  }

  test("a JPEG with missing pixels is refused at a size that is shrunk on load", async () => {
    const whole = await sharp({
      create: {
        width: 4_032,
        height: 1_008,
        channels: 3,
        background: "grey",
        noise: { type: "gaussian", mean: 128, sigma: 40 },
      },
    })
      .jpeg()
      .toBuffer();
    for (const missing of [100, 3_000]) await assertCorrupt(whole.subarray(0, -missing), `${missing} bytes missing`);
  });

  test("a JPEG with headers and no scan is refused", async () => {
    const whole = await noise().jpeg().toBuffer();
    const scan = [...segmentsOf(whole)].at(-1);
    assert.equal(scan?.marker, 0xda);
    await assertCorrupt(whole.subarray(0, scan.start), "within the header of the scan");
    await assertCorrupt(whole.subarray(0, scan.end), "behind the header of the scan");
  });
});

/** A segment with its marker and length. */
function segment(marker: number, ...data: readonly Buffer[]): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(Buffer.concat(data).length + 2, 2);
  return Buffer.concat([head, ...data]);
}

const insert = (jpeg: Buffer, ...segments: readonly Buffer[]) =>
  Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);

const xmp = (attributes: string) =>
  segment(
    0xe1,
    Buffer.from("http://ns.adobe.com/xap/1.0/\0"),
    Buffer.from(
      `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0" ${attributes}/></rdf:RDF></x:xmpmeta>`,
    ),
  );

/** The list of the file's two pictures (CIPA DC-007). */
function pictureList(sizes: readonly number[]): Buffer {
  const list = Buffer.alloc(82);
  list.write("MM\0*", 0, "latin1");
  list.writeUInt32BE(8, 4);
  list.writeUInt16BE(3, 8);
  const entries = [
    [0xb000, 7, 4, 0x30313030],
    [0xb001, 4, 1, sizes.length],
    [0xb002, 7, 16 * sizes.length, 50],
  ] as const;
  for (const [index, [tag, type, count, value]] of entries.entries()) {
    const at = 10 + 12 * index;
    list.writeUInt16BE(tag, at);
    list.writeUInt16BE(type, at + 2);
    list.writeUInt32BE(count, at + 4);
    list.writeUInt32BE(value, at + 8);
  }
  for (const [index, size] of sizes.entries()) list.writeUInt32BE(size, 54 + 16 * index);
  return segment(0xe2, Buffer.from("MPF\0"), list);
}

/** A photo with a gain map behind it, as phones take it. */
async function withGainMap(base: Buffer): Promise<Buffer> {
  const grey = await sharp({ create: { width: 160, height: 120, channels: 3, background: "grey" } })
    .toColourspace("b-w")
    .jpeg()
    .toBuffer();
  const gain = `hdrgm:GainMapMin="0" hdrgm:GainMapMax="2" hdrgm:HDRCapacityMin="0" hdrgm:HDRCapacityMax="2"`;
  const map = insert(grey, xmp(gain));
  return Buffer.concat([insert(base, xmp(""), pictureList([base.length, map.length])), map]);
}

describe("Ultra HDR", () => {
  for (const colours of ["srgb", "b-w"]) {
    test(`an Ultra HDR photo with a base picture in ${colours} is accepted, and shows the base picture`, async () => {
      const base = await noise().toColourspace(colours).jpeg().toBuffer();
      const upload = await withGainMap(base);
      assert.ok((await sharp(upload).metadata()).gainMap, "the decoder must see the gain map, or this tests nothing");
      assert.deepEqual(await pixelsOf(upload), await pixelsOf(base));
    });
  }
});
