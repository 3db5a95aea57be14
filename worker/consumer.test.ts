/** The consumer on a real Redis: what becomes of a job, told by what its runs see and by what Redis holds. */
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { Queue } from "bullmq";
import { type Redis as RedisServer, startRedis } from "../dev/servers/redis.ts";
import {
  DatabaseUnavailableError,
  FinalError,
  QueueUnavailableError,
  RateLimitError,
  RecordMissingError,
  TransientError,
} from "../lib/errors.ts";
import { createQueue, JOB_NAME, QUEUE_NAME, type VerificationQueue } from "../lib/queue/queue.ts";
import { connectForWorker, type RedisConnection } from "../lib/queue/redis.ts";
import { NO_OBSERVER } from "../lib/observe/telemetry.ts";
import { assertNothingOpen } from "../test/leaks.ts";
import { createRecordedLog } from "../test/recorded-log.ts";
import { eventually } from "../test/waiting.ts";
import type { JobOutcome, QueuedJob, RunJob } from "./run-job.ts";
import { createVerificationWorker } from "./worker.ts";

const CANARY = "CANARY-MUSTERMANN";
const SAVED: JobOutcome = { outcome: "saved" };

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

type Options = Partial<Parameters<typeof createVerificationWorker>[0]>;

function start(runJob: RunJob, options: Options = {}) {
  const connection = connect();
  const { log, lines } = createRecordedLog();
  const worker = createVerificationWorker({
    redis: connection,
    prefix,
    concurrency: 1,
    lockDurationMs: 30_000,
    stalledIntervalMs: 30_000,
    budgetMs: 60_000,
    databaseRetryMs: 1,
    runJob,
    pauseQueue: queue.pause,
    log,
    ...options,
  });
  const close = async (graceMs = 0) => {
    await worker.close(graceMs);
    connection.disconnect();
  };
  closers.push(close);
  return { close, lines };
}

const submission = (kycId: number) => ({ userId: 1, kycId, passportKey: "p.jpg", selfieKey: "s.jpg" });
const enqueue = (kycId: number) => queue.enqueue(submission(kycId));

/** Resolves once the queue holds no job in any state. */
const empty = () =>
  eventually("the queue is empty", async () => Object.values(await bull.getJobCounts()).every((jobs) => jobs === 0));

/** Resolves once this job is in this state. */
const reaches = (jobId: string, state: string) =>
  eventually(`${jobId} is ${state}`, async () => (await bull.getJobState(jobId)) === state);

/** A runner that takes its outcomes in turn, and remembers the jobs as it saw them. */
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

/** A runner that stays in each job until it is told to go on, or is aborted. */
function held() {
  const started: { attempt: number; signal: AbortSignal; end: () => void }[] = [];
  const runJob: RunJob = ({ job, signal }) =>
    new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      started.push({ attempt: job.attempt, signal, end: () => resolve(SAVED) });
    });
  const until = (count: number) => eventually(`${count} jobs have started`, () => started.length >= count);
  return { runJob, started, until };
}

describe("a job", () => {
  test("is shown to its runner as it was submitted, and is gone from Redis when it is done", async () => {
    const { runJob, seen } = scripted();
    const before = Date.now();
    let deadline = 0;
    start(async (run) => {
      ({ deadline } = run);
      return runJob(run);
    });
    await enqueue(456);
    await empty();
    const [job] = seen;
    assert.ok(job);
    const { update: _, enqueuedAt, ...rest } = job;
    assert.deepEqual(rest, {
      id: "kyc-456",
      data: submission(456),
      attempt: 1,
      isLastAttempt: false,
      crashes: 0,
    });
    assert.ok(enqueuedAt >= before && enqueuedAt <= Date.now());
    assert.equal(deadline, enqueuedAt + 60_000);
    assert.equal(await bull.getJob("kyc-456"), undefined);
  });

  test("of which Redis has dropped all but the id is given to its runner, with a time that is a time", async () => {
    const { runJob, seen } = scripted();
    await enqueue(1);
    await redis.del(`${prefix}:${QUEUE_NAME}:kyc-1`);
    start(runJob);
    await eventually("it has run", () => seen.length === 1);
    assert.ok(Math.abs((seen[0]?.enqueuedAt ?? 0) - Date.now()) < 60_000);
  });

  test("shows its next run what the last one remembered", async () => {
    const seen: unknown[] = [];
    start(async ({ job }) => {
      seen.push(job.data);
      if (seen.length > 1) return SAVED;
      await job.update({ ...submission(1), kept: "sealed" });
      throw new TransientError("again", "ocr_unavailable");
    });
    await enqueue(1);
    await empty();
    assert.deepEqual(seen[1], { ...submission(1), kept: "sealed" });
  });
});

describe("a job that is superseded", () => {
  test("starts anew where its record is in review again and it was submitted again", async () => {
    const seen: { readonly data: unknown; readonly attempt: number }[] = [];
    const runJob: RunJob = async ({ job }) => {
      seen.push({ data: job.data, attempt: job.attempt });
      if (seen.length === 1) throw new TransientError("busy", "ocr_unavailable");
      if (seen.length > 2) return SAVED;
      await job.update({ ...submission(1), baseline: { reviewedAt: null } });
      await queue.enqueue({ ...submission(1), selfieKey: "next.jpg" }, { requestId: "second" });
      return { outcome: "reopened", baseline: { reviewedAt: "17.000001" } };
    };
    const { lines } = start(runJob);
    await enqueue(1);
    await empty();
    assert.deepEqual(seen, [
      { data: submission(1), attempt: 1 },
      { data: submission(1), attempt: 2 },
      {
        data: { ...submission(1), selfieKey: "next.jpg", requestId: "second", baseline: { reviewedAt: "17.000001" } },
        attempt: 1,
      },
    ]);
    assert.ok(lines.some(({ msg }) => msg === "no verdict, and submitted again since: it starts anew"));
  });

  test("starts anew, too, where it is given up and was submitted again since", async () => {
    const seen: { readonly data: unknown; readonly attempt: number }[] = [];
    const runJob: RunJob = async ({ job }) => {
      seen.push({ data: job.data, attempt: job.attempt });
      if (seen.length > 3) return SAVED;
      if (seen.length === 3) await queue.enqueue({ ...submission(1), selfieKey: "next.jpg" });
      throw new RecordMissingError(1);
    };
    start(runJob);
    await enqueue(1);
    await empty();
    assert.deepEqual(
      seen.map(({ attempt }) => attempt),
      [1, 2, 3, 1],
    );
    assert.deepEqual(seen.at(-1)?.data, { ...submission(1), selfieKey: "next.jpg" });
  });

  for (const outcome of ["superseded", "reopened"] as const) {
    test(`ends where it is ${outcome} and nobody has submitted it again`, async () => {
      const { runJob, attempts } = scripted({ outcome });
      start(runJob);
      await enqueue(1);
      await empty();
      assert.deepEqual(attempts(), [1]);
    });
  }

  test("waits where Redis does not let it end", async () => {
    const seen: number[] = [];
    const runJob: RunJob = async ({ job }) => {
      seen.push(job.attempt);
      if (seen.length > 1) return SAVED;
      await redis.config("SET", "maxmemory", "1");
      return { outcome: "reopened" };
    };
    const { lines } = start(runJob, { lockDurationMs: 300, stalledIntervalMs: 200 });
    await enqueue(1);
    try {
      await eventually("the job waits", async () => lines.some(({ msg }) => msg === "the job waits for Redis"));
    } finally {
      await redis.config("SET", "maxmemory", "0");
    }
    await empty();
    assert.deepEqual(seen, [1, 1]);
  });
});

test("a run that has lost its job leaves the lock of the job's next run alone", async () => {
  const started: { readonly signal: AbortSignal; readonly end: () => void }[] = [];
  // It hears nothing: its event loop was blocked.
  const runJob: RunJob = ({ signal }) =>
    new Promise((resolve) => {
      started.push({ signal, end: () => resolve(SAVED) });
    });
  const until = (count: number) => eventually(`${count} runs have started`, () => started.length >= count);
  start(runJob, { concurrency: 2, lockDurationMs: 400, stalledIntervalMs: 100 });
  await enqueue(1);
  await until(1);
  await redis.del(`${prefix}:${QUEUE_NAME}:kyc-1:lock`);
  await until(2);
  await eventually("the first run is told", () => started[0]?.signal.aborted === true);
  started[0]?.end();
  await delay(1_200);
  assert.equal(started.length, 2, "the second one's lock was renewed all the time");
  assert.equal(started[1]?.signal.aborted, false);
  started[1]?.end();
  await empty();
});

test("a Redis that refuses is not asked again at once, and jobs run when it takes them again", async () => {
  const { runJob, attempts } = scripted();
  await enqueue(1);
  await redis.config("SET", "maxmemory", "1");
  try {
    const { lines } = start(runJob);
    const troubles = () => lines.filter(({ msg }) => msg.startsWith("queue trouble")).length;
    await eventually("the worker has trouble", async () => troubles() > 0);
    await delay(500);
    assert.ok(troubles() <= 2, `${troubles()} lines`);
    await eventually("it asks again", async () => troubles() >= 3);
  } finally {
    await redis.config("SET", "maxmemory", "0");
  }
  await empty();
  assert.deepEqual(attempts(), [1]);
});

describe("retries", () => {
  test("a transient error uses up attempts, until the last one has a verdict and the job is gone", async () => {
    const again = new TransientError("again", "ocr_unavailable");
    const { runJob, seen, attempts } = scripted(again, again);
    let stateAtVerdict = "";
    start(async (run) => {
      const outcome = await runJob(run);
      // The job is still there while its verdict is written: had the worker died just now, it would run again.
      stateAtVerdict = await bull.getJobState("kyc-1");
      return { ...outcome, failedReason: "again" };
    });
    await enqueue(1);
    await empty();
    assert.deepEqual(attempts(), [1, 2, 3]);
    assert.deepEqual(
      seen.map(({ isLastAttempt }) => isLastAttempt),
      [false, false, true],
    );
    assert.equal(stateAtVerdict, "active");
    assert.equal(await bull.getJob("kyc-1"), undefined);
  });

  test("what is logged of a run without a verdict names the record, the attempt and the request", async () => {
    const { runJob } = scripted(new RecordMissingError(1), new DatabaseUnavailableError("57P01"));
    const { lines } = start(runJob);
    await queue.enqueue(submission(1), { requestId: "r-1" });
    await empty();
    assert.partialDeepStrictEqual(lines, [
      { msg: "attempt failed", kycId: 1, jobId: "kyc-1", attempt: 1, requestId: "r-1" },
      { msg: "the job waits for the database", kycId: 1, jobId: "kyc-1", attempt: 2, requestId: "r-1" },
    ]);
  });

  test("why an attempt failed is a code, and the last line of a job without a verdict says that it is given up", async () => {
    const counted: string[] = [];
    const observer = { ...NO_OBSERVER, attemptFailed: (reason: string) => void counted.push(reason) };
    const missing = new RecordMissingError(1);
    const { runJob } = scripted(new TypeError(CANARY), missing, missing);
    const { lines } = start(runJob, { observer });
    await enqueue(1);
    await empty();
    assert.deepEqual(counted, ["internal_error", "record_missing", "record_missing"]);
    assert.deepEqual(
      lines.map(({ msg, ["reason"]: reason, ["attempt"]: attempt }) => [msg, reason, attempt]),
      [
        ["attempt failed", "internal_error", 1],
        ["attempt failed", "record_missing", 2],
        ["attempt failed", "record_missing", 3],
        ["given up: the job ends without a verdict", "record_missing", 3],
      ],
    );
    const [unforeseen, ours] = lines.map(({ ["cause"]: cause }) => JSON.stringify(cause));
    assert.match(unforeseen ?? "", /"at":/);
    assert.equal(ours, '{"kind":"RecordMissingError"}', "where an error of our own was thrown is known");
  });

  test("a verdict of failure ends the job at once, whatever attempts are left", async () => {
    const { runJob, attempts } = scripted({ ...SAVED, failedReason: "INVALID_PHOTO:selfie:face_not_found" });
    start(runJob);
    await bull.add(JOB_NAME, submission(1), { jobId: "kyc-1", attempts: 3 });
    await reaches("kyc-1", "failed");
    assert.deepEqual(attempts(), [1]);
    const job = await bull.getJob("kyc-1");
    assert.equal(job?.failedReason, "INVALID_PHOTO:selfie:face_not_found");
  });

  test("so does a final error of a job that names no record", async () => {
    const { runJob, attempts } = scripted(new FinalError("invalid_job", "invalid_job"));
    const { lines } = start(runJob);
    await enqueue(1);
    await empty();
    assert.deepEqual(attempts(), [1]);
    assert.partialDeepStrictEqual(lines, [
      { jobId: "kyc-1", reason: "invalid_job", msg: "given up: the job ends without a verdict" },
    ]);
  });

  test("a record that is not there yet uses up attempts", async () => {
    const { runJob, attempts } = scripted(new RecordMissingError(1), new RecordMissingError(1));
    start(runJob);
    await enqueue(1);
    await empty();
    assert.deepEqual(attempts(), [1, 2, 3]);
  });

  test("a database that is away uses up none, as long as the record has time", async () => {
    const away = Array.from({ length: 6 }, () => new DatabaseUnavailableError("57P01"));
    const { runJob, attempts } = scripted(...away);
    start(runJob);
    await enqueue(1);
    await empty();
    assert.deepEqual(attempts(), Array(7).fill(1));
  });

  test("a Redis that takes nothing in uses up none either", async () => {
    const full = Array.from({ length: 6 }, () => new QueueUnavailableError("Redis did not keep the job's data"));
    const { runJob, attempts } = scripted(...full);
    start(runJob);
    await enqueue(1);
    await empty();
    assert.deepEqual(attempts(), Array(7).fill(1));
  });

  test("not even where it refuses to put the job aside: then the job's lock runs out", async () => {
    const memory = async (policy: string) => void (await redis.config("SET", "maxmemory", policy));
    const seen: number[] = [];
    const runJob: RunJob = async ({ job }) => {
      seen.push(job.attempt);
      if (seen.length > 1) return SAVED;
      await memory("1");
      setTimeout(() => void memory("0"), 300);
      await job.update(submission(1));
      return SAVED;
    };
    start(runJob, { lockDurationMs: 1_000, stalledIntervalMs: 300 });
    await enqueue(1);
    try {
      await empty();
    } finally {
      await memory("0");
    }
    assert.deepEqual(seen, [1, 1]);
  });

  test("beyond that time, it uses up attempts like any other trouble", async () => {
    const away = Array.from({ length: 6 }, () => new DatabaseUnavailableError("57P01"));
    const { runJob, attempts } = scripted(...away);
    start(runJob, { budgetMs: 0 });
    await enqueue(1);
    await empty();
    assert.deepEqual(attempts(), [1, 2, 3]);
  });
});

describe("a rate limit", () => {
  /** Two workers and a rate limit in the first job; says when each job was taken up, and when the limit was reached. */
  async function reachLimit(retryAfterMs: number) {
    const takenUp: { id: string; attempt: number; at: number }[] = [];
    const paused = Promise.withResolvers<void>();
    let limitedAt = 0;
    let limited = "";
    const runJob: RunJob = async ({ job }) => {
      takenUp.push({ id: job.id, attempt: job.attempt, at: Date.now() });
      if (limitedAt === 0) {
        limitedAt = Date.now();
        limited = job.id;
        throw new RateLimitError(retryAfterMs);
      }
      await paused.promise;
      return SAVED;
    };
    const pauseQueue = async (durationMs: number) => {
      await queue.pause(durationMs);
      paused.resolve();
    };
    for (const kycId of [1, 2, 3, 4, 5]) await enqueue(kycId);
    for (let workers = 0; workers < 2; workers += 1) start(runJob, { pauseQueue });
    await empty();
    return { takenUp, limitedAt, limited };
  }

  for (const retryAfterMs of [0, 300, 1_500]) {
    test(`of ${retryAfterMs} ms pauses every worker for that long, and costs no attempt`, async () => {
      const { takenUp, limitedAt, limited } = await reachLimit(retryAfterMs);
      const ids = ["kyc-1", "kyc-2", "kyc-3", "kyc-4", "kyc-5", limited];
      assert.deepEqual(takenUp.map(({ id }) => id).toSorted(), ids.toSorted());
      assert.ok(takenUp.every(({ attempt }) => attempt === 1));
      // The other worker may have taken up one job before the pause began; none after it, until it was over.
      const during = takenUp.slice(1).filter(({ at }) => at < limitedAt + retryAfterMs);
      assert.ok(during.length <= 1, JSON.stringify({ takenUp, limitedAt }));
    });
  }
});

describe("what Redis gets to hold", () => {
  /** Everything in Redis, as text. */
  async function dump(): Promise<string> {
    const texts: string[] = [];
    for (const key of await redis.keys("*")) {
      const kind = await redis.type(key);
      if (kind === "hash") texts.push(JSON.stringify(await redis.hgetall(key)));
      if (kind === "stream") texts.push(JSON.stringify(await redis.xrange(key, "-", "+")));
      if (kind === "string") texts.push((await redis.get(key)) ?? "");
    }
    return texts.join("\n");
  }

  test("of an unknown error is its kind: neither message nor stack nor cause", async () => {
    const { runJob } = scripted(new TypeError(`cannot read ${CANARY}`, { cause: new Error(CANARY) }));
    const { lines } = start(runJob);
    await bull.add(JOB_NAME, submission(1), { jobId: "kyc-1" });
    await reaches("kyc-1", "failed");
    const job = await bull.getJob("kyc-1");
    assert.equal(job?.failedReason, "internal_error:TypeError");
    assert.ok(!(await dump()).includes(CANARY));
    assert.ok(!JSON.stringify(lines).includes(CANARY));
  });

  test("of an error of our own is its message", async () => {
    for (const error of [
      new TransientError("Gemini did not answer as it should", "ocr_unavailable"),
      new DatabaseUnavailableError("57P01"),
      new RecordMissingError(7),
    ]) {
      const { close } = start(scripted(error).runJob, { budgetMs: 0 });
      await bull.add(JOB_NAME, submission(7), { jobId: "kyc-7" });
      await reaches("kyc-7", "failed");
      const job = await bull.getJob("kyc-7");
      assert.equal(job?.failedReason, error.message);
      await job?.remove();
      await close();
    }
  });
});

describe("closing", () => {
  test("waits for what runs, and takes up nothing more", async () => {
    const { runJob, started, until } = held();
    const { close } = start(runJob);
    await enqueue(1);
    await enqueue(2);
    await until(1);
    const closed = close(60_000);
    started[0]?.end();
    await closed;
    assert.equal(started.length, 1);
    assert.equal(await bull.getJob("kyc-1"), undefined);
    assert.equal(await bull.getJobState("kyc-2"), "waiting");
  });

  test("gives back what still runs after the grace: another worker takes it up, and no attempt is lost", async () => {
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
    assert.equal(seen.at(-1)?.id, "kyc-3", "what ran already comes first");
  });

  test("keeps a verdict that was reached after the grace", async () => {
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
    assert.equal(await bull.getJob("kyc-1"), undefined);
  });
});

describe("a lost lock", () => {
  const loseLock = () => redis.del(`${prefix}:${QUEUE_NAME}:kyc-1:lock`);
  const quick = { lockDurationMs: 1_000, stalledIntervalMs: 500 };

  test("aborts the run, and another worker runs the job, with the same attempt", async () => {
    const { runJob, started, until } = held();
    start(runJob, quick);
    await enqueue(1);
    await until(1);
    start(runJob, quick);
    await loseLock();
    await until(2);
    await eventually("the first run is aborted", () => started[0]?.signal.aborted === true);
    assert.equal(started[1]?.signal.aborted, false);
    assert.equal(started[1]?.attempt, 1);
    started[1]?.end();
    await empty();
    assert.equal(started.length, 2);
  });

  test("is noticed when the run wants to remember something, and it remembers nothing", async () => {
    const seen: { data: unknown; error?: unknown }[] = [];
    start(async ({ job, signal }) => {
      seen.push({ data: job.data });
      if (seen.length > 1) return SAVED;
      await loseLock();
      const error: unknown = await job.update({ ...submission(1), kept: "stale" }).catch((reason: unknown) => reason);
      assert.ok(error instanceof Error && signal.aborted);
      throw error;
    }, quick);
    await enqueue(1);
    await empty();
    assert.equal(seen.length, 2);
    assert.ok(!JSON.stringify(seen[1]).includes("stale"));
  });
});
