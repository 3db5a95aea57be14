import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import sharp from "sharp";
import { writeBarcode } from "zxing-wasm/writer";
import { drawMark } from "./drawing/draw-mark.ts";
import { drawDrivingLicence, drawPassportPhoto, drawSelfie, drawStampPage } from "./drawing/draw.ts";
import { bombPng, truncated } from "../../test/broken-pictures.ts";
import { notAnImage } from "./files.ts";
import type { Box } from "./box.ts";
import { readMarks, UnreadableImageError, type Mark } from "./marks.ts";
import { samplePassport } from "./passports.ts";

const namesOf = (marks: readonly Mark[]) => marks.map(({ kind, number }) => `${kind} ${number}`).toSorted();

/** What the service does before it sends a picture, in a worse quality than its own. */
const asSent = (bytes: Buffer, longSidePx: number, quality = 70) =>
  sharp(bytes)
    .autoOrient()
    .resize({ width: longSidePx, height: longSidePx, fit: "inside" })
    .jpeg({ quality })
    .toBuffer();

function assertClose(box: Box | undefined, expected: Box, tolerance: number): void {
  assert.ok(box);
  for (const side of ["left", "top", "right", "bottom"] as const) {
    const apart = Math.abs(box[side] - expected[side]);
    assert.ok(apart <= tolerance, `${side}: ${box[side]} is ${apart} from ${expected[side]}`);
  }
}

const PICTURES = {
  "a passport": {
    draw: () => drawPassportPhoto({ passport: samplePassport(1) }),
    marks: ["face 1", "mrz 1", "page 1"],
  },
  "a passport turned by EXIF": {
    draw: () => drawPassportPhoto({ passport: samplePassport(2), exifOrientation: 6 }),
    marks: ["face 2", "mrz 2", "page 2"],
  },
  "a passport with large numbers": {
    draw: () => drawPassportPhoto({ passport: samplePassport(999_999_998), face: 999_999_999 }),
    marks: ["face 999999999", "mrz 999999998", "page 999999998"],
  },
  "a passport without a portrait": {
    draw: () => drawPassportPhoto({ passport: samplePassport(5), face: null }),
    marks: ["blank 5", "mrz 5", "page 5"],
  },
  "a selfie": { draw: () => drawSelfie({ faces: [1] }), marks: ["face 1"] },
  "a selfie of three people": { draw: () => drawSelfie({ faces: [4, 5, 6] }), marks: ["face 4", "face 5", "face 6"] },
  "an empty room": { draw: () => drawSelfie({ faces: [] }), marks: ["blank 0"] },
  "a stamp": { draw: () => drawStampPage({ number: 2 }), marks: ["stamp 2"] },
  "a driving licence": { draw: () => drawDrivingLicence({ number: 7 }), marks: ["card 7", "face 7"] },
};

describe("marks survive what the service does to a picture", () => {
  for (const [name, { draw, marks }] of Object.entries(PICTURES)) {
    test(name, async () => {
      const original = await draw();
      for (const longSidePx of [640, 2_016]) {
        const read = await readMarks(await asSent(original, longSidePx));
        assert.deepEqual(namesOf(read.marks), marks, `${longSidePx} px`);
        assert.ok(read.marks.every(({ upright }) => upright));
      }
    });
  }

  test("marks survive in a strip around the machine readable zone", async () => {
    const original = await drawPassportPhoto({ passport: samplePassport(3) });
    const { marks, width, height } = await readMarks(original);
    const zone = marks.find(({ kind }) => kind === "mrz")?.mrzBox;
    assert.ok(zone);
    const strip = await sharp(original)
      .extract({
        left: Math.max(0, Math.round(zone.left)),
        top: Math.round(zone.top),
        width: Math.min(width, Math.round(zone.right)) - Math.max(0, Math.round(zone.left)),
        height: Math.min(height, Math.round(zone.bottom)) - Math.round(zone.top),
      })
      .resize({ width: 1_600 })
      .jpeg({ quality: 75 })
      .toBuffer();
    assert.deepEqual(namesOf((await readMarks(strip)).marks), ["mrz 3"]);
  });
});

test("a face is found beside its mark, however the picture is scaled", async () => {
  // Where the selfie's portrait is drawn, and how large: see draw-selfie.ts.
  const [x, y, unit] = [1_120, 1_640, 5.5];
  const drawn = { left: x - 100 * unit, right: x + 100 * unit, top: y - 128 * unit, bottom: y + 128 * unit };
  const original = await drawSelfie({ faces: [2] });
  const [mark] = (await readMarks(original)).marks;
  assertClose(mark?.faceBox, drawn, 24);
  const [small] = (await readMarks(await asSent(original, 1_008, 80))).marks;
  const quarter = { left: drawn.left / 4, right: drawn.right / 4, top: drawn.top / 4, bottom: drawn.bottom / 4 };
  assertClose(small?.faceBox, quarter, 6);
});

describe("the pixels of a sample are read as they are stored", () => {
  let upright: Mark | undefined;
  before(async () => {
    [upright] = (await readMarks(await drawSelfie({ faces: [8], widthPx: 900 }))).marks;
  });

  for (const exifOrientation of [2, 3, 4, 5, 6, 7, 8] as const) {
    test(`a sample is read as it is stored, with EXIF orientation ${exifOrientation}`, async () => {
      const turned = await drawSelfie({ faces: [8], widthPx: 900, exifOrientation });
      const stored = await readMarks(turned);
      assert.deepEqual([stored.width, stored.height], exifOrientation < 5 ? [900, 1_200] : [1_200, 900]);
      assert.deepEqual(namesOf(stored.marks), ["face 8"]);
      assert.equal(stored.marks[0]?.upright, false);
      const [mark] = (await readMarks(await asSent(turned, 1_200, 90))).marks;
      assert.equal(mark?.upright, true);
      assert.ok(upright?.faceBox);
      assertClose(mark?.faceBox, upright.faceBox, 10);
    });
  }

  test("a slight tilt is still upright", async () => {
    const selfie = await drawSelfie({ faces: [8], widthPx: 900 });
    const tilted = (degrees: number) => sharp(selfie).rotate(degrees, { background: "#888" }).jpeg().toBuffer();
    assert.equal((await readMarks(await tilted(12))).marks[0]?.upright, true);
    assert.equal((await readMarks(await tilted(30))).marks[0]?.upright, false);
  });
});

const onGrey = (content: string) =>
  sharp(
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="600" height="400"><rect width="600" height="400" fill="#bbb"/>${content}</svg>`,
    ),
  )
    .png()
    .toBuffer();

test("a picture without marks gives none", async () => {
  assert.deepEqual(await readMarks(await onGrey("")), { width: 600, height: 400, marks: [] });
});

test("a QR code that is not a mark is ignored", async () => {
  await drawMark({ kind: "face", number: 1, centreX: 0, centreY: 0, side: 21 });
  const { image } = await writeBarcode("https://example.org/", { format: "QRCode", scale: 6 });
  assert.ok(image);
  const code = Buffer.from(await image.arrayBuffer());
  assert.deepEqual((await readMarks(code)).marks, []);
});

test("marks are read from other formats and from transparent pictures", async () => {
  const mark = await drawMark({ kind: "stamp", number: 12, centreX: 300, centreY: 200, side: 150 });
  const svg = Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="600" height="400">${mark}</svg>`);
  for (const picture of [sharp(svg).png(), sharp(svg).webp(), sharp(svg).grayscale().png()]) {
    assert.deepEqual(namesOf((await readMarks(await picture.toBuffer())).marks), ["stamp 12"]);
  }
});

describe("bytes that cannot be decoded", () => {
  test("bytes that cannot be decoded are refused with an error of their own", async () => {
    for (const bytes of [new Uint8Array(), notAnImage(), bombPng()]) {
      await assert.rejects(readMarks(bytes), UnreadableImageError);
    }
  });

  test("a truncated JPEG is read as far as it goes", async () => {
    const whole = await drawPassportPhoto({ passport: samplePassport(4), widthPx: 1_000 });
    assert.deepEqual(namesOf((await readMarks(truncated(whole))).marks), ["page 4"]);
  });
});

test("the marks of the same bytes are read once", async () => {
  const bytes = await drawSelfie({ faces: [9], widthPx: 500 });
  assert.equal(readMarks(Uint8Array.from(bytes)), readMarks(bytes));
  assert.notEqual(readMarks(truncated(bytes)), readMarks(bytes));
});
