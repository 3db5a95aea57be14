/** The watchdog on a real PostgreSQL and a real Redis. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test, type TestContext } from "node:test";
import { startRedis, type Redis } from "../../dev/servers/redis.ts";
import { assertNothingOpen } from "../../test/leaks.ts";
import { openQueueTool, type QueueTool } from "../../test/servers/queue-tool.ts";
import { createRecordedLog } from "../../test/recorded-log.ts";
import { startRecordsServer, type RecordsDatabase, type RecordsServer } from "../../test/servers/records-database.ts";
import { createDatabase, type Database, type RecordState } from "./database.ts";
import { createEnvelope } from "./envelope.ts";
import { DatabaseUnavailableError, QueueUnavailableError, StuckColumnError } from "../errors.ts";
import { createQueue, type VerificationQueue } from "../queue/queue.ts";
import { connectForCaller } from "../queue/redis.ts";
import { failureSchema } from "../result.ts";
import { parseJob, type QueuedSubmission } from "../submission.ts";
import { mayVerify } from "./may-verify.ts";
import { createWatchdog, type SweepOutcome } from "./watchdog.ts";

const TIMEOUT_MINUTES = 15;
const MINUTE_MS = 60_000;
const SEALED = Buffer.from([1, 1, 42]);
const ALWAYS = () => true;

const envelope = createEnvelope({ keys: [{ id: 1, key: Buffer.alloc(32, "k") }] });

let server: RecordsServer;
let redis: Redis;
let tool: QueueTool;
let queue: VerificationQueue;

before(async () => {
  server = await startRecordsServer();
  redis = await startRedis();
  tool = openQueueTool(redis.url);
  queue = openQueue(redis.url);
});
after(async () => {
  await queue.close();
  await tool.close();
  await redis.stop();
  await server.stop();
  await assertNothingOpen();
});
beforeEach(() => tool.empty());

function openQueue(url: string): VerificationQueue {
  const connection = connectForCaller(url, { onError: () => {} });
  return createQueue({ redis: connection, prefix: "bull", attempts: 5, backoffMs: 2_000 });
}

function openDatabase(t: TestContext, { url }: RecordsDatabase): Database {
  const database = createDatabase({ url, connections: 4, lockTimeoutMs: 10_000 });
  t.after(() => database.close());
  return database;
}

type Changes = Partial<Parameters<typeof createWatchdog>[0]>;

async function open(t: TestContext, changes: Changes = {}) {
  const records = await server.open(t);
  const database = openDatabase(t, records);
  const { log, lines } = createRecordedLog();
  const options = {
    database,
    queue,
    envelope,
    timeoutMinutes: TIMEOUT_MINUTES,
    sinceColumn: "createdAt",
    version: "1",
    log,
  };
  return { records, database, lines, options, watchdog: createWatchdog({ ...options, ...changes }) };
}

/** Later than the timeout of a submission of now. */
const later = { now: () => Date.now() + (TIMEOUT_MINUTES + 1) * MINUTE_MS };

const submit = (kycId: number) => queue.enqueue({ userId: 1, kycId, passportKey: "a", selfieKey: "b" });
const sweepOf = (changes: Partial<SweepOutcome>): SweepOutcome => ({
  repaired: 0,
  failed: 0,
  leftAlone: 0,
  finished: true,
  ...changes,
});

/** Works on a job's submission like a worker: reads the record, and saves if it may. */
async function work(database: Database, submission: QueuedSubmission, between = async () => {}): Promise<string> {
  const { kycId } = submission;
  const isOpen = (state: RecordState) => mayVerify(state, submission, (sealed) => envelope.open(kycId, sealed));
  const fence = (await database.readState(kycId)) ?? assert.fail("there is no record");
  if (!isOpen(fence)) return "decided";
  await between();
  const mayWrite = (state: RecordState) => state.reviewedAt === fence.reviewedAt && isOpen(state);
  return database.saveVerdict({ kycId, status: "ocr_complete", sealed: SEALED, mayWrite });
}

async function submissionOf(kycId: number): Promise<QueuedSubmission> {
  const job = await tool.jobOf(kycId);
  return parseJob(job?.id, job?.data) ?? assert.fail(`record ${kycId} has no job`);
}

async function statusOf({ backend }: RecordsDatabase, kycId: number): Promise<string | undefined> {
  return (await backend.readRecord(kycId))?.status;
}

async function assertFailed(records: RecordsDatabase, kycId: number): Promise<void> {
  const record = await records.backend.readRecord(kycId);
  assert.equal(record?.status, "ocr_failed");
  assert.ok(Math.abs(Date.now() - (record.reviewedAt?.getTime() ?? 0)) < MINUTE_MS, record.reviewedAt?.toISOString());
  const result = failureSchema.parse(JSON.parse(envelope.open(kycId, record.ocrResult ?? Buffer.alloc(0))));
  assert.equal(result.failureCode, "processing_timeout");
  assert.equal(result.kycId, kycId);
}

describe("stuck records", () => {
  test("a stuck record without a job is failed, with a result that says why", async (t) => {
    const { records, watchdog, lines } = await open(t);
    await records.insertInReview(1, 16);
    assert.deepEqual(await watchdog.sweep({ hasTime: ALWAYS }), sweepOf({ failed: 1 }));
    await assertFailed(records, 1);
    const { ocrResult } = (await records.backend.readRecord(1)) ?? assert.fail("there is no record");
    const result: unknown = JSON.parse(envelope.open(1, ocrResult ?? Buffer.alloc(0)));
    assert.partialDeepStrictEqual(result, {
      version: 2,
      status: "ocr_failed",
      userId: null,
      submission: null,
      attempts: 0,
      calls: [],
      facts: { timeoutMinutes: TIMEOUT_MINUTES },
    });
    assert.deepEqual(lines, [
      { level: "warn", msg: "stuck records failed", kycIds: [1], failureCode: "processing_timeout" },
    ]);
  });

  test("a record is left alone while its job is in the queue and its last submission is young", async (t) => {
    const { records, watchdog } = await open(t);
    for (const kycId of [1, 2, 3]) {
      await records.insertInReview(kycId, 24 * 60);
      await submit(kycId);
    }
    await (await tool.take()).delay(MINUTE_MS);
    await tool.take();
    assert.deepEqual(await watchdog.sweep({ hasTime: ALWAYS }), sweepOf({ leftAlone: 3 }));
    for (const kycId of [1, 2, 3]) assert.equal(await statusOf(records, kycId), "in_review");
    assert.deepEqual(await Promise.all([1, 2, 3].map((kycId) => tool.stateOfRecord(kycId))), [
      "delayed",
      "active",
      "waiting",
    ]);
  });

  test("the watchdog goes by the last submission, not by the job, which may be older", async (t) => {
    const { records, watchdog } = await open(t);
    await records.insertInReview(1, 60);
    await submit(1);
    const job = (await tool.jobOf(1)) ?? assert.fail("there is no job");
    await job.updateData({ ...(await submissionOf(1)), submittedAt: Date.now() - 60 * MINUTE_MS });
    assert.deepEqual(await watchdog.sweep({ hasTime: ALWAYS }), sweepOf({ leftAlone: 1 }));
  });

  for (const state of ["waiting", "delayed", "active"]) {
    test(`a record with an old submission is failed, and its ${state} job stays and ends without a verdict`, async (t) => {
      const { records, database, watchdog } = await open(t, later);
      await records.insertInReview(1, 60);
      await submit(1);
      const submission = await submissionOf(1);
      if (state === "delayed") await (await tool.take()).delay(MINUTE_MS);
      const sweep = async () => {
        if (state === "active") await tool.take();
        assert.deepEqual(await watchdog.sweep({ hasTime: ALWAYS }), sweepOf({ failed: 1 }));
        assert.equal(await tool.stateOfRecord(1), state);
      };
      if (state === "active") assert.equal(await work(database, submission, sweep), "refused", "its fence is broken");
      else {
        await sweep();
        assert.equal(await work(database, submission), "decided");
      }
      await assertFailed(records, 1);
      assert.equal(await tool.count(), 1);
    });
  }

  test("a record is failed at the millisecond at which its last submission reaches the timeout", async (t) => {
    const { records, options } = await open(t);
    await records.insertInReview(1, 60);
    await submit(1);
    const { submittedAt } = await submissionOf(1);
    const sweepAt = (now: number) => createWatchdog({ ...options, now: () => now }).sweep({ hasTime: ALWAYS });
    const timeout = submittedAt + TIMEOUT_MINUTES * MINUTE_MS;
    assert.deepEqual(await sweepAt(timeout - 1), sweepOf({ leftAlone: 1 }));
    assert.deepEqual(await sweepAt(timeout), sweepOf({ failed: 1 }));
  });

  test("a record that is submitted again while the watchdog decides is still verified", async (t) => {
    const { records, database, options } = await open(t);
    await records.insertInReview(1, 60);
    const decided = Promise.withResolvers<void>();
    const submitted = Promise.withResolvers<void>();
    const interrupted: typeof queue = {
      ...queue,
      async findJobs(kycIds) {
        const jobs = await queue.findJobs(kycIds);
        decided.resolve();
        await submitted.promise;
        return jobs;
      },
    };
    const sweep = createWatchdog({ ...options, queue: interrupted }).sweep({ hasTime: ALWAYS });
    await decided.promise;
    await submit(1);
    const verified = work(database, await submissionOf(1));
    submitted.resolve();
    assert.equal((await sweep).failed, 1);
    assert.equal(await verified, "saved");
    assert.equal(await statusOf(records, 1), "ocr_complete");
  });

  test("a stuck record is failed if its job has ended and another tool kept it", async (t) => {
    const { records, watchdog } = await open(t);
    for (const kycId of [1, 2]) {
      await records.insertInReview(kycId, 60);
      await submit(kycId);
    }
    await (await tool.take()).complete({ keep: true });
    await (await tool.take()).fail({ keep: true });
    assert.equal((await watchdog.sweep({ hasTime: ALWAYS })).failed, 2);
    for (const kycId of [1, 2]) await assertFailed(records, kycId);
  });

  test("if PostgreSQL dies while the watchdog decides, the next sweep fails the record", async (t) => {
    const { records, database, options } = await open(t, later);
    await records.insertInReview(1, 60);
    await submit(1);
    const administrator = await records.connect();
    const interrupted = createWatchdog({
      ...options,
      ...later,
      database: {
        ...database,
        saveVerdict: (verdict) =>
          database.saveVerdict({
            ...verdict,
            async mayWrite(state) {
              const answer = await verdict.mayWrite(state);
              await administrator.query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name='kyc-service' AND datname=current_database()",
              );
              return answer;
            },
          }),
        ping: () => Promise.reject(new DatabaseUnavailableError("57P03")),
      },
    });
    await assert.rejects(interrupted.sweep({ hasTime: ALWAYS }), DatabaseUnavailableError);
    assert.equal(await statusOf(records, 1), "in_review");
    assert.equal((await createWatchdog({ ...options, ...later }).sweep({ hasTime: ALWAYS })).failed, 1);
    await assertFailed(records, 1);
  });
});

describe("lost jobs", () => {
  test("jobs that Redis lost from its lists are put back, and jobs that wait or run are left alone", async (t) => {
    const { records, watchdog, lines } = await open(t);
    for (const kycId of [1, 2, 3]) {
      await records.insertInReview(kycId);
      await submit(kycId);
    }
    const running = await tool.take();
    await (await tool.take()).delay(MINUTE_MS);
    await tool.redis.del(tool.queue.toKey("wait"));
    assert.equal(await tool.stateOfRecord(3), "unknown");
    assert.deepEqual(await watchdog.sweep({ hasTime: ALWAYS }), sweepOf({ repaired: 1 }));
    assert.deepEqual(await Promise.all([1, 2, 3].map((kycId) => tool.stateOfRecord(kycId))), [
      "active",
      "delayed",
      "waiting",
    ]);
    assert.equal((await tool.jobOf(1))?.id, running.id);
    assert.equal(await tool.count(), 3);
    assert.deepEqual(
      lines.map(({ level, ["kycIds"]: kycIds }) => [level, kycIds]),
      [["warn", [3]]],
    );
    assert.deepEqual(await watchdog.sweep({ hasTime: ALWAYS }), sweepOf({}), "once");
  });

  test("lost jobs are put back batch by batch while time is left", async (t) => {
    const { records, watchdog } = await open(t, { batchSize: 2 });
    for (let kycId = 1; kycId <= 5; kycId++) {
      await records.insertInReview(kycId);
      await submit(kycId);
    }
    await tool.redis.del(tool.queue.toKey("wait"));
    let asked = 0;
    // The first question is whether there is time to fail stuck records.
    assert.equal((await watchdog.sweep({ hasTime: () => ++asked <= 2 })).repaired, 2);
    await tool.redis.del(tool.queue.toKey("wait"));
    assert.equal((await watchdog.sweep({ hasTime: ALWAYS })).repaired, 5);
    assert.equal((await queue.depth()).waiting, 5);
  });

  test("the lost job of a record that is in review for too long is put back if it was submitted again", async (t) => {
    const { records, watchdog } = await open(t, { batchSize: 1 });
    // The repair of young records looks at the first one, and goes no further.
    for (const kycId of [1, 2]) {
      await records.insertInReview(kycId, 60);
      await submit(kycId);
    }
    const lost = await tool.jobOf(2);
    await tool.redis.lrem(tool.queue.toKey("wait"), 0, lost?.id ?? "");
    assert.deepEqual(await watchdog.sweep({ hasTime: ALWAYS }), sweepOf({ leftAlone: 2, repaired: 1 }));
    assert.equal(await statusOf(records, 2), "in_review");
    assert.equal(await tool.stateOfRecord(2), "waiting");
  });

  test("the lost job of a record that is failed is not put back: it would verify old pictures after a reopening", async (t) => {
    const { records, watchdog } = await open(t, later);
    await records.insertInReview(1, 60);
    await submit(1);
    await tool.redis.del(tool.queue.toKey("wait"));
    assert.deepEqual(await watchdog.sweep({ hasTime: ALWAYS }), sweepOf({ failed: 1 }));
    assert.equal(await tool.stateOfRecord(1), "unknown");
  });

  test("a lost job is put back only when the record's row is no longer locked", async (t) => {
    const { records, database, options } = await open(t);
    await records.insertInReview(1, 60);
    await submit(1);
    await tool.redis.del(tool.queue.toKey("wait"));
    const states: string[] = [];
    const saveVerdict: typeof database.saveVerdict = (save) =>
      database.saveVerdict({
        ...save,
        async mayWrite(state) {
          const answer = await save.mayWrite(state);
          states.push(await tool.stateOfRecord(1));
          return answer;
        },
      });
    await createWatchdog({ ...options, database: { ...database, saveVerdict } }).sweep({ hasTime: ALWAYS });
    assert.deepEqual([...states, await tool.stateOfRecord(1)], ["unknown", "waiting"]);
  });
});

describe("what the watchdog leaves alone", () => {
  test("the watchdog leaves records alone that are not in review, or not for too long", async (t) => {
    const { records, watchdog, lines } = await open(t);
    await records.insertInReview(1, 14);
    for (const [index, status] of ["pending", "ocr_complete", "ocr_failed", "approved", "rejected"].entries()) {
      await records.backend.insertRecord({ kycId: 10 + index, userId: 1, status, createdAt: new Date(0) });
    }
    assert.deepEqual(await watchdog.sweep({ hasTime: ALWAYS }), sweepOf({}));
    assert.equal(await statusOf(records, 1), "in_review");
    for (const index of [10, 11, 12, 13, 14]) {
      assert.deepEqual((await records.backend.readRecord(index))?.reviewedAt, null);
    }
    assert.deepEqual(lines, []);
  });

  test("the watchdog leaves the jobs of other records alone", async (t) => {
    const { records, watchdog } = await open(t, later);
    await records.insertInReview(1, 1);
    await submit(1);
    await submit(2);
    await watchdog.sweep({ hasTime: ALWAYS });
    assert.equal(await tool.count(), 2);
  });

  test("while Redis is down, the watchdog fails no record, because the age of the jobs is unknown", async (t) => {
    const away = await startRedis();
    await away.stop();
    const nobody = openQueue(away.url);
    t.after(() => nobody.close());
    const { records, watchdog } = await open(t, { queue: nobody });
    await records.insertInReview(1, 60);
    await assert.rejects(watchdog.sweep({ hasTime: ALWAYS }), QueueUnavailableError);
    assert.equal(await statusOf(records, 1), "in_review");
  });
});

describe("errors during a batch", () => {
  for (const [what, body, code] of [
    ["refuses, with the code of a column that does not exist", "RAISE undefined_column", "42703"],
    ["does not answer about", "PERFORM pg_sleep(3600)", "no answer"],
  ] as const) {
    test(`a verdict that the table ${what} does not stop the other verdicts`, async (t) => {
      const { records, options, lines } = await open(t);
      const database = createDatabase({ url: records.url, connections: 4, queryTimeoutMs: 1_000 });
      t.after(() => database.close());
      for (const kycId of [1, 2, 3]) await records.insertInReview(kycId, 60);
      const client = await records.connect();
      await client.query(
        `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN ${body}; RETURN NEW; END$$`,
      );
      await client.query(
        "CREATE TRIGGER refuse BEFORE UPDATE ON kyc_verification FOR EACH ROW WHEN (OLD.id = 2) EXECUTE FUNCTION refuse()",
      );
      const watchdog = createWatchdog({ ...options, database, batchSize: 2 });
      assert.deepEqual(await watchdog.sweep({ hasTime: ALWAYS }), sweepOf({ failed: 2, leftAlone: 1 }));
      for (const kycId of [1, 3]) await assertFailed(records, kycId);
      assert.deepEqual(
        lines.filter(({ level }) => level === "error").map(({ ["kycId"]: kycId, ["code"]: reason }) => [kycId, reason]),
        [[2, code]],
      );
    });
  }

  test("the sweep rethrows a bug unchanged, not as an outage of PostgreSQL", async (t) => {
    const mistake = new TypeError("x is not a function");
    let looks = 0;
    const findJobs: typeof queue.findJobs = (kycIds) =>
      looks++ === 0 ? Promise.reject(mistake) : queue.findJobs(kycIds);
    const { records, watchdog } = await open(t, { queue: { ...queue, findJobs } });
    await records.insertInReview(1, 60);
    await assert.rejects(watchdog.sweep({ hasTime: ALWAYS }), (error) => error === mistake);
    assert.equal(await statusOf(records, 1), "in_review");
  });

  test("the sweep fails if PostgreSQL is down", async (t) => {
    const away = createDatabase({ url: "postgres://127.0.0.1:1/kyc", connections: 1 });
    t.after(() => away.close());
    const { watchdog } = await open(t, { database: away });
    await assert.rejects(watchdog.sweep({ hasTime: ALWAYS }), DatabaseUnavailableError);
  });
});

describe("the configured column", () => {
  test("the watchdog compares the configured column", async (t) => {
    const { records, watchdog } = await open(t, { sinceColumn: "inReviewSince" });
    await records.insertInReview(1, 60);
    await records.insertInReview(2, 60);
    const client = await records.connect();
    await client.query(`ALTER TABLE kyc_verification ADD COLUMN "inReviewSince" timestamp`);
    await client.query(`UPDATE kyc_verification SET "inReviewSince"="createdAt" + interval '59 min' WHERE id=1`);
    await client.query(`UPDATE kyc_verification SET "inReviewSince"="createdAt" WHERE id=2`);
    assert.equal((await watchdog.sweep({ hasTime: ALWAYS })).failed, 1);
    assert.equal(await statusOf(records, 1), "in_review");
    await assertFailed(records, 2);
  });

  test("a configured column that does not exist is named in the error", async (t) => {
    const { watchdog } = await open(t, { sinceColumn: "updatedAt" });
    const sweep = watchdog.sweep({ hasTime: ALWAYS });
    await assert.rejects(
      sweep,
      (error) => error instanceof StuckColumnError && /KYC_STUCK_SINCE_COLUMN/.test(error.message),
    );
  });
});

describe("a large backlog", () => {
  /** Many records that are stuck. */
  async function insertStuck(records: RecordsDatabase, count: number): Promise<void> {
    const client = await records.connect();
    await client.query(
      `INSERT INTO kyc_verification ("userId", status, "createdAt")
       SELECT 1, 'in_review', now() AT TIME ZONE 'UTC' - interval '1 h' FROM generate_series(1, $1)`,
      [count],
    );
  }

  async function countOf(records: RecordsDatabase, status: string): Promise<number> {
    const client = await records.connect();
    const { rows } = await client.query("SELECT 1 FROM kyc_verification WHERE status=$1", [status]);
    return rows.length;
  }

  test("a large backlog is failed batch by batch", async (t) => {
    const { records, watchdog, lines } = await open(t);
    await insertStuck(records, 3_050);
    assert.deepEqual(await watchdog.sweep({ hasTime: ALWAYS }), sweepOf({ failed: 3_050 }));
    assert.equal(await countOf(records, "ocr_failed"), 3_050);
    assert.equal(lines.length, 31);
    for (const kycId of [1, 100, 101, 3_050]) await assertFailed(records, kycId);
  });

  test("if time runs out, the rest of a backlog is left to the next sweep", async (t) => {
    const { records, watchdog } = await open(t, { batchSize: 10 });
    await insertStuck(records, 45);
    let asked = 0;
    const hasTime = () => ++asked <= 3;
    assert.deepEqual(await watchdog.sweep({ hasTime }), sweepOf({ failed: 30, finished: false }));
    assert.equal(await countOf(records, "in_review"), 15);
    assert.deepEqual(await watchdog.sweep({ hasTime: () => false }), sweepOf({ finished: false }));
    assert.deepEqual(await watchdog.sweep({ hasTime: ALWAYS }), sweepOf({ failed: 15 }));
  });

  test("records that are left alone do not hide the stuck records behind them", async (t) => {
    const { records, watchdog } = await open(t, { batchSize: 10 });
    await insertStuck(records, 25);
    for (let kycId = 1; kycId <= 22; kycId++) await submit(kycId);
    assert.deepEqual(await watchdog.sweep({ hasTime: ALWAYS }), sweepOf({ failed: 3, leftAlone: 22 }));
    for (const kycId of [23, 24, 25]) await assertFailed(records, kycId);
  });

  test("two watchdogs at once fail each record of a backlog once", async (t) => {
    const { records, watchdog, options } = await open(t, { batchSize: 10 });
    const other = createWatchdog({ ...options, batchSize: 7, database: openDatabase(t, records) });
    await insertStuck(records, 300);
    const sweeps = await Promise.all([watchdog.sweep({ hasTime: ALWAYS }), other.sweep({ hasTime: ALWAYS })]);
    // If one sweep skips a record that the other has locked, the other sweep fails it.
    assert.equal(sweeps[0].failed + sweeps[1].failed, 300);
    assert.equal(await countOf(records, "ocr_failed"), 300);
    for (let kycId = 1; kycId <= 300; kycId++) await assertFailed(records, kycId);
  });
});

describe("watchdog and workers", () => {
  const RACES = 300;

  test("while workers and the watchdog race, each record gets one verdict, and only its writer reports it", async (t) => {
    const { records, watchdog } = await open(t, { ...later, batchSize: 5 });
    const database = openDatabase(t, records);
    for (let kycId = 1; kycId <= RACES; kycId++) {
      await records.insertInReview(kycId, 60);
      await submit(kycId);
    }
    const outcomes = new Map<number, string>();
    // From the other end, so that the watchdog and the workers meet.
    const kycIds = Array.from({ length: RACES }, (_, index) => index + 1);
    const workOff = async () => {
      for (let kycId = kycIds.pop(); kycId !== undefined; kycId = kycIds.pop()) {
        outcomes.set(kycId, await work(database, await submissionOf(kycId)));
      }
    };
    const [sweep] = await Promise.all([watchdog.sweep({ hasTime: ALWAYS }), workOff(), workOff(), workOff()]);
    for (let kycId = 1; kycId <= RACES; kycId++) {
      if (outcomes.get(kycId) === "saved") {
        assert.deepEqual((await records.backend.readRecord(kycId))?.ocrResult, SEALED);
      } else {
        await assertFailed(records, kycId);
      }
    }
    const saved = [...outcomes.values()].filter((outcome) => outcome === "saved").length;
    assert.equal(saved + sweep.failed, RACES, JSON.stringify({ saved, sweep }));
    assert.equal(await tool.count(), RACES, "the watchdog removes no job");
    assert.ok(saved > 0 && sweep.failed > 0, `nobody met: ${saved} saved, ${sweep.failed} failed`);
  });
});
