/** The effect of each error on its job, on a real Redis. */
import assert from "node:assert/strict";
import { after, before, describe, test, type TestContext } from "node:test";
import { Queue, Worker, type Job } from "bullmq";
import { Redis } from "ioredis";
import { startRedis, type Redis as RedisServer } from "../dev/servers/redis.ts";
import {
  DatabaseUnavailableError,
  FinalError,
  ProviderDownError,
  QueueUnavailableError,
  RateLimitError,
  RecordMissingError,
  TransientError,
} from "../lib/errors.ts";
import { NO_OBSERVER } from "../lib/observe/telemetry.ts";
import { PROBE_EVERY_MS } from "../lib/providers/circuit.ts";
import { assertNothingOpen } from "../test/leaks.ts";
import { createRecordedLog } from "../test/recorded-log.ts";
import { createEndings } from "./endings.ts";

const CANARY = "CANARY-MUSTERMANN";
const HOUR_MS = 3_600_000;

let server: RedisServer;
let tests = 0;

before(async () => {
  server = await startRedis();
});
after(async () => {
  await server.stop();
  await assertNothingOpen();
});

interface Given {
  /** How long ago the submission came, and how much time the record has left. */
  readonly ageMs?: number;
  readonly leftMs?: number;
  readonly isLastAttempt?: boolean;
  /** Whether the worker stops. */
  readonly stops?: boolean;
  readonly pauseFails?: boolean;
  /** Whether the worker loses its job before the run ends. */
  readonly losesLock?: boolean;
}

/** Ends one run with an error. Returns the job's state afterwards, and what was logged, counted and kept. */
async function end(t: TestContext, error: unknown, given: Given = {}) {
  const { ageMs = 0, leftMs = HOUR_MS, isLastAttempt = false, stops = false, pauseFails = false } = given;
  const prefix = `test${(tests += 1)}`;
  const connection = new Redis(server.url, { maxRetriesPerRequest: null });
  const queue = new Queue("jobs", { connection, prefix });
  const { log, lines } = createRecordedLog();
  const counted: string[] = [];
  const paused: number[] = [];
  const endings = createEndings({
    async pauseQueue(durationMs) {
      if (pauseFails) throw new QueueUnavailableError("full");
      paused.push(durationMs);
      // Shorten the pause: BullMQ's worker waits for its end before it closes.
      await queue.rateLimit(1);
    },
    retryMs: 5_000,
    observer: { ...NO_OBSERVER, attemptFailed: (reason) => void counted.push(reason) },
  });
  const running = Promise.withResolvers<string>();
  const closing = Promise.withResolvers<void>();
  const processor = async (job: Job, token?: string) => {
    running.resolve(job.id ?? "");
    await closing.promise;
    if (given.losesLock === true) await connection.del(`${queue.toKey(job.id ?? "")}:lock`);
    const now = Date.now();
    const run = { job, token, submittedAt: now - ageMs, deadline: now + leftMs, isLastAttempt, log };
    await (stops ? endings.giveBack(run) : endings.end(error, run));
  };
  await queue.add("verify", {}, { attempts: isLastAttempt ? 1 : 3, backoff: HOUR_MS, removeOnFail: false });
  const worker = new Worker("jobs", processor, { connection, prefix, limiter: { max: 1_000, duration: 1 } });
  t.after(async () => {
    await queue.close();
    connection.disconnect();
  });
  const id = await running.promise;
  // A worker that closes takes no job again.
  const closed = worker.close();
  closing.resolve();
  await closed;

  const job = (await queue.getJob(id)) ?? assert.fail("the job is gone");
  const state = await queue.getJobState(id);
  assert.ok(!JSON.stringify([lines, await connection.hgetall(queue.toKey(id))]).includes(CANARY));
  return {
    state,
    attempts: job.attemptsMade,
    failedReason: job.failedReason,
    delayMs: state === "delayed" ? job.delay : undefined,
    paused,
    counted,
    logged: lines.map(({ level, msg }) => `${level}: ${msg}`),
    lines,
  };
}

const isNear = (actual: number | undefined, expected: number) =>
  assert.ok(actual !== undefined && Math.abs(actual - expected) < 500, `${actual} is not ${expected}`);

describe("runs without a verdict", () => {
  test("a run that the worker's stop ends costs no attempt, and its job goes back", async (t) => {
    const { state, attempts, counted, logged } = await end(t, new Error("shutdown"), { stops: true });
    assert.deepEqual([state, attempts, counted, logged], ["waiting", 0, [], ["info: given back"]]);
  });

  for (const [retryAfterMs, pauseMs] of [
    [44_000, 44_000],
    [0, 1_000],
  ] as const) {
    test(`a rate limit of ${retryAfterMs} ms costs no attempt, the job goes back, and the queue pauses`, async (t) => {
      const { state, attempts, paused, counted, logged } = await end(t, new RateLimitError(retryAfterMs));
      assert.deepEqual([state, attempts, paused, counted], ["waiting", 0, [pauseMs], ["ocr_rate_limited"]]);
      assert.deepEqual(logged, ["warn: Gemini's rate limit: the queue pauses"]);
    });
  }

  test("a rate limit costs no attempt if the queue cannot be paused, and the job waits alone", async (t) => {
    const { state, attempts, delayMs } = await end(t, new RateLimitError(44_000), { pauseFails: true });
    assert.deepEqual([state, attempts], ["delayed", 0]);
    isNear(delayMs, 44_000);
  });

  test("a provider that is down costs no attempt, and the job waits for the next probe", async (t) => {
    const down = new ProviderDownError("ocr_unavailable", 60_000);
    const { state, attempts, delayMs, counted } = await end(t, down, { ageMs: 30_000, isLastAttempt: true });
    assert.deepEqual([state, attempts, counted], ["delayed", 0, ["ocr_unavailable"]]);
    isNear(delayMs, PROBE_EVERY_MS);
  });

  for (const [code, error] of [
    ["database_unavailable", new DatabaseUnavailableError("57P01")],
    ["queue_unavailable", new QueueUnavailableError("full")],
  ] as const) {
    test(`a server that is away (${code}) costs no attempt, and the job waits, even on the last attempt`, async (t) => {
      const { state, attempts, delayMs, counted, logged } = await end(t, error, { isLastAttempt: true });
      assert.deepEqual([state, attempts, counted], ["delayed", 0, [code]]);
      assert.deepEqual(logged, ["warn: the job waits for a server"]);
      isNear(delayMs, 5_000);
    });
  }

  test("a run leaves its job where it is if another worker holds it", async (t) => {
    const { state, attempts, logged } = await end(t, new DatabaseUnavailableError("57P01"), { losesLock: true });
    assert.deepEqual([state, attempts], ["active", 0]);
    assert.deepEqual(logged, ["warn: the job waits for a server", "warn: queue trouble: it is retried automatically"]);
  });
});

describe("failed runs", () => {
  for (const [reason, failedReason, error, given] of [
    ["ocr_unavailable", "again", new TransientError("again", "ocr_unavailable"), {}],
    ["record_missing", new RecordMissingError(1).message, new RecordMissingError(1), {}],
    ["internal_error", "internal_error:TypeError", new TypeError(CANARY, { cause: new Error(CANARY) }), {}],
    ["internal_error", "internal_error:string", CANARY, {}],
    [
      "ocr_unavailable",
      new ProviderDownError("ocr_unavailable", 1).message,
      new ProviderDownError("ocr_unavailable", 1),
      { ageMs: 2 },
    ],
    [
      "database_unavailable",
      new DatabaseUnavailableError("57P01").message,
      new DatabaseUnavailableError("57P01"),
      { leftMs: 4_999 },
    ],
    ["queue_unavailable", "full", new QueueUnavailableError("full"), { leftMs: 0 }],
  ] as const) {
    test(`${reason} (${JSON.stringify(given)}) uses up an attempt: the job is tried again, then given up`, async (t) => {
      const again = await end(t, error, given);
      assert.deepEqual([again.state, again.attempts, again.counted], ["delayed", 1, [reason]]);
      assert.deepEqual(again.logged, ["warn: attempt failed"]);
      const last = await end(t, error, { ...given, isLastAttempt: true });
      assert.deepEqual([last.state, last.failedReason], ["failed", failedReason]);
      assert.deepEqual(last.logged, ["warn: attempt failed", "error: given up: the job ends without a verdict"]);
      assert.ok(last.lines.every(({ ["reason"]: code }) => code === reason));
    });
  }

  test("a failed run logs the place where an unknown error was thrown", async (t) => {
    const { lines } = await end(t, new TypeError(CANARY));
    assert.match(JSON.stringify(lines), /"at":/);
    const ours = await end(t, new RecordMissingError(1));
    assert.doesNotMatch(JSON.stringify(ours.lines), /"at":/);
  });
});

test("a final error without a record to write to ends the job at once", async (t) => {
  const { state, attempts, failedReason, logged } = await end(t, new FinalError("x", "processing_timeout"));
  assert.deepEqual([state, attempts, failedReason], ["failed", 1, "x"]);
  assert.deepEqual(logged, ["error: given up: the job ends without a verdict"]);
});
