/** Reading and writing verdicts on a real PostgreSQL, which is in another time zone than UTC. */
import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import type { Client } from "pg";
import { startRecordsForFile, type RecordsDatabase } from "../../test/servers/records-database.ts";
import { createDatabase, type Database, type RecordState } from "./database.ts";
import { DatabaseUnavailableError, QueueUnavailableError, StuckColumnError } from "../errors.ts";

const KYC_ID = 456;
const LARGEST_ID = Number.MAX_SAFE_INTEGER;
const SEALED = Buffer.from([1, 1, 0, 255, 128]);
const OTHER = Buffer.from([1, 1, 7]);
const IN_REVIEW: RecordState = { status: "in_review", reviewedAt: null, sealed: null };

const server = await startRecordsForFile();

function openDatabase(t: TestContext, url: string, lockTimeoutMs = 200): Database {
  const database = createDatabase({ url, connections: 4, lockTimeoutMs });
  t.after(() => database.close());
  return database;
}

async function open(t: TestContext) {
  const records = await server.open(t);
  return { records, database: openDatabase(t, records.url) };
}

/** Locks a record from another client. The returned function unlocks it. */
async function lock(records: RecordsDatabase, kycId = KYC_ID): Promise<() => Promise<void>> {
  const client = await records.connect();
  await client.query("BEGIN");
  await client.query("SELECT 1 FROM kyc_verification WHERE id=$1 FOR UPDATE", [kycId]);
  return async () => void (await client.query("COMMIT"));
}

/** Saves a verdict that `mayWrite` accepts. */
const save = (database: Database, changes: Partial<Parameters<Database["saveVerdict"]>[0]> = {}) =>
  database.saveVerdict({ kycId: KYC_ID, status: "ocr_complete", sealed: SEALED, mayWrite: () => true, ...changes });

const setReviewedAt = (client: Client, value: string, kycId = KYC_ID) =>
  client.query(`UPDATE kyc_verification SET "reviewedAt"=${value} WHERE id=$1`, [kycId]);

/** Whether an error is our own, with this code and without the server's text. */
function isUnavailable(code: string) {
  return (error: unknown) =>
    error instanceof DatabaseUnavailableError &&
    error.message === `PostgreSQL did not answer as it should (${code})` &&
    error.cause === undefined;
}

const LOCK_TIMEOUT = isUnavailable("55P03");

describe("reading a record", () => {
  test("readState gives undefined for a record that does not exist", async (t) => {
    const { database } = await open(t);
    assert.equal(await database.readState(KYC_ID), undefined);
  });

  test("readState gives an undecided record's status, no decision time and no result, also for the largest id", async (t) => {
    const { records, database } = await open(t);
    await records.insertInReview(LARGEST_ID);
    assert.deepEqual(await database.readState(LARGEST_ID), IN_REVIEW);
  });

  test("readState gives the sealed result of our own verdict, and of no other status", async (t) => {
    const { records, database } = await open(t);
    await records.insertInReview(KYC_ID);
    await save(database);
    const { status, reviewedAt, sealed } = (await database.readState(KYC_ID)) ?? assert.fail("there is no record");
    assert.equal(status, "ocr_complete");
    assert.match(reviewedAt ?? "", /^\d{10}\.\d{6}$/);
    assert.deepEqual(sealed, SEALED);
    for (const decided of ["approved", "in_review"]) {
      await records.backend.decide(KYC_ID, decided);
      assert.equal((await database.readState(KYC_ID))?.sealed, null);
    }
  });

  test("readState gives the time of the last decision to the microsecond, with any server settings", async (t) => {
    const { records, database } = await open(t);
    await records.insertInReview(KYC_ID);
    const client = await records.connect();
    await setReviewedAt(client, "'2026-03-29 02:30:00.123456'");
    const state = await database.readState(KYC_ID);
    assert.deepEqual(state, { ...IN_REVIEW, reviewedAt: "1774751400.123456" });
    const name = client.database ?? "";
    for (const setting of ["timezone='America/New_York'", "datestyle='German, DMY'", "extra_float_digits=-15"]) {
      await client.query(`ALTER DATABASE ${client.escapeIdentifier(name)} SET ${setting}`);
    }
    assert.deepEqual(await openDatabase(t, records.url).readState(KYC_ID), state);
  });

  test("readState waits for a decision that is being written", async (t) => {
    const { records } = await open(t);
    const database = openDatabase(t, records.url, 10_000);
    await records.insertInReview(KYC_ID);
    const client = await records.connect();
    await client.query("BEGIN");
    await setReviewedAt(client, "'2026-01-01'");
    const state = database.readState(KYC_ID);
    await client.query("COMMIT");
    assert.deepEqual(await state, { ...IN_REVIEW, reviewedAt: "1767225600.000000" });
  });

  test("readState fails after the lock timeout if another client keeps the record locked", async (t) => {
    const { records, database } = await open(t);
    await records.insertInReview(KYC_ID);
    const unlock = await lock(records);
    await assert.rejects(database.readState(KYC_ID), LOCK_TIMEOUT);
    await unlock();
    assert.deepEqual(await database.readState(KYC_ID), IN_REVIEW);
  });
});

describe("saving a verdict", () => {
  for (const status of ["ocr_complete", "ocr_failed"] as const) {
    test(`saveVerdict writes ${status}, the sealed bytes and the time in UTC`, async (t) => {
      const { records, database } = await open(t);
      await records.insertInReview(LARGEST_ID);
      await records.insertInReview(1);
      const before = Date.now() - 1;
      assert.equal(await save(database, { kycId: LARGEST_ID, status }), "saved");
      const record = await records.backend.readRecord(LARGEST_ID);
      assert.equal(record?.status, status);
      assert.deepEqual(record.ocrResult, SEALED);
      const reviewedAt = record.reviewedAt?.getTime() ?? 0;
      assert.ok(reviewedAt >= before && reviewedAt <= Date.now() + 1, record.reviewedAt?.toISOString());
      assert.equal((await records.backend.readRecord(1))?.status, "in_review");
    });
  }

  test("saveVerdict writes nothing for a record that does not exist, and does not call mayWrite", async (t) => {
    const { records, database } = await open(t);
    assert.equal(await save(database, { mayWrite: () => assert.fail("there is nothing to ask about") }), "missing");
    assert.equal(await records.backend.readRecord(KYC_ID), undefined);
  });

  test("saveVerdict shows mayWrite the current record, and writes nothing if it refuses", async (t) => {
    const { records, database } = await open(t);
    await records.insertInReview(KYC_ID);
    await save(database, { sealed: OTHER });
    const decided = await records.backend.readRecord(KYC_ID);
    const seen: RecordState[] = [];
    const mayWrite = (state: RecordState) => {
      seen.push(state);
      return false;
    };
    assert.equal(await save(database, { mayWrite }), "refused");
    assert.deepEqual(seen, [await database.readState(KYC_ID)]);
    assert.deepEqual(await records.backend.readRecord(KYC_ID), decided);
  });

  test("saveVerdict keeps the record locked during mayWrite, so nobody decides before the update", async (t) => {
    const { records, database } = await open(t);
    await records.insertInReview(KYC_ID);
    const client = await records.connect();
    await client.query("SET lock_timeout = 50");
    const mayWrite = async () => {
      await assert.rejects(setReviewedAt(client, "now()"), { code: "55P03" });
      return true;
    };
    assert.equal(await save(database, { mayWrite }), "saved");
  });

  test("saveVerdict writes nothing and unlocks the record if mayWrite throws", async (t) => {
    const { records, database } = await open(t);
    await records.insertInReview(KYC_ID);
    for (const trouble of [new QueueUnavailableError("Redis is away"), new TypeError("x is not a function")]) {
      const mayWrite = () => Promise.reject(trouble);
      await assert.rejects(save(database, { mayWrite }), (error) => error === trouble, "it is no outage of PostgreSQL");
      assert.equal((await records.backend.readRecord(KYC_ID))?.status, "in_review");
    }
    assert.equal(await save(database), "saved");
  });

  test("of twenty verdicts that are saved at once for the same record state, exactly one is written", async (t) => {
    const { records } = await open(t);
    const database = openDatabase(t, records.url, 10_000);
    await records.insertInReview(KYC_ID);
    const candidates = Array.from({ length: 20 }, (_, index) => Buffer.from([index]));
    const mayWrite = ({ reviewedAt }: RecordState) => reviewedAt === null;
    const outcomes = await Promise.all(candidates.map((sealed) => save(database, { sealed, mayWrite })));
    assert.equal(outcomes.filter((outcome) => outcome === "saved").length, 1);
    assert.equal(outcomes.filter((outcome) => outcome === "refused").length, 19);
    assert.deepEqual((await records.backend.readRecord(KYC_ID))?.ocrResult, candidates[outcomes.indexOf("saved")]);
  });

  test("saveVerdict fails after the lock timeout if another client keeps the record locked", async (t) => {
    const { records, database } = await open(t);
    await records.insertInReview(KYC_ID);
    await records.insertInReview(1);
    const unlock = await lock(records);
    await assert.rejects(save(database), LOCK_TIMEOUT);
    assert.equal(await save(database, { kycId: 1 }), "saved");
    await unlock();
    assert.equal(await save(database), "saved");
  });
});

describe("the notification of a verdict", () => {
  /** Listens as a backend does. PostgreSQL delivers in order, so what came before the mark is all that was sent. */
  async function listen(records: RecordsDatabase) {
    const client = await records.connect();
    const heard: (string | undefined)[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    client.on("notification", ({ channel, payload }) => {
      if (channel === "mark") resolve();
      else heard.push(payload);
    });
    await client.query("LISTEN kyc_verdict; LISTEN mark");
    return async () => {
      await (await records.connect()).query("NOTIFY mark");
      await promise;
      return heard;
    };
  }

  function openNotifying(t: TestContext, records: RecordsDatabase) {
    const database = createDatabase({ url: records.url, connections: 1, lockTimeoutMs: 200, notify: true });
    t.after(() => database.close());
    return database;
  }

  test("the notification is the record's id, for a success, a failure and the watchdog's verdict", async (t) => {
    const { records } = await open(t);
    const database = openNotifying(t, records);
    const heard = await listen(records);
    for (const kycId of [1, 2, LARGEST_ID]) await records.insertInReview(kycId, 60);
    await save(database, { kycId: 1 });
    await save(database, { kycId: 2, status: "ocr_failed" });
    const stuckSince = { column: "createdAt", minutes: 15 };
    await save(database, { kycId: LARGEST_ID, status: "ocr_failed", stuckSince });
    assert.deepEqual(await heard(), ["1", "2", String(LARGEST_ID)]);
  });

  test("the notification arrives when the verdict can be read", async (t) => {
    const { records } = await open(t);
    await records.insertInReview(KYC_ID);
    const client = await records.connect();
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    client.on("notification", ({ payload }) => resolve(payload));
    await client.query("LISTEN kyc_verdict");
    await save(openNotifying(t, records));
    const { rows } = await client.query("SELECT status FROM kyc_verification WHERE id=$1", [await promise]);
    assert.deepEqual(rows, [{ status: "ocr_complete" }]);
  });

  test("no notification is sent if no verdict was written", async (t) => {
    const { records } = await open(t);
    const database = openNotifying(t, records);
    const heard = await listen(records);
    await records.insertInReview(KYC_ID);
    assert.equal(await save(database, { kycId: 1 }), "missing");
    assert.equal(await save(database, { mayWrite: () => false }), "refused");
    const failing = () => Promise.reject(new QueueUnavailableError("Redis is away"));
    await assert.rejects(save(database, { mayWrite: failing }), QueueUnavailableError);
    assert.deepEqual(await heard(), []);
  });

  test("no notification is sent unless notify is on", async (t) => {
    const { records, database } = await open(t);
    const heard = await listen(records);
    await records.insertInReview(KYC_ID);
    assert.equal(await save(database), "saved");
    assert.deepEqual(await heard(), []);
  });
});

describe("records in review", () => {
  const MINUTES = 15;
  const found = (database: Database, since: { column?: string; minutes?: number } = {}, afterId = 0, limit = 100) =>
    database.listInReview({ column: "createdAt", minutes: MINUTES, ...since }, afterId, limit);
  /** Fails a record that is stuck. */
  const fail = (database: Database, kycId: number, mayWrite = () => true) =>
    save(database, {
      kycId,
      status: "ocr_failed",
      mayWrite,
      stuckSince: { column: "createdAt", minutes: MINUTES },
    });

  test("listInReview finds the records that are in review for too long, in any time zone of the server", async (t) => {
    const { records, database } = await open(t);
    await records.insertInReview(1, 16);
    await records.insertInReview(2, 14);
    await records.insertInReview(3, 600);
    await records.insertInReview(4, -600);
    for (const [index, status] of ["pending", "ocr_complete", "ocr_failed", "approved"].entries()) {
      await records.backend.insertRecord({ kycId: 10 + index, userId: 1, status, createdAt: new Date(0) });
    }
    assert.deepEqual(await found(database), [1, 3]);
    assert.deepEqual(await found(database, { minutes: 13.5 }), [1, 2, 3]);
  });

  test("listInReview lists records in the order of their ids, page by page", async (t) => {
    const { records, database } = await open(t);
    for (const kycId of [5, 3, LARGEST_ID, 1]) await records.insertInReview(kycId, 60);
    assert.deepEqual(await found(database, {}, 0, 2), [1, 3]);
    assert.deepEqual(await found(database, {}, 3, 2), [5, LARGEST_ID]);
    assert.deepEqual(await found(database, {}, LARGEST_ID, 2), []);
  });

  test("a stuck record is failed only if it is still in review for too long", async (t) => {
    const { records, database } = await open(t);
    await records.insertInReview(1, 60);
    await records.insertInReview(2, 14);
    await records.insertInReview(3, 60);
    await records.backend.decide(3, "approved");
    assert.deepEqual(await Promise.all([1, 2, 3].map((kycId) => fail(database, kycId))), [
      "saved",
      "missing",
      "missing",
    ]);
    const failed = await records.backend.readRecord(1);
    assert.deepEqual([failed?.status, failed?.ocrResult], ["ocr_failed", SEALED]);
    assert.equal((await records.backend.readRecord(3))?.status, "approved");
  });

  test("failing a stuck record does not wait for another client's lock", async (t) => {
    const { records, database } = await open(t);
    await records.insertInReview(KYC_ID, 60);
    const unlock = await lock(records);
    assert.equal(await fail(database, KYC_ID), "missing");
    await unlock();
    assert.equal(await fail(database, KYC_ID, () => false), "refused");
    assert.equal(await fail(database, KYC_ID), "saved");
  });

  test("if the table refuses a verdict, the error has PostgreSQL's code", async (t) => {
    const { records, database } = await open(t);
    for (const kycId of [2, 3]) await records.insertInReview(kycId, 60);
    const client = await records.connect();
    await client.query(`ALTER TABLE kyc_verification ADD CHECK (id <> 2 OR status = 'in_review')`);
    await client.query(`CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`);
    await client.query(
      "CREATE TRIGGER swallow BEFORE UPDATE ON kyc_verification FOR EACH ROW WHEN (OLD.id = 3) EXECUTE FUNCTION swallow()",
    );
    await assert.rejects(fail(database, 2), isUnavailable("23514"));
    await assert.rejects(fail(database, 3), isUnavailable("nothing was updated"));
    assert.deepEqual(await found(database), [2, 3]);
  });

  for (const sqlstate of ["42703", "42883"]) {
    test(`a trigger that fails with ${sqlstate} is not reported as a wrong KYC_STUCK_SINCE_COLUMN`, async (t) => {
      const { records, database } = await open(t);
      await records.insertInReview(2, 60);
      const client = await records.connect();
      await client.query(
        `CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE SQLSTATE '${sqlstate}'; END$$`,
      );
      await client.query("CREATE TRIGGER fail BEFORE UPDATE ON kyc_verification FOR EACH ROW EXECUTE FUNCTION fail()");
      await assert.rejects(fail(database, 2), isUnavailable(sqlstate));
    });
  }

  test("listInReview compares the configured column", async (t) => {
    const { records, database } = await open(t);
    const client = await records.connect();
    await client.query(
      `ALTER TABLE kyc_verification ADD COLUMN "in review; since" timestamp, ADD COLUMN zoned timestamptz`,
    );
    await records.insertInReview(1, 60);
    await records.insertInReview(2, 0);
    await client.query(
      `UPDATE kyc_verification SET "in review; since"=now() AT TIME ZONE 'UTC' - interval '1 h', zoned=now() - interval '1 h'
       WHERE id=2`,
    );
    assert.deepEqual(await found(database, { column: "in review; since" }), [2]);
    assert.deepEqual(await found(database, { column: "zoned" }), [2]);
    assert.deepEqual(await found(database, { column: "reviewedAt" }), []);
  });

  for (const sinceColumn of ["inReviewSince", "createdat", "status", "ocrResult", `x" < NOW() OR "id" > 0 --`, "'"]) {
    test(`if the column is ${JSON.stringify(sinceColumn)}, listInReview names KYC_STUCK_SINCE_COLUMN in its error`, async (t) => {
      const { records, database } = await open(t);
      await records.insertInReview(KYC_ID, 60);
      const batch = found(database, { column: sinceColumn });
      await assert.rejects(
        batch,
        (error) => error instanceof StuckColumnError && /KYC_STUCK_SINCE_COLUMN/.test(error.message),
      );
      assert.equal((await records.backend.readRecord(KYC_ID))?.status, "in_review");
    });
  }
});
