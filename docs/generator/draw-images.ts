/** Draws the README's picture: a sample passport, as small as a page needs it. Run it by hand when the samples change. */
import { join } from "node:path";
import sharp from "sharp";
import { drawPassportPhoto } from "../../dev/samples/drawing/draw.ts";
import { samplePassport } from "../../dev/samples/passports.ts";

const photo = await drawPassportPhoto({ passport: samplePassport(Number(process.argv[2] ?? 2)) });
await sharp(photo)
  .autoOrient()
  .resize({ width: 900 })
  .jpeg({ quality: 78 })
  .toFile(join(import.meta.dirname, "../images/sample-passport.jpg"));
