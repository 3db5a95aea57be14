import assert from "node:assert/strict";
import { describe, test } from "node:test";
import sharp from "sharp";
import { drawPassportScene } from "./draw-passport.ts";
import { MAX_FACES } from "./draw-selfie.ts";
import { drawDrivingLicence, drawPassportPhoto, drawSelfie, drawStampPage } from "./draw.ts";
import { readMarks } from "../marks.ts";
import { samplePassport } from "../passports.ts";

const PICTURES = {
  passport: { draw: () => drawPassportPhoto({ passport: samplePassport(1) }), size: [4_032, 3_024] },
  selfie: { draw: () => drawSelfie({ faces: [1] }), size: [3_024, 4_032] },
  "empty room": { draw: () => drawSelfie({ faces: [] }), size: [3_024, 4_032] },
  stamp: { draw: () => drawStampPage({ number: 2 }), size: [4_032, 3_024] },
  "driving licence": { draw: () => drawDrivingLicence({ number: 7 }), size: [4_032, 3_024] },
};

describe("pictures are what a phone's camera makes", () => {
  for (const [name, { draw, size }] of Object.entries(PICTURES)) {
    test(name, async () => {
      const bytes = await draw();
      const { width, height, format, exif, orientation } = await sharp(bytes).metadata();
      assert.equal(format, "jpeg");
      assert.deepEqual([width, height], size);
      assert.equal(orientation, 1);
      assert.ok(exif?.includes("Synthetic Phone 1"), "names a camera");
      assert.ok(bytes.length > 2_000_000 && bytes.length < 6_000_000, `${bytes.length} bytes`);
    });
  }
});

test("the EXIF data of a sample has a fake position", async () => {
  const { exif } = await sharp(await drawSelfie({ faces: [3], widthPx: 400 })).metadata();
  // 44 and 43 as fractions of 32-bit numbers: the degrees and minutes of the latitude.
  const latitude = Buffer.alloc(16);
  [44, 1, 43, 1].forEach((value, index) => latitude.writeUInt32LE(value, index * 4));
  assert.ok(exif?.includes(latitude));
});

test("a turned sample is stored turned, and its EXIF tag turns it upright", async () => {
  const upright = await sharp(await drawSelfie({ faces: [3], widthPx: 300 }))
    .raw()
    .toBuffer();
  for (const exifOrientation of [3, 6, 8] as const) {
    const turned = await drawSelfie({ faces: [3], widthPx: 300, exifOrientation });
    assert.equal((await sharp(turned).metadata()).orientation, exifOrientation);
    const obeyed = await sharp(turned).autoOrient().raw().toBuffer();
    assert.equal(obeyed.length, upright.length);
    // Noise and light differ, the scene does not.
    const apart =
      upright.reduce((sum, value, index) => sum + Math.abs(value - (obeyed[index] ?? 0)), 0) / upright.length;
    assert.ok(apart < 14, `${exifOrientation}: ${apart}`);
  }
});

describe("drawing is deterministic", () => {
  test("the same arguments give the same bytes", async () => {
    const draw = () => drawPassportPhoto({ passport: samplePassport(11), widthPx: 700 });
    assert.deepEqual(await draw(), await draw());
  });

  test("another person or passport gives another picture", async () => {
    const passport = samplePassport(11);
    const pictures = await Promise.all([
      drawPassportPhoto({ passport, widthPx: 300 }),
      drawPassportPhoto({ passport, widthPx: 300, face: 12 }),
      drawPassportPhoto({ passport: samplePassport(12), widthPx: 300 }),
    ]);
    assert.equal(new Set(pictures.map((picture) => picture.toString("base64"))).size, 3);
  });
});

describe("print is large enough", () => {
  test("every line of a passport keeps 24 pixels when 4,032 are made 1,728", async () => {
    for (let seed = 0; seed < 60; seed++) {
      const scene = (await drawPassportScene(samplePassport(seed), seed)).join("");
      const sizes = [...scene.matchAll(/ font-size="([\d.]+)"/g)].map(([, size]) => Number(size));
      assert.ok(sizes.length > 15);
      assert.ok((Math.min(...sizes) * 1_728) / 4_032 >= 24, `seed ${seed}: ${Math.min(...sizes)}`);
    }
  });

  test("the portrait's face is at least 200 pixels wide, at 1,728 too", async () => {
    const original = await drawPassportPhoto({ passport: samplePassport(1) });
    const widthOf = async (bytes: Buffer) => {
      const box = (await readMarks(bytes)).marks.find(({ kind }) => kind === "face")?.faceBox;
      return box === undefined ? 0 : box.right - box.left;
    };
    assert.ok((await widthOf(original)) >= 580);
    assert.ok((await widthOf(await sharp(original).resize(1_728).jpeg().toBuffer())) >= 248);
  });
});

test("the marks of a selfie name the faces from the largest to the smallest", async () => {
  const { marks } = await readMarks(await drawSelfie({ faces: [31, 30, 32], widthPx: 1_000 }));
  assert.deepEqual(
    marks.map(({ number }) => number),
    [31, 30, 32],
  );
  await assert.rejects(drawSelfie({ faces: Array.from({ length: MAX_FACES + 1 }, (_, index) => index) }), RangeError);
});
