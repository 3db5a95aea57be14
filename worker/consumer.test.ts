/** The consumer on a real Redis: the job that a run gets, and the job's data in Redis afterwards. */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { randomUUID } from "node:crypto";
import { Queue } from "bullmq";
import { type Redis as RedisServer, startRedis } from "../dev/servers/redis.ts";
import { DatabaseUnavailableError, RateLimitError, RecordMissingError, TransientError } from "../lib/errors.ts";
import { JOB_NAME } from "../lib/queue/jobs.ts";
import { createQueue, QUEUE_NAME, type VerificationQueue } from "../lib/queue/queue.ts";
import { createRecordCache } from "../lib/queue/record-cache.ts";
import { connectForWorker, type RedisConnection } from "../lib/queue/redis.ts";
import { bullJobIdOf, type QueuedSubmission } from "../lib/submission.ts";
import { assertNothingOpen } from "../test/leaks.ts";
import { createRecordedLog } from "../test/recorded-log.ts";
import { eventually } from "../test/waiting.ts";
import { createConsumer } from "./consumer.ts";
import type { RunJob } from "./run/run-job.ts";
import type { JobOutcome } from "./run/save.ts";
import type { QueuedJob } from "./run/decide.ts";

const SAVED: JobOutcome = { outcome: "saved", status: "ocr_complete", reason: undefined, failure: undefined };
const DROPPED = "dropped: this job is not one of this service, or names another record";

let server: RedisServer;
let prefix = "test0";
let tests = 0;
/** Closed after each test, the last first. */
let closers: (() => Promise<unknown>)[] = [];
let queue: VerificationQueue;
let bull: Queue;
let redis: RedisConnection;

before(async () => {
  server = await startRedis();
});
after(async () => {
  await server.stop();
  await assertNothingOpen();
});

function connect(): RedisConnection {
  return connectForWorker(server.url, { onError: (error) => assert.fail(error) });
}

beforeEach(() => {
  prefix = `test${(tests += 1)}`;
  redis = connect();
  closers = [async () => redis.disconnect()];
  queue = createQueue({ redis, prefix, attempts: 3, backoffMs: 1 });
  bull = new Queue(QUEUE_NAME, { connection: redis, prefix });
  closers.push(
    () => queue.close(),
    () => bull.close(),
  );
});
afterEach(async () => {
  for (const close of closers.toReversed()) await close();
});

type Options = Partial<Parameters<typeof createConsumer>[0]>;

function start(runJob: RunJob, options: Options = {}) {
  const connection = connect();
  const { log, lines } = createRecordedLog();
  const consumer = createConsumer({
    redis: connection,
    prefix,
    concurrency: 1,
    lockDurationMs: 30_000,
    stalledIntervalMs: 30_000,
    budgetMs: 60_000,
    retryMs: 1,
    runJob,
    queue,
    cache: createRecordCache({ redis, prefix }),
    log,
    ...options,
  });
  const close = async (graceMs = 0) => {
    await consumer.close(graceMs);
    connection.disconnect();
  };
  closers.push(close);
  return { close, lines };
}

const submissionOf = (kycId: number) => ({ userId: 1, kycId, passportKey: "p.jpg", selfieKey: "s.jpg" });
const enqueue = (kycId: number, changes: { selfieKey?: string } = {}) =>
  queue.enqueue({ ...submissionOf(kycId), ...changes });
const stateOf = async (kycId: number) => (await queue.describeJob(kycId))?.state ?? "none";

/** Resolves once the queue holds no job in any state. */
const empty = () =>
  eventually("the queue is empty", async () => Object.values(await bull.getJobCounts()).every((jobs) => jobs === 0));

/** A runner that returns these outcomes in turn, and records the jobs. */
function scripted(...outcomes: (JobOutcome | Error)[]) {
  const seen: QueuedJob[] = [];
  const runJob: RunJob = async ({ job }) => {
    seen.push(job);
    const outcome = outcomes[seen.length - 1] ?? SAVED;
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };
  return { runJob, seen, attempts: () => seen.map(({ attempt }) => attempt) };
}

/** A runner that waits in each job until the test ends the job or aborts it. */
function held() {
  const started: { job: QueuedJob; signal: AbortSignal; end: () => void }[] = [];
  const runJob: RunJob = ({ job, signal }) =>
    new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      started.push({ job, signal, end: () => resolve(SAVED) });
    });
  const until = (count: number) => eventually(`${count} jobs have started`, () => started.length >= count);
  return { runJob, started, until };
}

describe("jobs", () => {
  test("a job is shown to its runner as it was submitted, and is gone from Redis when it is done", async () => {
    const { runJob, seen } = scripted();
    let deadline = 0;
    start(async (run) => {
      ({ deadline } = run);
      return runJob(run);
    });
    const before = Date.now();
    await queue.enqueue(submissionOf(456), { requestId: "r-1" });
    await empty();
    const [{ submission, ...view } = assert.fail("it did not run")] = seen;
    const { id: _, submittedAt, ...rest } = submission;
    assert.deepEqual(rest, { ...submissionOf(456), requestId: "r-1" });
    assert.deepEqual(view, { attempt: 1, isLastAttempt: false, crashes: 0 });
    assert.ok(submittedAt >= before && submittedAt <= Date.now());
    assert.equal(deadline, submittedAt + 60_000);
    assert.equal(await stateOf(456), "none");
  });

  test("a job that failed for good ends at once, even with attempts left", async () => {
    const failed = { ...SAVED, status: "ocr_failed", reason: "face_not_found", failure: "INVALID_PHOTO" } as const;
    const { runJob, attempts } = scripted(failed);
    start(runJob);
    await enqueue(1);
    await empty();
    assert.deepEqual(attempts(), [1]);
  });

  test("a job that fails is tried again, and exists until the last attempt's verdict is written", async () => {
    const again = new TransientError("again", "ocr_unavailable");
    const { runJob, seen, attempts } = scripted(again, again);
    let stateAtVerdict = "";
    start(async (run) => {
      const outcome = await runJob(run);
      // If the worker died now, the job would run again.
      stateAtVerdict = await stateOf(1);
      return outcome;
    });
    await enqueue(1);
    await empty();
    assert.deepEqual(attempts(), [1, 2, 3]);
    assert.deepEqual(
      seen.map(({ isLastAttempt }) => isLastAttempt),
      [false, false, true],
    );
    assert.equal(stateAtVerdict, "active");
  });

  test("while the database is down, a job waits without using up attempts, until the record's time is over", async () => {
    const away = Array.from({ length: 6 }, () => new DatabaseUnavailableError("57P01"));
    const patient = scripted(...away);
    const { close, lines } = start(patient.runJob);
    await queue.enqueue(submissionOf(1), { requestId: "r-1" });
    await empty();
    assert.deepEqual(patient.attempts(), Array(7).fill(1));
    const [line] = lines;
    assert.partialDeepStrictEqual(line, { kycId: 1, jobId: "kyc-1", attempt: 1, requestId: "r-1" });
    await close();
    const impatient = scripted(...away);
    start(impatient.runJob, { budgetMs: 0 });
    await enqueue(1);
    await empty();
    assert.deepEqual(impatient.attempts(), [1, 2, 3]);
  });
});

describe("later submissions", () => {
  const keysOf = (seen: readonly QueuedJob[]) => seen.map(({ submission, attempt }) => [submission.selfieKey, attempt]);

  test("a later submission that a run has found becomes the next job, with all its attempts", async () => {
    const seen: QueuedJob[] = [];
    const cache = createRecordCache({ redis, prefix });
    start(async ({ job }) => {
      seen.push(job);
      if (seen.length === 1) throw new TransientError("busy", "ocr_unavailable");
      if (seen.length > 2) return SAVED;
      await enqueue(1, { selfieKey: "later.jpg" });
      return { outcome: "later", submission: (await cache.readLatest(1)) ?? assert.fail("there is no later one") };
    });
    await enqueue(1);
    await empty();
    assert.deepEqual(keysOf(seen), [
      ["s.jpg", 1],
      ["s.jpg", 2],
      ["later.jpg", 1],
    ]);
  });

  test("a later submission is the next job even if the job before it is given up", async () => {
    const seen: QueuedJob[] = [];
    start(async ({ job }) => {
      seen.push(job);
      if (seen.length > 3) return SAVED;
      if (seen.length === 3) await enqueue(1, { selfieKey: "later.jpg" });
      throw new RecordMissingError(1);
    });
    await enqueue(1);
    await empty();
    assert.deepEqual(keysOf(seen).at(-1), ["later.jpg", 1]);
    assert.equal(seen.length, 4);
  });

  test("if a later submission cannot be put into the queue, the job waits and runs again", async () => {
    const { runJob, attempts } = scripted({ outcome: "later", submission: queued(1) }, { outcome: "decided" });
    const handOver = () => Promise.reject(new DatabaseUnavailableError("no Redis, as it were"));
    start(runJob, { queue: { ...queue, handOver } });
    await enqueue(1);
    await empty();
    assert.deepEqual(attempts(), [1, 1]);
  });
});

/** A submission that is not in the queue. */
const queued = (kycId: number): QueuedSubmission => ({
  ...submissionOf(kycId),
  id: randomUUID(),
  submittedAt: Date.now(),
});

describe("foreign jobs", () => {
  const cases: readonly (readonly [string, () => readonly [id: string, data: unknown]])[] = [
    ["of another application", () => ["mail-1", { to: "somebody@example.com" }]],
    ["with an id that is not ours", () => ["other-1", queued(1)]],
    ["whose data is no submission", () => [bullJobIdOf(queued(1)), { kycId: 1 }]],
    ["that names another record than its id", () => [bullJobIdOf({ kycId: 2, id: randomUUID() }), queued(1)]],
    ["under the id that callers see", () => ["kyc-1", queued(1)]],
    [
      "with a key that this service would refuse",
      () => [bullJobIdOf(queued(1)), { ...queued(1), passportKey: "../x" }],
    ],
  ];
  for (const [what, make] of cases) {
    test(`${what} runs nothing, is logged, and leaves Redis`, async () => {
      const { runJob, seen } = scripted();
      const { lines } = start(runJob);
      const [jobId, data] = make();
      await bull.add(JOB_NAME, data, { jobId });
      await eventually("it is dropped", () => lines.some(({ level, msg }) => level === "error" && msg === DROPPED));
      await empty();
      assert.deepEqual(seen, []);
    });
  }

  test("a foreign job that fails leaves no trace in the failed set", async () => {
    const { runJob } = scripted(new TypeError("no"));
    start(runJob);
    const submission = queued(1);
    await bull.add(JOB_NAME, submission, { jobId: bullJobIdOf(submission) });
    await empty();
    assert.equal(await bull.getFailedCount(), 0);
  });

  test("a foreign job does not keep the record's submission from being verified", async () => {
    const { runJob, seen } = scripted();
    const planted = bullJobIdOf({ kycId: 1, id: randomUUID() });
    await bull.add(JOB_NAME, {}, { jobId: planted, deduplication: { id: "kyc-1", keepLastIfActive: true } });
    // Not with enqueue, which would replace the job that was planted.
    await createRecordCache({ redis, prefix }).setLatest(queued(1));
    start(runJob);
    await eventually("the submission runs", () => seen.length === 1);
    await empty();
  });

  test("a job whose data was changed does not keep the record's submission, which it was, from being verified", async () => {
    const { runJob, seen } = scripted();
    const latest = queued(1);
    const jobId = bullJobIdOf(latest);
    await bull.add(
      JOB_NAME,
      { ...latest, kycId: 2 },
      { jobId, deduplication: { id: "kyc-1", keepLastIfActive: true } },
    );
    await createRecordCache({ redis, prefix }).setLatest(latest);
    start(runJob);
    await eventually("the submission runs", () => seen.length === 1);
    await empty();
  });
});

test("after a refusal of Redis the worker waits before it asks again, and jobs run once Redis accepts commands", async () => {
  const { runJob, attempts } = scripted();
  await enqueue(1);
  await redis.config("SET", "maxmemory", "1");
  try {
    const { lines } = start(runJob);
    const troubles = (count: number) =>
      eventually(
        `${count} times trouble`,
        () => lines.filter(({ msg }) => msg.startsWith("queue trouble")).length >= count,
      );
    await troubles(1);
    const startedAt = performance.now();
    await troubles(3);
    // A busy machine only takes longer.
    assert.ok(performance.now() - startedAt > 900, "it asks once a second");
  } finally {
    await redis.config("SET", "maxmemory", "0");
  }
  await empty();
  assert.deepEqual(attempts(), [1]);
});

describe("a rate limit", () => {
  /** Two workers and a rate limit in the first job; says when each job was taken up, and when the limit was reached. */
  async function reachLimit(retryAfterMs: number) {
    const takenUp: { kycId: number; attempt: number; at: number }[] = [];
    const paused = Promise.withResolvers<void>();
    let limitedAt = 0;
    let limited = 0;
    const runJob: RunJob = async ({ job: { submission, attempt } }) => {
      takenUp.push({ kycId: submission.kycId, attempt, at: Date.now() });
      if (limitedAt === 0) {
        limitedAt = Date.now();
        limited = submission.kycId;
        throw new RateLimitError(retryAfterMs);
      }
      await paused.promise;
      return SAVED;
    };
    const pause = async (durationMs: number) => {
      await queue.pause(durationMs);
      paused.resolve();
    };
    for (const kycId of [1, 2, 3, 4, 5]) await enqueue(kycId);
    for (let workers = 0; workers < 2; workers += 1) start(runJob, { queue: { ...queue, pause } });
    await empty();
    return { takenUp, limitedAt, limited };
  }

  for (const retryAfterMs of [0, 300, 1_500]) {
    test(`a rate limit of ${retryAfterMs} ms pauses every worker for that long, and costs no attempt`, async () => {
      const { takenUp, limitedAt, limited } = await reachLimit(retryAfterMs);
      const ids = [1, 2, 3, 4, 5, limited];
      const ascending = (one: number, other: number) => one - other;
      assert.deepEqual(takenUp.map(({ kycId }) => kycId).toSorted(ascending), ids.toSorted(ascending));
      assert.ok(takenUp.every(({ attempt }) => attempt === 1));
      // The other worker may have taken up one job before the pause began; none after it, until it was over.
      const during = takenUp.slice(1).filter(({ at }) => at < limitedAt + retryAfterMs);
      assert.ok(during.length <= 1, JSON.stringify({ takenUp, limitedAt }));
    });
  }
});

describe("closing", () => {
  test("a worker that closes waits for running jobs, and takes no other job", async () => {
    const { runJob, started, until } = held();
    const { close } = start(runJob);
    await enqueue(1);
    await enqueue(2);
    await until(1);
    const closed = close(60_000);
    started[0]?.end();
    await closed;
    assert.equal(started.length, 1);
    assert.deepEqual([await stateOf(1), await stateOf(2)], ["none", "waiting"]);
  });

  test("a worker that closes gives back what still runs after the grace, and no attempt is lost", async () => {
    const { runJob, started, until } = held();
    const { close } = start(runJob, { concurrency: 2 });
    await enqueue(1);
    await enqueue(2);
    await until(2);
    await enqueue(3);
    await close(20);
    assert.ok(started.every(({ signal }) => signal.aborted));
    assert.deepEqual(await bull.getJobCounts("active", "waiting", "failed"), { active: 0, waiting: 3, failed: 0 });

    const { runJob: other, seen, attempts } = scripted();
    start(other);
    await empty();
    assert.deepEqual(attempts(), [1, 1, 1]);
    assert.deepEqual(
      seen.map(({ crashes }) => crashes),
      [0, 0, 0],
      "the other worker did not have to find out that this one was gone",
    );
    assert.equal(seen.at(-1)?.submission.kycId, 3, "what ran already comes first");
  });

  test("a worker that closes gives back a job and the later submission held behind it", async () => {
    const { runJob, until } = held();
    const { close } = start(runJob);
    await enqueue(1);
    await until(1);
    await enqueue(1, { selfieKey: "later.jpg" });
    await close(0);
    const seen: string[] = [];
    start(async ({ job: { submission } }) => {
      seen.push(submission.selfieKey);
      return SAVED;
    });
    await empty();
    assert.deepEqual(seen, ["s.jpg", "later.jpg"]);
  });

  test("a verdict that was reached after the grace is kept", async () => {
    const verdict = Promise.withResolvers<JobOutcome>();
    const aborted = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const { close } = start(({ signal }) => {
      signal.addEventListener("abort", () => aborted.resolve());
      started.resolve();
      return verdict.promise;
    });
    await enqueue(1);
    await started.promise;
    const closed = close(0);
    await aborted.promise;
    verdict.resolve(SAVED);
    await closed;
    assert.equal(await stateOf(1), "none");
  });
});

test("a job whose worker has lost its lock runs again, with the same attempt, and the first run's end harms nothing", async () => {
  const { runJob, started, until } = held();
  const quick = { lockDurationMs: 1_000, stalledIntervalMs: 500 };
  const first = start(runJob, quick);
  await enqueue(1);
  await until(1);
  start(runJob, quick);
  const job = started[0]?.job ?? assert.fail("it did not start");
  await redis.del(`${bull.toKey(bullJobIdOf(job.submission))}:lock`);
  await until(2);
  assert.deepEqual(started[1]?.job.submission, job.submission);
  assert.equal(started[1].job.attempt, 1);
  await enqueue(1, { selfieKey: "later.jpg" });
  started[0]?.end();
  await eventually("the first run has ended", () => first.lines.some(({ msg }) => msg.startsWith("queue trouble")));
  assert.equal(await stateOf(1), "active", "the job is its second run's");
  started[1].end();
  await until(3);
  assert.equal(started[2]?.job.submission.selfieKey, "later.jpg");
  started[2].end();
  await empty();
});
