/** The pictures for the providers must still show the smallest print and the face. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createImagePreparation } from "../lib/images/images.ts";
import type { ImageRole } from "../lib/reasons.ts";
import { drawPassportPhoto, drawSelfie, drawStampPage } from "../dev/samples/drawing/draw.ts";
import { SMALLEST_PRINT } from "../dev/samples/drawing/draw-document.ts";
import { SMALLEST_STAMP_PRINT } from "../dev/samples/drawing/draw-stamp.ts";
import { readMarks } from "../dev/samples/marks.ts";
import { samplePassport } from "../dev/samples/passports.ts";

const MIN_LINE_PIXELS = 24;
const MIN_FACE_PIXELS = 200;

const images = createImagePreparation({ maxPixels: 64_000_000 });

/** The width and height of the faces in a picture, the largest first, in its pixels. */
async function faces(jpeg: Buffer) {
  const { marks } = await readMarks(jpeg);
  return marks
    .flatMap(({ kind, faceBox }) => (kind === "face" && faceBox !== undefined ? [faceBox] : []))
    .map(({ left, top, right, bottom }) => ({ width: right - left, height: bottom - top }))
    .toSorted((one, other) => other.width - one.width);
}

async function keepsFaces(photo: Buffer, role: ImageRole, expected: number): Promise<void> {
  const before = await faces(photo);
  const after = await faces((await images.prepare(photo, role)).jpeg);
  assert.equal(before.length, expected);
  assert.equal(after.length, expected);
  for (const [index, face] of before.entries()) {
    if (face.width < MIN_FACE_PIXELS) continue;
    // The mark beside a face is read to a pixel or two.
    assert.ok((after[index]?.width ?? 0) >= MIN_FACE_PIXELS - 3, `${face.width} became ${after[index]?.width}`);
  }
}

describe("what is sent of a 12-megapixel photo", () => {
  test("the smallest print of a passport and of a stamp page keeps its line height", async () => {
    const photos = {
      passport: { photo: await drawPassportPhoto({ passport: samplePassport(1) }), smallestPrint: SMALLEST_PRINT },
      stamp: { photo: await drawStampPage({ number: 1 }), smallestPrint: SMALLEST_STAMP_PRINT },
    } as const;
    for (const role of ["passport", "stamp"] as const) {
      const { photo, smallestPrint } = photos[role];
      const { width } = await images.prepare(photo, role);
      const lineHeight = (smallestPrint * width) / 4_032;
      assert.ok(lineHeight >= MIN_LINE_PIXELS, `${role}: ${lineHeight} pixels`);
    }
  });

  test("the portrait in a passport keeps 200 pixels", async () => {
    for (const seed of [1, 2, 3]) {
      await keepsFaces(await drawPassportPhoto({ passport: samplePassport(seed) }), "passport", 1);
    }
  });

  test("the faces of a selfie keep 200 pixels, in company too", async () => {
    await keepsFaces(await drawSelfie({ faces: [1] }), "selfie", 1);
    await keepsFaces(await drawSelfie({ faces: [1, 2, 3] }), "selfie", 3);
  });

  test("a passport that was held upright or upside down is no exception", async () => {
    const photo = await drawPassportPhoto({ passport: samplePassport(4), exifOrientation: 6 });
    const { width, height, jpeg } = await images.prepare(photo, "passport");
    assert.deepEqual([width, height], [1_728, 1_296]);
    assert.ok(((await faces(jpeg))[0]?.width ?? 0) >= MIN_FACE_PIXELS);
  });
});
