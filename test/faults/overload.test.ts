/** Pictures that are made to exhaust the worker: its memory is bounded whatever is uploaded, and however many jobs wait. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import sharp from "sharp";
import { bombPng } from "../../local/samples/files.ts";
import { openStage, type Prepared, type Stage } from "../stage/stage.ts";
import { row } from "./row.ts";

const MB = 1_000_000;
/** A container of 2 GB leaves room for the rest of the process. */
const LIMIT_MB = 1_500;
const CONCURRENCY = 32;

const run = promisify(execFile);

/** Watches how much memory a process has at most, in MB. */
function watchMemory(pid: number) {
  const stop = new AbortController();
  let peakMb = 0;
  const watching = (async () => {
    while (!stop.signal.aborted) {
      const { stdout } = await run("ps", ["-o", "rss=", "-p", String(pid)]).catch(() => ({ stdout: "0" }));
      peakMb = Math.max(peakMb, Number(stdout) / 1_024);
      await delay(50);
    }
  })();
  return {
    async peakMb(): Promise<number> {
      stop.abort();
      await watching;
      return Math.round(peakMb);
    },
  };
}

interface Attack {
  readonly jobs: number;
  /** Puts the attack in the place of a job's selfie and passport. */
  readonly place: (stage: Stage, key: string) => void;
  readonly failure: string;
}

async function play({ jobs, place, failure }: Attack): Promise<number> {
  await using stage = await openStage({ settings: { WORKER_CONCURRENCY: String(CONCURRENCY) } });
  const worker = await stage.startWorker();
  const prepared: Prepared[] = [];
  for (let index = 0; index < jobs; index++) {
    const entry = await stage.prepare({ person: 1 });
    const { passportKey, selfieKey } = entry.submission;
    for (const key of [passportKey, selfieKey]) place(stage, key);
    prepared.push(entry);
  }
  const memory = watchMemory(worker.pid);
  for (const { submission } of prepared) assert.equal((await stage.api.submit(submission)).status, 202);
  await stage.settled(prepared, 120_000);
  const peakMb = await memory.peakMb();
  for (const { kycId } of prepared) {
    const result = await stage.backend.openResult(kycId);
    assert.equal(result?.status === "ocr_failed" ? result.failureCode : undefined, failure);
  }
  assert.ok(!worker.ended);
  return peakMb;
}

/** As large as an upload may be, with the first bytes of a JPEG. */
const largest = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), randomBytes(25 * MB - 3)]);
/** As many pixels as a picture may have, in half a megabyte; every row of it is needed before the first one is whole. */
const unfolding = sharp({ create: { width: 8_000, height: 8_000, channels: 3, background: "#808080" } })
  .png({ progressive: true, compressionLevel: 9 })
  .toBuffer();

const ATTACKS: Readonly<Record<string, () => Promise<Attack>>> = {
  "64 jobs with uploads as large as allowed": async () => ({
    jobs: 64,
    place: (stage, key) => stage.storage.put(key, largest),
    failure: "image_corrupt",
  }),
  "64 jobs with bodies without end": async () => ({
    jobs: 64,
    place: (stage, key) => stage.storage.faults.set(key, { kind: "endless" }),
    failure: "image_too_large",
  }),
  "64 jobs with objects of 1 GB": async () => ({
    jobs: 64,
    place: (stage, key) => stage.storage.faults.set(key, { kind: "huge", contentLength: 1_000 * MB }),
    failure: "image_too_large",
  }),
  "64 jobs with a header of 50,000 x 50,000": async () => ({
    jobs: 64,
    place: (stage, key) => stage.storage.put(key, bombPng()),
    failure: "image_too_large",
  }),
  "16 jobs with small files that unfold into 64 megapixels": async () => {
    const bomb = await unfolding;
    return { jobs: 16, place: (stage, key) => stage.storage.put(key, bomb), failure: "document_not_passport" };
  },
};

for (const [name, attack] of Object.entries(ATTACKS)) {
  row("+", name, `refused or read; never more than ${LIMIT_MB} MB`, async (context) => {
    const peakMb = await play(await attack());
    context.diagnostic(`peak ${peakMb} MB`);
    assert.ok(peakMb < LIMIT_MB, `${peakMb} MB`);
  });
}
