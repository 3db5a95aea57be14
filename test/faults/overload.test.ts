/** Pictures that try to exhaust the worker: its memory is bounded for any upload and any number of waiting jobs. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { crc32, deflateSync } from "node:zlib";
import sharp from "sharp";
import { bombPng } from "../broken-pictures.ts";
import { measurePeakMb } from "../stage/audit/memory.ts";
import { openStage, type Prepared, type Stage } from "../stage/stage.ts";
import { eventually } from "../waiting.ts";
import { row } from "./row.ts";

const MB = 1_000_000;
/** The limit for the worker's memory in a container of 2 GB. */
const LIMIT_MB = 1_500;
const CONCURRENCY = 32;

interface Attack {
  readonly jobs: number;
  /** Puts the hostile picture into the bucket as a job's selfie and passport. */
  readonly place: (stage: Stage, key: string) => void;
  /** The possible failure codes: the picture whose check ends first decides. */
  readonly failures: readonly string[];
}

async function play({ jobs, place, failures }: Attack): Promise<number> {
  await using stage = await openStage({ settings: { WORKER_CONCURRENCY: String(CONCURRENCY) } });
  const worker = await stage.startWorker();
  const prepared: Prepared[] = [];
  for (let index = 0; index < jobs; index++) {
    const entry = await stage.prepare({ person: 1 });
    const { passportKey, selfieKey } = entry.submission;
    for (const key of [passportKey, selfieKey]) place(stage, key);
    prepared.push(entry);
  }
  const peakMb = await measurePeakMb(worker.pid, async () => {
    for (const { submission } of prepared) {
      await eventually("the submission is accepted", async () => (await stage.api.submit(submission)).status === 202);
    }
    await stage.settled(prepared, 120_000);
  });
  for (const { kycId } of prepared) {
    const failure = await stage.outcomeOf(kycId);
    assert.ok(failure !== undefined && failures.includes(failure), failure);
  }
  assert.ok(!worker.ended);
  return peakMb;
}

/** The largest upload that is accepted, with the first bytes of a JPEG. */
const largest = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), randomBytes(25 * MB - 3)]);
/**
 * The most pixels that are accepted, in half a megabyte. The decoder needs all rows before the first one is complete.
 */
const unfolding = sharp({ create: { width: 8_000, height: 8_000, channels: 3, background: "#808080" } })
  .png({ progressive: true, compressionLevel: 9 })
  .toBuffer();

/** The most expensive picture that the limits allow: eight bytes per pixel, and all pixels in memory at once. */
const interlaced = sharp({ create: { width: 7_900, height: 7_900, channels: 4, background: "#80808080" } })
  .toColourspace("rgb16")
  .png({ progressive: true, compressionLevel: 9 })
  .toBuffer();

/** A small picture in a file with 25 MB of texts. Each text decompresses to 50 MB. */
async function textBomb(): Promise<Buffer> {
  const picture = await sharp({ create: { width: 800, height: 800, channels: 3, background: "#808080" } })
    .png()
    .toBuffer();
  const body = Buffer.concat([Buffer.from("zTXtk\0\0"), deflateSync(Buffer.alloc(50 * MB), { level: 9 })]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(body.length - 4, 0);
  ends.writeUInt32BE(crc32(body), 4);
  const text = Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
  const behindHeader = 33;
  const texts = Array.from({ length: Math.floor((24 * MB) / text.length) }, () => text);
  return Buffer.concat([picture.subarray(0, behindHeader), ...texts, picture.subarray(behindHeader)]);
}

const EMPTY_PICTURE = ["passport_unreadable", "face_not_found"];

const ATTACKS: Readonly<Record<string, () => Promise<Attack>>> = {
  "64 jobs with uploads as large as allowed": async () => ({
    jobs: 64,
    place: (stage, key) => stage.storage.put(key, largest),
    failures: ["image_corrupt"],
  }),
  "64 jobs with bodies without end": async () => ({
    jobs: 64,
    place: (stage, key) => stage.storage.addRules([{ match: { key }, times: null, answer: { fault: "endlessBody" } }]),
    failures: ["image_too_large"],
  }),
  "64 jobs with objects of 1 GB": async () => ({
    jobs: 64,
    place: (stage, key) =>
      stage.storage.addRules([{ match: { key }, times: null, answer: { fault: "huge", contentLength: 1_000 * MB } }]),
    failures: ["image_too_large"],
  }),
  "64 jobs with a header of 50,000 x 50,000": async () => ({
    jobs: 64,
    place: (stage, key) => stage.storage.put(key, bombPng()),
    failures: ["image_too_large"],
  }),
  "16 jobs with small files that unfold into 64 megapixels": async () => {
    const bomb = await unfolding;
    return { jobs: 16, place: (stage, key) => stage.storage.put(key, bomb), failures: EMPTY_PICTURE };
  },
  "8 jobs with interlaced pictures of 16 bits": async () => {
    const bomb = await interlaced;
    return { jobs: 8, place: (stage, key) => stage.storage.put(key, bomb), failures: EMPTY_PICTURE };
  },
  "8 jobs with texts that unfold into gigabytes": async () => {
    const bomb = await textBomb();
    return { jobs: 8, place: (stage, key) => stage.storage.put(key, bomb), failures: EMPTY_PICTURE };
  },
};

for (const [name, attack] of Object.entries(ATTACKS)) {
  row("+", name, `refused or read; never more than ${LIMIT_MB} MB`, async (context) => {
    const peakMb = await play(await attack());
    context.diagnostic(`peak ${peakMb} MB`);
    assert.ok(peakMb < LIMIT_MB, `${peakMb} MB`);
  });
}
