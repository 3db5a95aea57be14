/** Draws the picture sets: 12 megapixels with the file size of a good phone camera, and small ones for long queues. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { drawPassportPhoto, drawSelfie, drawStampPage } from "../../dev/samples/drawing/draw.ts";
import { samplePassport } from "../../dev/samples/passports.ts";
import { createRandom } from "../../dev/samples/random.ts";

const FOLDER = join(import.meta.dirname, "../..", ".local", "bench");
/** The grain that makes a JPEG of 12 megapixels at quality 92 about 7 MB. */
const GRAIN = 36;

export type PictureSet = "12 megapixels" | "small";

const drawings = {
  passport: (widthPx?: number) => drawPassportPhoto({ passport: samplePassport(1), ...(widthPx && { widthPx }) }),
  selfie: (widthPx?: number) => drawSelfie({ faces: [1], ...(widthPx && { widthPx }) }),
  stamp: (widthPx?: number) => drawStampPage({ number: 1, ...(widthPx && { widthPx }) }),
};

type PictureFiles = Readonly<Record<keyof typeof drawings, string>>;

const drawn = new Map<PictureSet, Promise<PictureFiles>>();

/** Returns the files of a set by role. Draws them once in a run: files of an earlier day are other pictures. */
export function pictureFiles(set: PictureSet): Promise<PictureFiles> {
  const files = drawn.get(set) ?? draw(set);
  drawn.set(set, files);
  return files;
}

async function draw(set: PictureSet): Promise<PictureFiles> {
  await mkdir(FOLDER, { recursive: true });
  const file = async (role: keyof typeof drawings) => {
    const path = join(FOLDER, `${role}-${set.replace(" ", "-")}.jpg`);
    await writeFile(path, set === "small" ? await drawings[role](400) : await withGrain(await drawings[role]()));
    return path;
  };
  return { passport: await file("passport"), selfie: await file("selfie"), stamp: await file("stamp") };
}

async function withGrain(photo: Buffer): Promise<Buffer> {
  const { data, info } = await sharp(photo).raw().toBuffer({ resolveWithObject: true });
  const random = createRandom(1);
  // A repeated table of grain is as good as new grain for each byte, and much faster.
  const grain = Int8Array.from({ length: 65_521 }, () => random.below(2 * GRAIN + 1) - GRAIN);
  for (let at = 0; at < data.length; at++) {
    data[at] = Math.max(0, Math.min(255, (data[at] ?? 0) + (grain[at % grain.length] ?? 0)));
  }
  const { width, height, channels } = info;
  return sharp(data, { raw: { width, height, channels } }).jpeg({ quality: 92 }).toBuffer();
}
