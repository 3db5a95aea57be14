/** The committed models: each is the one of its card, and still reads a fixed set of drawn rows and pages. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import sharp from "sharp";
import * as z from "zod/mini";
import { degrade, DEGRADATIONS } from "../../eval/pages/degradations.ts";
import { drawPage } from "../../eval/pages/draw-page.ts";
import { samplePassport } from "../../dev/samples/passports.ts";
import { decodePixels } from "../images/pixels.ts";
import { ALPHABET } from "./text/alphabet.ts";
import { FRAME, type Frames } from "./text/decode.ts";
import { openNetworks, type Networks } from "./networks.ts";
import { normalise } from "./geometry/plane.ts";
import { readPage } from "./read-page.ts";
import { STRIP } from "./geometry/row.ts";

const MODELS = ["zone-finder", "line-reader"] as const;
const MAX_BYTES = 3_000_000;
const fileOf = (name: string) => new URL(`models/${name}`, import.meta.url);

/** The best character of each frame, without repetitions and blanks. */
function readFreely({ count, logs }: Frames): string {
  let text = "";
  let last = 0;
  for (let frame = 0; frame < count; frame++) {
    const values = logs.subarray(frame * FRAME, (frame + 1) * FRAME);
    const best = values.indexOf(values.reduce((a, b) => Math.max(a, b), -Infinity));
    if (best !== 0 && best !== last) text += ALPHABET[best - 1];
    last = best;
  }
  return text;
}

describe("the models", () => {
  let networks: Networks;
  before(async () => {
    networks = await openNetworks();
  });
  after(() => networks.close());

  test("the models match their model cards, and are small", async () => {
    let bytes = 0;
    for (const name of MODELS) {
      const model = await readFile(fileOf(`${name}.onnx`));
      const card = await readFile(fileOf(`${name}.md`), "utf8");
      assert.equal(
        /SHA-256\s+\| `([0-9a-f]{64})`/.exec(card)?.[1],
        createHash("sha256").update(model).digest("hex"),
        name,
      );
      bytes += (await stat(fileOf(`${name}.onnx`))).size;
    }
    assert.ok(bytes <= MAX_BYTES, `${bytes} bytes`);
  });

  test("the line reader's model reads the drawn rows", async () => {
    const texts = z.array(z.string()).parse(JSON.parse(await readFile(fileOf("rows.json"), "utf8")));
    const grey = await sharp(await readFile(fileOf("rows.png")))
      .greyscale()
      .raw()
      .toBuffer();
    const size = STRIP.width * STRIP.height;
    const strips = Float32Array.from(grey);
    for (const index of texts.keys()) normalise(strips.subarray(index * size, (index + 1) * size));
    assert.deepEqual((await networks.readStrips(strips)).map(readFreely), texts);
  });

  test("the two models together read the drawn pages", async () => {
    for (const [index, degradation] of DEGRADATIONS.entries()) {
      if (!["plain", "turned by any angle", "noise", "jpeg", "pattern under the zone"].includes(degradation.name))
        continue;
      const passport = samplePassport(index);
      const { jpeg } = await degrade(degradation, await drawPage(passport, degradation.style), index);
      const { lines } = await readPage(networks, await decodePixels(jpeg, { maxPixels: 64_000_000 }), () => false);
      assert.deepEqual(
        lines?.map(({ text }) => text),
        passport.mrz,
        degradation.name,
      );
    }
  });
});
