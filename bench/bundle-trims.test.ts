/** What the trims leave out of BullMQ must be missed by nobody: every verb of the queue, from a bundle, on a real Redis. */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { Worker } from "bullmq";
import type * as queueModule from "../lib/queue/queue.ts";
import type * as redisModule from "../lib/queue/redis.ts";
import { connectForWorker } from "../lib/queue/redis.ts";
import type { JobData } from "../lib/submission.ts";
import { startRedis } from "../dev/servers/redis.ts";
import { bundle } from "./bundle.ts";

const submission = (kycId: number) => ({ userId: 1, kycId, passportKey: "passport.jpg", selfieKey: "selfie.jpg" });
const later = () => Date.now() + 1_000;

test("the queue works from a trimmed bundle as it does from its source", async (t) => {
  const contents = `export * from "./lib/queue/queue.ts"; export * from "./lib/queue/redis.ts";`;
  const { file, bytes } = await bundle({ name: `queue-${process.pid}`, contents, trims: "on" });
  t.after(() => rm(file));
  assert.ok(bytes < 600_000, `${bytes} bytes`);
  const bundled: Pick<typeof queueModule & typeof redisModule, "createQueue" | "connectForCaller"> = await import(
    pathToFileURL(file).href
  );
  await using redis = await startRedis();
  const caller = bundled.connectForCaller(redis.url, { onError: () => {} });
  const queue = bundled.createQueue({ redis: caller, prefix: "bundled", attempts: 3, backoffMs: 1_000 });
  t.after(() => queue.close());

  await queue.ping();
  assert.deepEqual(await queue.enqueue(submission(1)), { jobId: "kyc-1", isNew: true });
  assert.deepEqual(await queue.enqueue(submission(1)), { jobId: "kyc-1", isNew: false });
  await queue.enqueue(submission(2));
  assert.deepEqual(await queue.depth(), { waiting: 2, active: 0, delayed: 0 });
  assert.deepEqual([...(await queue.findJobs([1, 2, 3])).keys()], [1, 2]);
  assert.ok((await queue.oldestAgeMs()) !== null);
  assert.equal(await queue.countWorkers(), 0);
  assert.equal(await queue.runNow(1), "running");
  assert.equal(await queue.runNow(3), "missing");
  assert.equal(await queue.takeOut(1, later()), "out");
  await queue.pause(1);
  assert.deepEqual(await queue.depth(), { waiting: 1, active: 0, delayed: 0 });

  const connection = connectForWorker(redis.url, { onError: () => {} });
  const worker = new Worker<JobData>("kyc-jobs", null, { connection, prefix: "bundled" });
  worker.on("error", () => {});
  t.after(async () => {
    await worker.close();
    connection.disconnect();
  });

  // A job that runs: who submits again must not wait for it.
  const running = await worker.getNextJob("token");
  assert.ok(running);
  assert.equal(running.id, "kyc-2");
  await running.updateData({ ...running.data, baseline: { reviewedAt: null } });
  assert.equal(await queue.takeOut(2, later()), "running");
  await queue.enqueue(submission(2));
  assert.deepEqual(await queue.depth(), { waiting: 1, active: 0, delayed: 0 });

  // A job that waits for its next attempt.
  const delayed = await worker.getNextJob("token");
  assert.ok(delayed);
  await delayed.moveToDelayed(Date.now() + 60_000, "token");
  assert.equal(await queue.runNow(2), "promoted");

  // A finished job that somebody's tool has kept.
  const kept = await worker.getNextJob("token");
  assert.ok(kept);
  kept.opts.removeOnComplete = false;
  await kept.moveToCompleted({}, "token", false);
  await queue.enqueue(submission(2));
  assert.deepEqual(await queue.depth(), { waiting: 1, active: 0, delayed: 0 });
});
