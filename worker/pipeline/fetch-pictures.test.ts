/** How many uploads and pages are in memory at once, and for how long. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { MrzRead } from "../../lib/reader/reader.ts";
import { createFetchPictures } from "./fetch-pictures.ts";
import type { Steps } from "../run/steps.ts";

const NEVER = new AbortController().signal;
const SUBMISSION = { kycId: 1, userId: 1, passportKey: "p", selfieKey: "s" };
const STEPS: Steps = {
  run: (_, work) => work(),
  paid: (_, work) => work(),
  hasAnswers: false,
  timings: {},
  kept: async () => {},
};

/** Creates the fetcher of pictures with a reader whose readings the test ends. */
function createFetching() {
  const uploads: Buffer[] = [];
  const readings: (() => void)[] = [];
  const fetchPictures = createFetchPictures({
    storage: {
      async fetchImage(_, role) {
        const upload = Buffer.allocUnsafeSlow(8);
        if (role === "passport") uploads.push(upload);
        return upload;
      },
    },
    images: { prepare: async (_, role) => ({ role, jpeg: Buffer.of(), width: 1, height: 1 }) },
    pages: {
      async prepare(upload) {
        if (uploads.indexOf(upload) === 4) throw new Error("damaged");
        const { promise, resolve } = Promise.withResolvers<MrzRead | undefined>();
        readings.push(() => resolve(undefined));
        return {
          picture: { role: "passport", jpeg: Buffer.of(), width: 1, height: 1 },
          read: promise,
        };
      },
    },
  });
  return { uploads, readings, fetch: () => fetchPictures(SUBMISSION, STEPS, NEVER) };
}

test("a page is passed on before the reader has read it, and at most three pages wait for the reader", async () => {
  const { uploads, readings, fetch } = createFetching();
  const fetches = Array.from({ length: 4 }, fetch);
  await Promise.all(fetches.slice(0, 3));
  await setImmediate();
  assert.equal(readings.length, 3);
  assert.deepEqual(
    uploads.map(({ length }) => length),
    [0, 0, 0, 8],
    "the uploads of prepared pages are freed",
  );
  readings[0]?.();
  const [page] = (await fetches[3]) ?? [];
  assert.equal(page?.picture.role, "passport");
  assert.equal(readings.length, 4);
});

test("a refused page frees its place", async () => {
  const { uploads, readings, fetch } = createFetching();
  await Promise.all([fetch(), fetch()]);
  uploads.push(Buffer.of(), Buffer.of());
  await assert.rejects(fetch(), /damaged/);
  await fetch();
  assert.equal(readings.length, 3);
});
