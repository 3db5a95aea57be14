import assert from "node:assert/strict";
import { test } from "node:test";
import { measureQueue } from "./queue-metrics.ts";

const queueOf = (workers: number | null, oldestAgeMs: number | null, waiting: number) => ({
  depth: async () => ({ waiting, active: 3, delayed: 2 }),
  oldestAgeMs: async () => oldestAgeMs,
  countWorkers: async () => workers,
});

const values = async (...queue: Parameters<typeof queueOf>) =>
  Object.fromEntries(Object.entries(await measureQueue(queueOf(...queue))).map(([name, { value }]) => [name, value]));

test("the backlog is everything that needs a worker, and each worker has its share", async () => {
  assert.deepEqual(await values(2, 90_500, 5), {
    BacklogJobs: 10,
    BacklogPerWorker: 5,
    OldestJobAge: 90.5,
    Workers: 2,
  });
});

test("without a worker, the whole backlog waits for the first one", async () => {
  assert.deepEqual(await values(0, null, 0), { BacklogJobs: 5, BacklogPerWorker: 5, OldestJobAge: 0, Workers: 0 });
});

test("if Redis does not list its clients, the figures about workers are missing", async () => {
  assert.deepEqual(await values(null, 90_500, 5), { BacklogJobs: 10, OldestJobAge: 90.5 });
});
