/** Reasons that uploads give: real bytes, prepared as every upload is, and a real object storage. */
import { notAnImage } from "../../dev/samples/files.ts";
import { bombPng, tinyPicture, truncated } from "../broken-pictures.ts";
import { drawTestPhoto } from "../marked-pictures.ts";
import { createImagePreparation } from "../../lib/images/images.ts";
import { reasonOf, type Fixture } from "./fixture.ts";
import { NEVER } from "./providers.ts";

const images = createImagePreparation({ maxPixels: 64_000_000 });

const prepared =
  (draw: () => Promise<Buffer> | Buffer): Fixture =>
  async () =>
    reasonOf(images.prepare(await draw(), "selfie"));

export const PICTURE_FIXTURES = {
  image_unsupported_format: prepared(notAnImage),
  image_corrupt: prepared(async () => truncated(await drawTestPhoto(1))),
  image_too_small: prepared(tinyPicture),
  image_too_large: prepared(bombPng),
  image_not_found: ({ openStorage }) => reasonOf(openStorage().fetchImage("kyc/1/gone.jpg", "passport", NEVER)),
  storage_refused: async ({ garage, openStorage }) => {
    garage.put("kyc/1/passport.jpg", await drawTestPhoto(1));
    return reasonOf(openStorage("another secret").fetchImage("kyc/1/passport.jpg", "passport", NEVER));
  },
  storage_unavailable: async ({ garage, openStorage }) => {
    garage.put("kyc/1/passport.jpg", await drawTestPhoto(1));
    garage.script([{ match: {}, times: null, answer: { fault: "status", status: 503 } }]);
    return reasonOf(openStorage().fetchImage("kyc/1/passport.jpg", "passport", NEVER));
  },
} as const satisfies Readonly<Record<string, Fixture>>;
