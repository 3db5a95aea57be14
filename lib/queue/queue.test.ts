/** The queue's verbs on a real Redis. */
import assert from "node:assert/strict";
import { after, beforeEach, describe, test } from "node:test";
import { startQueueOnRedis } from "../../test/servers/queue-on-redis.ts";
import { parseJob } from "../submission.ts";
import { createQueue } from "./queue.ts";
import { connectForCaller } from "./redis.ts";

const KYC_ID = 456;

const submissionOf = (kycId: number) => ({
  userId: 1,
  kycId,
  passportKey: `kyc/${kycId}/passport.jpg`,
  selfieKey: `kyc/${kycId}/selfie.jpg`,
});

const { redis, tool, queue, cache, stop } = await startQueueOnRedis();
after(stop);
beforeEach(() => tool.empty());

const submit = (kycId = KYC_ID, changes: { selfieKey?: string } = {}) =>
  queue.enqueue({ ...submissionOf(kycId), ...changes });
const latestOf = async (kycId = KYC_ID) => (await cache.readLatest(kycId)) ?? assert.fail("there is no submission");

/** The submission in the job of a record. */
async function jobSubmissionOf(kycId = KYC_ID) {
  const job = await tool.jobOf(kycId);
  return parseJob(job?.id, job?.data) ?? assert.fail(`record ${kycId} has no job of ours`);
}

const loseWaitList = () => tool.redis.del(tool.queue.toKey("wait"));

describe("submissions", () => {
  test("a submission becomes the record's job and its latest submission", async () => {
    const before = Date.now();
    const origin = { requestId: "r-1", receivedAt: before, traceparent: "00-1" };
    const enqueued = await queue.enqueue({ ...submissionOf(KYC_ID), stampKey: null }, origin);
    assert.deepEqual(enqueued, { jobId: "kyc-456", isNew: true });
    const { id, submittedAt, ...rest } = await jobSubmissionOf();
    assert.deepEqual(rest, { ...submissionOf(KYC_ID), stampKey: null, ...origin });
    assert.ok(submittedAt >= before && submittedAt <= Date.now());
    assert.deepEqual(await latestOf(), { id, submittedAt, ...rest });
    assert.equal(await tool.stateOfRecord(KYC_ID), "waiting");
  });

  test("a submission leaves nothing in the queue when its job has ended", async () => {
    for (const end of ["complete", "fail"] as const) {
      await submit();
      await (await tool.take())[end]();
      assert.equal(await tool.count(), 0);
      assert.deepEqual(await tool.redis.keys("bull:kyc-jobs:*kyc-456*"), []);
    }
  });

  test("a thousand equal submissions make one job", async () => {
    const answers: Awaited<ReturnType<typeof submit>>[] = [];
    for (let round = 0; round < 20; round++) {
      answers.push(...(await Promise.all(Array.from({ length: 50 }, () => submit()))));
    }
    assert.equal(answers.filter(({ isNew }) => isNew).length, 1);
    assert.deepEqual(new Set(answers.map(({ jobId }) => jobId)), new Set(["kyc-456"]));
    assert.equal(await tool.count(), 1);
  });

  for (const end of ["complete", "fail"] as const) {
    test(`a submission that arrives while the record's job runs is the next job when that job ends (${end})`, async () => {
      await submit();
      const running = await tool.take();
      for (const selfieKey of ["second", "third"]) assert.equal((await submit(KYC_ID, { selfieKey })).isNew, false);
      assert.equal(await tool.count(), 1);
      assert.equal((await tool.jobOf(KYC_ID))?.id, running.id);
      await running[end]();
      assert.equal(await tool.count(), 1);
      assert.equal(await tool.stateOfRecord(KYC_ID), "waiting");
      // BullMQ once gave such a job an id of its own (taskforcesh/bullmq#4030): then its data would name another job.
      assert.deepEqual(await jobSubmissionOf(), await latestOf());
      assert.equal((await latestOf()).selfieKey, "third");
    });
  }

  for (const state of ["waiting", "delayed"] as const) {
    test(`a submission adds no second job beside one that is ${state}, which finds the latest submission`, async () => {
      await submit();
      if (state === "delayed") await (await tool.take()).delay(60_000);
      assert.equal((await submit(KYC_ID, { selfieKey: "second" })).isNew, false);
      assert.equal(await tool.stateOfRecord(KYC_ID), state);
      assert.equal(await tool.count(), 1);
      assert.equal((await jobSubmissionOf()).selfieKey, submissionOf(KYC_ID).selfieKey);
      assert.equal((await latestOf()).selfieKey, "second");
    });
  }

  test("a submission is never lost, in any order of its arrival and the end of the record's job", async () => {
    const orders = new Set<boolean>();
    for (let round = 0; round < 200; round++) {
      await tool.empty();
      await submit();
      const running = await tool.take();
      const wait = async (turns: number) => {
        for (let turn = 0; turn < turns; turn++) await tool.redis.ping();
      };
      const submitLater = async () => {
        await wait(round % 7);
        orders.add((await submit(KYC_ID, { selfieKey: "later" })).isNew);
      };
      const complete = async () => {
        await wait(round % 5);
        await running.complete();
      };
      await Promise.all([submitLater(), complete()]);
      assert.equal((await jobSubmissionOf()).selfieKey, "later", `round ${round}`);
      assert.equal(await tool.count(), 1);
    }
    assert.equal(orders.size, 2, "both orders were played");
  });

  test("a submission is added if an ended job left its deduplication key behind (taskforcesh/bullmq#4311)", async () => {
    await submit();
    const gone = await tool.jobOf(KYC_ID);
    await tool.redis.del(tool.queue.toKey(gone?.id ?? ""), tool.queue.toKey("wait"));
    assert.equal(await tool.queue.getDeduplicationJobId("kyc-456"), gone?.id);
    assert.equal((await submit()).isNew, true);
    assert.deepEqual(await jobSubmissionOf(), await latestOf());
    assert.equal(await tool.stateOfRecord(KYC_ID), "waiting");
  });

  test("a submission replaces a job that no worker can find, because Redis lost its list", async () => {
    await submit();
    // The second one looks at the job of the first, which says nothing about other records' jobs.
    for (let times = 0; times < 2; times++) await submit(457);
    await loseWaitList();
    assert.equal((await submit(KYC_ID, { selfieKey: "second" })).isNew, true);
    assert.equal(await tool.stateOfRecord(KYC_ID), "waiting");
    assert.deepEqual(await jobSubmissionOf(), await latestOf());
    assert.equal(await tool.stateOfRecord(457), "unknown", "other records' jobs are the sweep's");
  });

  test("a submission gets a job of its own if its record's deduplication key names another record's job", async () => {
    await submit(1);
    const other = await tool.jobOf(1);
    await tool.redis.set(tool.queue.toKey("de:kyc-456"), other?.id ?? "");
    assert.deepEqual(await queue.findJobs([KYC_ID]), []);
    assert.equal((await submit()).isNew, true);
    assert.deepEqual(await jobSubmissionOf(), await latestOf());
    assert.equal((await tool.jobOf(1))?.id, other?.id);
  });

  test("submissions of different prefixes are kept apart", async () => {
    const connection = connectForCaller(redis.url, { onError: () => {} });
    const other = createQueue({ redis: connection, prefix: "{other}", attempts: 1, backoffMs: 1 });
    try {
      await other.enqueue(submissionOf(KYC_ID));
      assert.equal(await tool.count(), 0);
      assert.equal((await other.findJobs([KYC_ID])).length, 1);
    } finally {
      await other.close();
    }
  });
});

describe("handOver", () => {
  test("handOver makes a later submission the next job, in the step that ends the current job", async () => {
    await submit();
    await (await tool.take()).delay(60_000);
    await submit(KYC_ID, { selfieKey: "later" });
    assert.equal(await queue.runNow(KYC_ID), "promoted");
    const making = await tool.take();
    await queue.handOver(await latestOf());
    assert.equal((await tool.jobOf(KYC_ID))?.id, making.id);
    await making.complete();
    assert.deepEqual(await jobSubmissionOf(), await latestOf());
    assert.equal((await tool.jobOf(KYC_ID))?.attemptsMade, 0);
  });

  test("a second handOver, or one by a worker that has lost its job, adds nothing", async () => {
    await submit();
    for (let times = 0; times < 2; times++) await queue.handOver(await latestOf());
    assert.equal(await tool.count(), 1);
  });
});

/** Finds the jobs of some records and puts back the lost ones. Resolves with the records of these. */
async function repair(...kycIds: readonly number[]): Promise<number[]> {
  const repaired: number[] = [];
  for (const job of await queue.findJobs(kycIds)) if (await queue.putBack(job)) repaired.push(job.kycId);
  return repaired;
}

describe("findJobs", () => {
  test("findJobs finds the jobs that wait, run or are delayed, with the time of the last submission", async () => {
    for (const kycId of [1, 2, 3, 4]) await submit(kycId);
    await (await tool.take()).delay(60_000);
    await tool.take();
    await (await tool.take()).complete();
    const before = Date.now();
    await submit(2);
    const jobs = await queue.findJobs([4, 3, 2, 1, 99]);
    assert.deepEqual(
      jobs.map(({ kycId }) => kycId),
      [4, 2, 1],
    );
    assert.ok(jobs.every(({ isLost }) => !isLost));
    assert.ok((jobs[1]?.submission?.submittedAt ?? 0) >= before, "the job is older than its record's last submission");
    assert.deepEqual(await queue.findJobs([]), []);
  });
});

describe("putBack", () => {
  test("putBack adds only a job that no worker can find, with the latest submission", async () => {
    await submit(1);
    const running = await tool.take();
    await submit(2);
    await (await tool.take()).delay(60_000);
    await submit(3);
    await submit(3, { selfieKey: "later" });
    await loseWaitList();
    assert.deepEqual(await repair(1, 2, 3), [3]);
    assert.deepEqual(await Promise.all([1, 2, 3].map((kycId) => tool.stateOfRecord(kycId))), [
      "active",
      "delayed",
      "waiting",
    ]);
    assert.equal((await jobSubmissionOf(3)).selfieKey, "later");
    assert.equal(await tool.count(), 3);
    await running.complete();
  });

  test("putBack adds the job's own submission if the latest one is lost", async () => {
    await submit();
    const own = await jobSubmissionOf();
    await tool.redis.del("bull:kyc:456");
    await loseWaitList();
    assert.deepEqual(await repair(KYC_ID), [KYC_ID]);
    assert.deepEqual(await jobSubmissionOf(), own);
    assert.equal(await tool.stateOfRecord(KYC_ID), "waiting");
  });

  test("putBack adds a running job that is in no list, after its worker has released it", async () => {
    await submit();
    const running = await tool.take();
    await tool.redis.del(tool.queue.toKey("active"));
    assert.deepEqual(await repair(KYC_ID), [], "its worker still holds it");
    await assert.rejects(running.complete());
    assert.deepEqual(await repair(KYC_ID), [KYC_ID]);
    assert.equal(await tool.stateOfRecord(KYC_ID), "waiting");
  });

  for (const [what, spoil] of [
    ["data that is not JSON", (key: string) => tool.redis.hset(key, "data", "{broken")],
    ["data of something else", (key: string) => tool.redis.hset(key, "data", '{"a":1}')],
    [
      "a key of another type",
      async (key: string) => {
        await tool.redis.del(key);
        await tool.redis.lpush(key, "not a job");
      },
    ],
  ] as const) {
    test(`putBack adds other records' jobs, although one job has ${what}`, async () => {
      for (const kycId of [1, 2]) await submit(kycId);
      await tool.redis.del("bull:kyc:1");
      await spoil(tool.queue.toKey((await tool.jobOf(1))?.id ?? ""));
      await loseWaitList();
      const [job] = await queue.findJobs([1, 2]);
      assert.equal(job?.kycId, 1);
      assert.equal(job.submission, undefined, "a job whose time nobody can tell is an old one");
      assert.deepEqual(await repair(1, 2), [2]);
      assert.equal(await tool.stateOfRecord(2), "waiting");
    });

    test(`putBack replaces a job that has ${what}, if the record's latest submission is known`, async () => {
      await submit();
      const latest = await latestOf();
      await spoil(tool.queue.toKey((await tool.jobOf(KYC_ID))?.id ?? ""));
      await loseWaitList();
      assert.deepEqual(await repair(KYC_ID), [KYC_ID]);
      assert.deepEqual(await jobSubmissionOf(), latest);
      assert.equal(await tool.stateOfRecord(KYC_ID), "waiting");
    });

    test(`a submission replaces a job that has ${what}`, async () => {
      await submit();
      await spoil(tool.queue.toKey((await tool.jobOf(KYC_ID))?.id ?? ""));
      assert.equal((await submit()).isNew, true);
      assert.deepEqual(await jobSubmissionOf(), await latestOf());
      assert.equal(await tool.stateOfRecord(KYC_ID), "waiting");
    });
  }
});

describe("the other verbs", () => {
  test("depth counts the jobs, and oldestAgeMs is the age of the oldest waiting job", async () => {
    assert.deepEqual([await queue.depth(), await queue.oldestAgeMs()], [{ waiting: 0, active: 0, delayed: 0 }, null]);
    for (const kycId of [1, 2, 3]) await submit(kycId);
    await (await tool.take()).delay(60_000);
    await tool.take();
    assert.deepEqual(await queue.depth(), { waiting: 1, active: 1, delayed: 1 });
    const { timestamp } = (await tool.jobOf(1)) ?? assert.fail("there is no job");
    const age = (await queue.oldestAgeMs()) ?? assert.fail("there is no job");
    assert.ok(age >= 0 && age <= Date.now() - timestamp);
  });

  test("of more than a thousand waiting jobs, oldestAgeMs reads the next thousand", async () => {
    await submit();
    const { id = "", timestamp } = (await tool.jobOf(KYC_ID)) ?? assert.fail("there is no job");
    await tool.redis.hset(tool.queue.toKey(id), "timestamp", timestamp - 60_000);
    await tool.queue.addBulk(Array.from({ length: 1_000 }, () => ({ name: "verify", data: {} })));
    const age = (await queue.oldestAgeMs()) ?? assert.fail("there is no job");
    assert.ok(age >= 60_000, `${age}`);
  });

  test("oldestAgeMs is the age of the first submitted job, even if another job runs before it", async () => {
    for (const delayMs of [90_000, 30_000]) {
      await submit(delayMs);
      await (await tool.take()).delay(delayMs);
    }
    for (const kycId of [1, 2]) await submit(kycId);
    for (const kycId of [90_000, 2]) {
      const job = (await tool.jobOf(kycId)) ?? assert.fail("there is no job");
      await tool.redis.hset(tool.queue.toKey(job.id ?? ""), "timestamp", job.timestamp - kycId * 60_000);
      const age = (await queue.oldestAgeMs()) ?? assert.fail("there is no job");
      assert.ok(age >= kycId * 60_000, `${age}`);
      await tool.queue.remove(job.id ?? "");
    }
  });

  for (const [field, text] of [
    ["data", "{broken"],
    ["opts", "{broken"],
    ["timestamp", "soon"],
  ] as const) {
    test(`a job whose ${field} cannot be read does not hide how long others wait`, async () => {
      for (const kycId of [KYC_ID, 457]) await submit(kycId);
      await tool.redis.hset(tool.queue.toKey((await tool.jobOf(KYC_ID))?.id ?? ""), field, text);
      const age = await queue.oldestAgeMs();
      assert.ok(age !== null && age < 60_000, `${age}`);
    });
  }

  test("describeJob gives the state of a record's job", async () => {
    assert.equal(await queue.describeJob(KYC_ID), undefined);
    const before = Date.now();
    for (let times = 0; times < 2; times++) await submit();
    const { submittedAt } = await latestOf();
    const waiting = (await queue.describeJob(KYC_ID)) ?? assert.fail("there is no job");
    assert.ok(waiting.enqueuedAt >= before && waiting.enqueuedAt <= Date.now());
    const rest = { attempt: 1, attempts: 5, lastFailure: null, stalls: 0, queue: { isPaused: false, pausedForMs: 0 } };
    assert.deepEqual(waiting, { state: "waiting", enqueuedAt: waiting.enqueuedAt, submittedAt, runsAt: null, ...rest });
    await (await tool.take()).delay(60_000);
    const delayed = (await queue.describeJob(KYC_ID)) ?? assert.fail("there is no job");
    assert.equal(delayed.state, "delayed");
    assert.ok((delayed.runsAt ?? 0) >= before + 60_000 && (delayed.runsAt ?? 0) <= Date.now() + 60_000);
    await queue.runNow(KYC_ID);
    await loseWaitList();
    assert.equal(await queue.describeJob(KYC_ID), undefined, "no worker can find it");
  });

  test("runNow lets a delayed job run, and no other", async () => {
    assert.equal(await queue.runNow(KYC_ID), "missing");
    await submit();
    assert.equal(await queue.runNow(KYC_ID), "running");
    await (await tool.take()).delay(60_000);
    assert.equal(await queue.runNow(KYC_ID), "promoted");
    assert.equal(await tool.stateOfRecord(KYC_ID), "waiting");
  });

  test("pause stops all workers for a time, and never shortens an earlier pause", async () => {
    await queue.pause(60_000);
    await queue.pause(1_000);
    assert.ok((await tool.queue.getRateLimitTtl()) > 50_000);
    await queue.pause(120_000);
    assert.ok((await tool.queue.getRateLimitTtl()) > 110_000);
  });
});
