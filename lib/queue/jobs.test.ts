/** The verbs of jobs with a job that ends while they read it, on a real Redis. */
import assert from "node:assert/strict";
import { after, beforeEach, describe, test } from "node:test";
import { startQueueOnRedis } from "../../test/servers/queue-on-redis.ts";
import type { QueueTool } from "../../test/servers/queue-tool.ts";
import { describeJob } from "./describe.ts";
import { createJobs, type JobsOptions } from "./jobs.ts";

const KYC_ID = 456;

const { connection: redis, tool, queue, cache, stop } = await startQueueOnRedis();
after(stop);
beforeEach(() => tool.empty());

const submit = (selfieKey = "selfie.jpg") =>
  queue.enqueue({ userId: 1, kycId: KYC_ID, passportKey: "passport.jpg", selfieKey });

type Changes = (real: QueueTool["queue"]) => Partial<QueueTool["queue"]>;

/** What the verbs need, on a queue with some methods changed. */
function optionsWith(changes: Changes): JobsOptions {
  const changed: QueueTool["queue"] = Object.assign(Object.create(tool.queue), changes(tool.queue));
  return { queue: changed, redis, cache };
}
const openJobs = (changes: Changes) => createJobs(optionsWith(changes));

describe("a job that ends while it is looked at", () => {
  test("a job that ends between the reads of its data and its state is not added again", async () => {
    await submit();
    const running = await tool.take();
    const jobs = openJobs((real) => ({
      async getJobState(id) {
        // After this, Redis has answered all earlier commands.
        await redis.ping();
        if ((await tool.count()) > 0) await running.complete();
        return real.getJobState(id);
      },
    }));
    assert.equal((await jobs.findAll([KYC_ID])).length, 0);
    assert.equal(await tool.count(), 0);
  });

  for (const next of ["held", "none"] as const) {
    test(`if a job ends before its data is read, the later submission counts (${next})`, async () => {
      await submit();
      const running = await tool.take();
      if (next === "held") await submit("later.jpg");
      const jobs = openJobs((real) => ({
        async getDeduplicationJobId(id) {
          const found = await real.getDeduplicationJobId(id);
          if (found === running.id && (await tool.stateOf(running.id)) === "active") await running.complete();
          return found;
        },
      }));
      const latest = await cache.readLatest(KYC_ID);
      const [found] = await jobs.findAll([KYC_ID]);
      assert.deepEqual([found?.submission, found?.isLost], next === "held" ? [latest, false] : [undefined, undefined]);
      assert.equal(await tool.stateOfRecord(KYC_ID), next === "held" ? "waiting" : "unknown");
    });
  }

  for (const end of ["complete", "fail"] as const) {
    test(`a job that ends while it is described is not described, also if another tool keeps it (${end})`, async () => {
      await submit();
      const running = await tool.take();
      const options = optionsWith((real) => ({
        async getJobState(id) {
          await running[end]({ keep: true });
          return real.getJobState(id);
        },
      }));
      assert.equal(await describeJob(options, KYC_ID), undefined);
      assert.equal(await tool.count(), 1);
    });
  }

  test("a job that ended and left its id behind (taskforcesh/bullmq#4311) counts as no job", async () => {
    await submit();
    const gone = await tool.jobOf(KYC_ID);
    await tool.redis.del(tool.queue.toKey(gone?.id ?? ""), tool.queue.toKey("wait"));
    assert.equal((await openJobs(() => ({})).findAll([KYC_ID])).length, 0);
  });
});
