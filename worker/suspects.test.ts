/** Jobs that were running when a worker died. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { QueueUnavailableError } from "../lib/errors.ts";
import type { QueuedSubmission } from "../lib/submission.ts";
import { createSuspects } from "./suspects.ts";

const submission = (): QueuedSubmission => ({
  userId: 1,
  kycId: 2,
  passportKey: "p.jpg",
  selfieKey: "s.jpg",
  id: randomUUID(),
  submittedAt: 0,
});

/** The counts that Redis holds. */
function counts() {
  const held = new Map<string, number>();
  return {
    countAlone: async ({ id }: QueuedSubmission) => {
      const count = held.get(id) ?? 0;
      held.set(id, count + 1);
      return count;
    },
    forgetAlone: async ({ id }: QueuedSubmission) => void held.delete(id),
  };
}

const crashesOf = async (crashes: number) => crashes;
/** A worker that dies never comes back to its job. */
const die = () => new Promise<never>(() => {});

test("a job that has lost no worker runs at once, beside others", async () => {
  const suspects = createSuspects({ cache: counts() });
  const both = Promise.withResolvers<void>();
  let running = 0;
  const work = async (crashes: number) => {
    running += 1;
    if (running === 2) both.resolve();
    await both.promise;
    return crashes;
  };
  assert.deepEqual(
    await Promise.all([suspects.run(submission(), 0, work), suspects.run(submission(), 0, work)]),
    [0, 0],
  );
});

test("jobs that have lost a worker run one at a time", async () => {
  const suspects = createSuspects({ cache: counts() });
  let running = 0;
  const work = async () => {
    running += 1;
    await new Promise(setImmediate);
    assert.equal(running, 1);
    running -= 1;
  };
  await Promise.all([1, 2, 3].map((stalls) => suspects.run(submission(), stalls, work)));
});

test("a crash counts only if the job ran alone, and is forgotten when the job ends", async () => {
  const cache = counts();
  const job = submission();
  // Each worker that dies takes its memory with it, and the counts stay.
  const dieAlone = async (stalls: number) => {
    const started = Promise.withResolvers<number>();
    void createSuspects({ cache }).run(job, stalls, (crashes) => {
      started.resolve(crashes);
      return die();
    });
    return started.promise;
  };
  // Another job may have caused the first death.
  assert.equal(await dieAlone(1), 0);
  assert.equal(await dieAlone(2), 1);
  const suspects = createSuspects({ cache });
  await assert.rejects(suspects.run(job, 3, () => Promise.reject(new Error("an error, and no crash"))));
  assert.equal(await suspects.run(job, 3, crashesOf), 0);
  assert.equal(await suspects.run(submission(), 3, crashesOf), 0, "each submission has its own count");
});

test("a job still runs if Redis cannot count its crashes", async () => {
  const full = () => Promise.reject(new QueueUnavailableError("full"));
  const suspects = createSuspects({ cache: { countAlone: full, forgetAlone: full } });
  assert.equal(await suspects.run(submission(), 2, crashesOf), 0);
});
