/** The queue needs nothing that the trims leave out of BullMQ: runs every verb from a bundle, on a real Redis. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { Worker } from "bullmq";
import type * as queueModule from "../lib/queue/queue.ts";
import type * as redisModule from "../lib/queue/redis.ts";
import { connectForWorker } from "../lib/queue/redis.ts";
import type { QueuedSubmission } from "../lib/submission.ts";
import { startRedis } from "../dev/servers/redis.ts";
import { bundle } from "./bundle.ts";

const submission = (kycId: number) => ({ userId: 1, kycId, passportKey: "passport.jpg", selfieKey: "selfie.jpg" });

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

  await queue.depth();
  assert.deepEqual(await queue.enqueue(submission(1)), { jobId: "kyc-1", isNew: true });
  assert.deepEqual(await queue.enqueue(submission(1)), { jobId: "kyc-1", isNew: false });
  await queue.enqueue(submission(2));
  assert.deepEqual(await queue.depth(), { waiting: 2, active: 0, delayed: 0 });
  assert.deepEqual(
    (await queue.findJobs([1, 2, 3])).map(({ kycId }) => kycId),
    [1, 2],
  );
  assert.equal((await queue.describeJob(1))?.state, "waiting");
  assert.ok((await queue.oldestAgeMs()) !== null);
  assert.equal(await queue.countWorkers(), 0);
  assert.equal(await queue.runNow(1), "running");
  assert.equal(await queue.runNow(3), "missing");
  await queue.pause(1);

  // A list that Redis has lost: the next submission, or the watchdog, puts the job back. A process does not look at the
  // same job twice within a moment, so it first looks at another one.
  assert.equal((await queue.enqueue(submission(2))).isNew, false);
  await caller.del("bundled:kyc-jobs:wait");
  await queue.enqueue(submission(1));
  const [lost] = await queue.findJobs([2]);
  assert.ok(lost !== undefined && (await queue.putBack(lost)));
  assert.deepEqual(await queue.depth(), { waiting: 2, active: 0, delayed: 0 });

  const connection = connectForWorker(redis.url, { onError: () => {} });
  const worker = new Worker<QueuedSubmission>("kyc-jobs", null, { connection, prefix: "bundled" });
  worker.on("error", () => {});
  t.after(async () => {
    await worker.close();
    connection.disconnect();
  });

  // A submission that arrives while a job runs becomes the next job.
  const running = await worker.getNextJob("token");
  assert.ok(running);
  await queue.enqueue(submission(1));
  assert.deepEqual(await queue.depth(), { waiting: 1, active: 1, delayed: 0 });
  await queue.handOver({ ...running.data, id: randomUUID() });
  await running.moveToCompleted({}, "token", false);
  assert.deepEqual(await queue.depth(), { waiting: 2, active: 0, delayed: 0 });

  // A job that waits for its next attempt.
  const delayed = await worker.getNextJob("token");
  assert.ok(delayed);
  await delayed.moveToDelayed(Date.now() + 60_000, "token");
  assert.equal(await queue.runNow(delayed.data.kycId), "promoted");
});
