import assert from "node:assert/strict";
import { test } from "node:test";
import type { JobData } from "../lib/submission.ts";
import { createSuspects } from "./suspects.ts";

const DATA: JobData = { userId: 1, kycId: 2, passportKey: "p.jpg", selfieKey: "s.jpg" };

/** A job whose data survives from run to run. */
function job() {
  let data: unknown = DATA;
  return {
    forget: () => (data = DATA),
    turn: (stalls: number) => ({ data, stalls, update: async (next: JobData) => void (data = next) }),
  };
}

test("a job whose workers have all lived runs at once, beside others", async () => {
  const suspects = createSuspects();
  const both = Promise.withResolvers<void>();
  let running = 0;
  const work = async ({ crashes }: { crashes: number }) => {
    running += 1;
    if (running === 2) both.resolve();
    await both.promise;
    return crashes;
  };
  assert.deepEqual(await Promise.all([suspects.run(job().turn(0), work), suspects.run(job().turn(0), work)]), [0, 0]);
});

test("suspects run one at a time", async () => {
  const suspects = createSuspects();
  let running = 0;
  const work = async () => {
    running += 1;
    await new Promise(setImmediate);
    assert.equal(running, 1);
    running -= 1;
  };
  await Promise.all([1, 2, 3].map((stalls) => suspects.run(job().turn(stalls), work)));
});

test("a crash counts when the job ran by itself, and no more once it got further", async () => {
  const suspects = createSuspects();
  const crashes = async ({ crashes: count }: { crashes: number }) => count;
  const one = job();
  // The first death may have been another job's doing.
  assert.equal(await suspects.run(one.turn(1), crashes), 0);
  assert.equal(await suspects.run(one.turn(2), crashes), 1);
  // It ended without a crash, and comes again.
  assert.equal(await suspects.run(one.turn(2), crashes), 1);
  assert.equal(await suspects.run(one.turn(3), crashes), 2);
  one.forget();
  assert.equal(await suspects.run(one.turn(4), crashes), 0);
});

test("the work is handed the data that was noted", async () => {
  const data = await createSuspects().run(job().turn(1), async (suspected) => suspected.data);
  assert.deepEqual(data, { ...DATA, suspicion: { stalls: 1, crashes: 0 } });
});

test("a job whose data makes no sense, or cannot be kept, runs all the same", async () => {
  const suspects = createSuspects();
  const update = () => Promise.reject(new Error("full"));
  assert.deepEqual(await suspects.run({ data: "x", stalls: 2, update }, async (suspected) => suspected), {
    data: "x",
    crashes: 2,
  });
  assert.equal(await suspects.run({ data: DATA, stalls: 2, update }, async ({ crashes }) => crashes), 0);
});
