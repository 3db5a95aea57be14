/** What a page's reading claims when it was cut short. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import sharp from "sharp";
import { drawPage } from "../../eval/pages/draw-page.ts";
import { samplePassport } from "../../dev/samples/passports.ts";
import type { Pixels } from "../images/pixels.ts";
import { openNetworks, type Networks } from "./networks.ts";
import { readPage } from "./read-page.ts";

let networks: Networks;
before(async () => {
  networks = await openNetworks();
});
after(() => networks.close());

/** Says that it is late from the given question on. */
function lateFrom(question: number) {
  let asked = 0;
  return () => ++asked >= question;
}

test("only a complete search reports that a page has no zone", async () => {
  const empty: Pixels = { width: 700, height: 500, data: new Uint8Array(700 * 500 * 3).fill(160), scale: 1 };
  const reasonWhenLateFrom = async (question: number) => (await readPage(networks, empty, lateFrom(question))).reason;
  assert.equal(await reasonWhenLateFrom(1), "unsure", "nothing was searched");
  assert.equal(await reasonWhenLateFrom(2), "unsure", "one picture was searched");
  assert.equal(await reasonWhenLateFrom(Infinity), "no_zone");
});

test("an upside-down page that was not read the other way in time is not reported as without a zone", async () => {
  const { width, height, data } = await drawPage(samplePassport(3));
  const pixels = data.length / 3;
  const turned = data.map((_, index) => data[(pixels - 1 - Math.floor(index / 3)) * 3 + (index % 3)] ?? 0);
  for (const question of [1, 2, 3, 4]) {
    const page: Pixels = { width, height, data: new Uint8Array(turned), scale: 1 };
    assert.notEqual((await readPage(networks, page, lateFrom(question))).reason, "no_zone", String(question));
  }
});

test("a page of 300 pixels is sure, and one of 240 is read but never sure: its letters are too small", async () => {
  const { width, height, data } = await drawPage(samplePassport(3));
  for (const [side, reason] of [
    [300, null],
    [240, "unsure"],
  ] as const) {
    const small = sharp(data, { raw: { width, height, channels: 3 } }).resize({ width: side });
    const shrunk = await small.raw().toBuffer({ resolveWithObject: true });
    const page = { width: side, height: shrunk.info.height, data: new Uint8Array(shrunk.data), scale: 1 };
    const read = await readPage(networks, page, () => false);
    assert.equal(read.reason, reason);
    assert.deepEqual(
      read.lines?.map(({ text }) => text),
      samplePassport(3).mrz,
    );
  }
});
