/** The queue's verbs on a real Redis. */
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { after, before, beforeEach, describe, test } from "node:test";
import { startRedis, type Redis } from "../../dev/servers/redis.ts";
import { assertNothingOpen } from "../../test/leaks.ts";
import { openQueueTool, type QueueTool } from "../../test/queue-tool.ts";
import { createQueue, type VerificationQueue } from "./queue.ts";
import { connectForCaller } from "./redis.ts";
import { endWithoutVerdict } from "./superseded-job.ts";

const KYC_ID = 456;
const JOB_ID = "kyc-456";

const submissionOf = (kycId: number) => ({
  userId: 1,
  kycId,
  passportKey: `kyc/${kycId}/passport.jpg`,
  selfieKey: `kyc/${kycId}/selfie.jpg`,
});

function openQueue(url: string): VerificationQueue {
  const redis = connectForCaller(url, { onError: () => {} });
  return createQueue({ redis, prefix: "bull", attempts: 5, backoffMs: 2_000 });
}

let redis: Redis;
let tool: QueueTool;
let queue: VerificationQueue;

before(async () => {
  redis = await startRedis();
  tool = openQueueTool(redis.url);
  queue = openQueue(redis.url);
});
after(async () => {
  await queue.close();
  await tool.close();
  await redis.stop();
  await assertNothingOpen();
});
beforeEach(() => tool.empty());

describe("the verbs", () => {
  const submit = (kycId = KYC_ID) => queue.enqueue(submissionOf(kycId));

  test("findJobs finds those that wait, run or are delayed, with the time of their submission", async () => {
    const before = Date.now();
    for (const kycId of [1, 2, 3, 4]) await submit(kycId);
    await (await tool.take()).delay(60_000);
    await tool.take();
    await (await tool.take()).complete({ keep: true });
    const jobs = await queue.findJobs([4, 3, 2, 1, 99]);
    assert.deepEqual(new Set(jobs.keys()), new Set([1, 2, 4]));
    for (const { enqueuedAt } of jobs.values()) assert.ok(enqueuedAt >= before && enqueuedAt <= Date.now());
    assert.equal((await queue.findJobs([])).size, 0);
  });

  test("depth and oldestAgeMs tell how much waits, and how long", async () => {
    assert.deepEqual([await queue.depth(), await queue.oldestAgeMs()], [{ waiting: 0, active: 0, delayed: 0 }, null]);
    for (const kycId of [1, 2, 3]) await submit(kycId);
    await (await tool.take()).delay(60_000);
    await tool.take();
    assert.deepEqual(await queue.depth(), { waiting: 1, active: 1, delayed: 1 });
    const { timestamp } = await tool.find("kyc-1");
    const age = (await queue.oldestAgeMs()) ?? assert.fail("there is no job");
    assert.ok(age >= 0 && age <= Date.now() - timestamp);
  });

  test("runNow lets a delayed job run, and no other", async () => {
    assert.equal(await queue.runNow(KYC_ID), "missing");
    await submit();
    assert.equal(await queue.runNow(KYC_ID), "running");
    await (await tool.take()).delay(60_000);
    assert.equal(await queue.runNow(KYC_ID), "promoted");
    assert.equal(await tool.stateOf(JOB_ID), "waiting");
  });

  test("pause holds all workers back, and never for less long than they are held back already", async () => {
    await queue.pause(60_000);
    await queue.pause(1_000);
    assert.ok((await tool.queue.getRateLimitTtl()) > 50_000);
    await queue.pause(120_000);
    assert.ok((await tool.queue.getRateLimitTtl()) > 110_000);
  });

  test("ping answers", async () => {
    await queue.ping();
  });

  test("the prefix keeps queues apart", async () => {
    const connection = connectForCaller(redis.url, { onError: () => {} });
    const other = createQueue({ redis: connection, prefix: "{other}", attempts: 1, backoffMs: 1 });
    try {
      await other.enqueue(submissionOf(KYC_ID));
      assert.equal(await tool.count(), 0);
      assert.equal((await other.findJobs([KYC_ID])).size, 1);
    } finally {
      await other.close();
    }
  });
});

describe("a submission whose record has a job that has reached its verdict", () => {
  const VERDICT = { status: "ocr_complete", sealed: "AQ==" } as const;
  const decided = { ...submissionOf(KYC_ID), requestId: "first", verdict: VERDICT };

  /** A job that waits for PostgreSQL, with its verdict. */
  async function putAside(data: object = decided) {
    await queue.enqueue(submissionOf(KYC_ID));
    const job = await tool.take();
    await (await tool.find(JOB_ID)).updateData(data);
    await job.delay(60_000);
  }
  const isKept = async () => (await tool.find(JOB_ID)).data.verdict !== undefined;

  for (const state of ["delayed", "waiting"] as const) {
    test(`is queued where it is equal and the job is ${state}`, async () => {
      await putAside();
      if (state === "waiting") await queue.runNow(KYC_ID);
      assert.equal(await tool.stateOf(JOB_ID), state);
      for (const extra of [{}, { stampKey: null }]) {
        await queue.enqueue({ ...submissionOf(KYC_ID), ...extra }, { requestId: "second" });
      }
      assert.ok(await isKept());
      assert.equal(await tool.count(), 1);
    });
  }

  test("takes the job's place where it differs in anything", async () => {
    for (const [field, value] of [
      ["userId", 2],
      ["passportKey", "other"],
      ["selfieKey", "other"],
      ["stampKey", "other"],
    ] as const) {
      await tool.empty();
      await putAside();
      const next = { ...submissionOf(KYC_ID), [field]: value };
      await queue.enqueue(next);
      assert.deepEqual((await tool.find(JOB_ID)).data, next);
    }
  });

  test("waits for the job's end where it runs", async () => {
    await queue.enqueue(submissionOf(KYC_ID));
    const job = await tool.take();
    await (await tool.find(JOB_ID)).updateData(decided);
    const again = queue.enqueue(submissionOf(KYC_ID));
    await job.complete();
    await again;
    assert.ok(!(await isKept()));
    assert.equal(await tool.stateOf(JOB_ID), "waiting");
  });

  test("takes the job's place where its worker has died: the verdict may have been seen", async () => {
    await putAside();
    await tool.redis.hset(tool.queue.toKey(JOB_ID), "stc", "1");
    await queue.enqueue(submissionOf(KYC_ID));
    assert.ok(!(await isKept()));
  });
});

describe("a submission that finds the record's job in the queue", () => {
  const resubmissionOf = async () => {
    const kept = await tool.redis.hget(tool.queue.toKey(JOB_ID), "resubmission");
    return kept === null ? undefined : JSON.parse(kept);
  };
  const fenced = { ...submissionOf(KYC_ID), baseline: { reviewedAt: null } };

  test("is kept with it once it has run: the record may have been decided since", async () => {
    await queue.enqueue(submissionOf(KYC_ID));
    const job = await tool.take();
    await (await tool.find(JOB_ID)).updateData(fenced);
    for (const selfieKey of ["second", "third"]) {
      const { isNew } = await queue.enqueue({ ...submissionOf(KYC_ID), selfieKey }, { requestId: selfieKey });
      assert.equal(isNew, false);
    }
    assert.deepEqual(await resubmissionOf(), {
      ...submissionOf(KYC_ID),
      selfieKey: "third",
      requestId: "third",
    });
    assert.deepEqual((await tool.find(JOB_ID)).data, fenced, "the job goes on with its own");
    await job.complete();
    assert.equal(await tool.redis.exists(tool.queue.toKey(JOB_ID)), 0);
  });

  test("is not, before: the job will find the record as it is", async () => {
    await queue.enqueue(submissionOf(KYC_ID));
    await queue.enqueue(submissionOf(KYC_ID));
    assert.equal(await resubmissionOf(), undefined);
  });

  test("is a new job or kept with the old one, however the old one's end falls", async () => {
    const orders = new Set<boolean>();
    const next = { ...submissionOf(KYC_ID), selfieKey: "next" };
    for (let round = 0; round < 200; round++) {
      await tool.empty();
      await queue.enqueue(submissionOf(KYC_ID));
      const job = await tool.take();
      await (await tool.find(JOB_ID)).updateData(fenced);
      const key = tool.queue.toKey(JOB_ID);
      const token = (await tool.redis.get(`${key}:lock`)) ?? assert.fail("it has no lock");
      const end = async () => {
        await delay(round % 4);
        const isAnew = await endWithoutVerdict(tool.redis, key, token, { mayStartAnew: true });
        if (!isAnew) await job.complete().catch(() => "its place was taken");
        orders.add(isAnew);
      };
      await Promise.all([queue.enqueue(next), end()]);
      assert.deepEqual((await tool.find(JOB_ID)).data, next, `round ${round}`);
    }
    assert.equal(orders.size, 2, "both orders were played");
  });

  test("is taken up once, and that is said again to whoever lost the answer", async () => {
    const large = { ...submissionOf(KYC_ID), userId: Number.MAX_SAFE_INTEGER };
    await queue.enqueue(submissionOf(KYC_ID));
    await tool.take();
    await queue.enqueue(large);
    const key = tool.queue.toKey(JOB_ID);
    const token = (await tool.redis.get(`${key}:lock`)) ?? assert.fail("it has no lock");
    const baseline = { reviewedAt: "17.000001" };
    await (await tool.find(JOB_ID)).updateProgress("abandoned");
    for (let times = 0; times < 2; times++) {
      assert.equal(await endWithoutVerdict(tool.redis, key, token, { mayStartAnew: true, baseline }), true);
      const { data, progress } = await tool.find(JOB_ID);
      assert.deepEqual(data, { ...large, baseline });
      assert.notEqual(progress, "abandoned");
    }
    assert.equal(await resubmissionOf(), undefined);
  });

  test("is not taken up where it was decided on: it came minutes before the decision", async () => {
    await queue.enqueue(submissionOf(KYC_ID));
    await tool.take();
    await queue.enqueue(submissionOf(KYC_ID));
    const key = tool.queue.toKey(JOB_ID);
    const token = (await tool.redis.get(`${key}:lock`)) ?? assert.fail("it has no lock");
    const baseline = { reviewedAt: `${(Date.now() + 180_000) / 1_000}` };
    assert.equal(await endWithoutVerdict(tool.redis, key, token, { mayStartAnew: true, baseline }), false);
    assert.equal((await queue.enqueue(submissionOf(KYC_ID))).isNew, true);
  });

  test("is dropped with a job whose record was decided for good", async () => {
    await queue.enqueue(submissionOf(KYC_ID));
    const job = await tool.take();
    await (await tool.find(JOB_ID)).updateData(fenced);
    await queue.enqueue(submissionOf(KYC_ID));
    const key = tool.queue.toKey(JOB_ID);
    const token = (await tool.redis.get(`${key}:lock`)) ?? assert.fail("it has no lock");
    assert.equal(await endWithoutVerdict(tool.redis, key, "another", { mayStartAnew: true }), false);
    assert.ok(await resubmissionOf(), "a worker that has lost the job changes nothing");
    assert.equal(await endWithoutVerdict(tool.redis, key, token, { mayStartAnew: false }), false);
    await job.complete();
    assert.equal(await tool.count(), 0);
  });
});

describe("data that somebody else has written", () => {
  const write = (text: string) => tool.redis.hset(tool.queue.toKey(JOB_ID), "data", text);

  for (const text of ["null", "{}", "not JSON"]) {
    test(`${text}: its job is found, and taken out where it waits`, async () => {
      await queue.enqueue(submissionOf(KYC_ID));
      await write(text);
      assert.deepEqual([...(await queue.findJobs([KYC_ID])).keys()], [KYC_ID]);
      assert.equal(await queue.takeOut(KYC_ID, Date.now() + 1), "out");
      assert.equal(await tool.count(), 0);
    });

    test(`${text}: where its job runs, it stands in nobody's way: it can overwrite nothing`, async () => {
      await queue.enqueue(submissionOf(KYC_ID));
      await tool.take();
      await write(text);
      assert.equal(await queue.takeOut(KYC_ID, Date.now() + 1), "running");
      await queue.enqueue(submissionOf(KYC_ID));
      assert.deepEqual((await tool.find(JOB_ID)).data, submissionOf(KYC_ID));
      assert.equal(await tool.stateOf(JOB_ID), "waiting");
    });
  }
});

describe("what no worker can take up", () => {
  test("a job whose data cannot be read makes way for a new submission", async () => {
    await queue.enqueue(submissionOf(KYC_ID));
    await tool.redis.hset(tool.queue.toKey(JOB_ID), "data", "{broken");
    assert.equal((await queue.enqueue(submissionOf(KYC_ID))).isNew, true);
    assert.deepEqual((await tool.find(JOB_ID)).data, submissionOf(KYC_ID));
    assert.equal(await tool.count(), 1);
  });

  test("a job that has lost all but a counter makes way, too", async () => {
    await tool.redis.hset(tool.queue.toKey(JOB_ID), "stc", "1");
    assert.equal((await queue.enqueue(submissionOf(KYC_ID))).isNew, true);
    assert.deepEqual((await tool.find(JOB_ID)).data, submissionOf(KYC_ID));
    assert.equal(await tool.count(), 1);
  });

  test("a job whose time cannot be read is old, and taken out", async () => {
    await queue.enqueue(submissionOf(KYC_ID));
    await tool.redis.hset(tool.queue.toKey(JOB_ID), "timestamp", "soon");
    assert.equal((await queue.findJobs([KYC_ID])).get(KYC_ID)?.enqueuedAt, 0);
    assert.equal(await queue.takeOut(KYC_ID, 1), "out");
  });

  for (const [field, text] of [
    ["data", "{broken"],
    ["opts", "{broken"],
    ["timestamp", "soon"],
  ] as const) {
    test(`one whose ${field} cannot be read hides the age of no other`, async () => {
      for (const kycId of [KYC_ID, 457]) await queue.enqueue(submissionOf(kycId));
      await tool.redis.hset(tool.queue.toKey(JOB_ID), field, text);
      const age = await queue.oldestAgeMs();
      assert.ok(field === "timestamp" ? age === null : age !== null && age < 60_000, `${age}`);
    });
  }

  test("a key of another type in a job's place hides no other record's job", async () => {
    await queue.enqueue(submissionOf(KYC_ID));
    await tool.redis.lpush(tool.queue.toKey("kyc-457"), "not a job");
    assert.deepEqual([...(await queue.findJobs([457, KYC_ID])).keys()], [KYC_ID]);
  });
});

describe("takeOut", () => {
  const takeOut = () => queue.takeOut(KYC_ID, Date.now() + 1);

  test("takes a job that waits", async () => {
    await queue.enqueue(submissionOf(KYC_ID));
    assert.equal(await takeOut(), "out");
    assert.equal(await tool.stateOf(JOB_ID), "unknown");
  });

  test("takes a job that is delayed", async () => {
    await queue.enqueue(submissionOf(KYC_ID));
    await (await tool.take()).delay(60_000);
    assert.equal(await takeOut(), "out");
    assert.equal(await tool.stateOf(JOB_ID), "unknown");
  });

  test("takes a job that another tool has prioritised", async () => {
    await tool.queue.add("verify", submissionOf(KYC_ID), { jobId: JOB_ID, priority: 1 });
    assert.equal(await takeOut(), "out");
    assert.equal(await tool.count(), 0);
  });

  test("says that a job is out that is not there", async () => {
    assert.equal(await takeOut(), "out");
  });

  test("leaves a job that runs, and says whether it has its fence", async () => {
    await queue.enqueue(submissionOf(KYC_ID));
    const job = await tool.take();
    assert.equal(await takeOut(), "unfenced");
    await (await tool.find(JOB_ID)).updateData({ ...submissionOf(KYC_ID), baseline: { reviewedAt: null } });
    assert.equal(await takeOut(), "running");
    assert.equal(await tool.stateOf(JOB_ID), "active");
    await job.complete();
  });

  test("takes a job whose worker has died, fence or not", async () => {
    for (const data of [submissionOf(KYC_ID), { ...submissionOf(KYC_ID), baseline: { reviewedAt: null } }]) {
      await queue.enqueue(submissionOf(KYC_ID));
      await tool.take();
      await (await tool.find(JOB_ID)).updateData(data);
      await tool.redis.del(`${tool.queue.toKey(JOB_ID)}:lock`);
      assert.equal(await takeOut(), "out");
      assert.equal(await tool.count(), 0);
    }
  });

  test("leaves the record to another sweep where Redis does not let the job be marked", async () => {
    await queue.enqueue(submissionOf(KYC_ID));
    await tool.take();
    await (await tool.find(JOB_ID)).updateData({ ...submissionOf(KYC_ID), baseline: { reviewedAt: null } });
    await tool.redis.config("SET", "maxmemory", "1");
    try {
      assert.equal(await takeOut(), "unfenced");
    } finally {
      await tool.redis.config("SET", "maxmemory", "0");
    }
    assert.equal(await takeOut(), "running");
  });

  test("leaves a job that is younger", async () => {
    const before = Date.now() - 1;
    await queue.enqueue(submissionOf(KYC_ID));
    assert.equal(await queue.takeOut(KYC_ID, before), "unfenced");
    assert.equal(await tool.stateOf(JOB_ID), "waiting");
  });

  test("against a worker that takes the same job: it is out or it runs, and never both or neither", async () => {
    for (let round = 0; round < 200; round++) {
      await tool.empty();
      await queue.enqueue(submissionOf(KYC_ID));
      const [outcome, taken] = await Promise.all([
        takeOut(),
        tool.take().then(
          async (job) => (round % 2 === 0 ? job.complete() : undefined),
          () => "nothing waited",
        ),
      ]);
      if (outcome === "out") assert.equal(await tool.stateOf(JOB_ID), "unknown");
      else assert.notEqual(taken, "nothing waited");
    }
  });
});
