/** Reading and writing verdicts on a real PostgreSQL, which is in another time zone than UTC. */
import assert from "node:assert/strict";
import { after, before, describe, test, type TestContext } from "node:test";
import type { Client } from "pg";
import { assertNothingOpen } from "../../test/leaks.ts";
import { startRecordsServer, type RecordsDatabase, type RecordsServer } from "../../test/records-database.ts";
import { createDatabase, StuckColumnError, type Baseline, type Database } from "./database.ts";
import { DatabaseUnavailableError, QueueUnavailableError } from "../errors.ts";

const KYC_ID = 456;
const LARGEST_ID = Number.MAX_SAFE_INTEGER;
const SEALED = Buffer.from([1, 1, 0, 255, 128]);
const OTHER = Buffer.from([1, 1, 7]);
const UNDECIDED: Baseline = { reviewedAt: null };

let server: RecordsServer;

before(async () => {
  server = await startRecordsServer();
});
after(async () => {
  await server.stop();
  await assertNothingOpen();
});

function openDatabase(t: TestContext, url: string, lockTimeoutMs = 200): Database {
  const database = createDatabase({ url, connections: 4, lockTimeoutMs });
  t.after(() => database.close());
  return database;
}

async function open(t: TestContext) {
  const records = await server.open(t);
  return { records, database: openDatabase(t, records.url) };
}

/** Locks a record as somebody else, until the returned function is called. */
async function lock(records: RecordsDatabase, kycId = KYC_ID): Promise<() => Promise<void>> {
  const client = await records.connect();
  await client.query("BEGIN");
  await client.query("SELECT 1 FROM kyc_verification WHERE id=$1 FOR UPDATE", [kycId]);
  return async () => void (await client.query("COMMIT"));
}

const setReviewedAt = (client: Client, value: string, kycId = KYC_ID) =>
  client.query(`UPDATE kyc_verification SET "reviewedAt"=${value} WHERE id=$1`, [kycId]);

/** An error of ours, with a code and without a word of the server's. */
function isUnavailable(code: string) {
  return (error: unknown) =>
    error instanceof DatabaseUnavailableError &&
    error.message === `PostgreSQL did not answer as it should (${code})` &&
    error.cause === undefined;
}

const LOCK_TIMEOUT = isUnavailable("55P03");

describe("the baseline", () => {
  test("is nothing where there is no record", async (t) => {
    const { database } = await open(t);
    assert.equal(await database.readBaseline(KYC_ID), undefined);
  });

  test("is null where nobody has decided, also for the largest id", async (t) => {
    const { records, database } = await open(t);
    await records.insertInReview(LARGEST_ID);
    assert.deepEqual(await database.readBaseline(LARGEST_ID), UNDECIDED);
  });

  test("is the time of the last decision, to the microsecond, whatever the server's settings", async (t) => {
    const { records, database } = await open(t);
    await records.insertInReview(KYC_ID);
    const client = await records.connect();
    await setReviewedAt(client, "'2026-03-29 02:30:00.123456'");
    const baseline = await database.readBaseline(KYC_ID);
    assert.deepEqual(baseline, { reviewedAt: "1774751400.123456" });
    const name = client.database ?? "";
    for (const setting of ["timezone='America/New_York'", "datestyle='German, DMY'", "extra_float_digits=-15"]) {
      await client.query(`ALTER DATABASE ${client.escapeIdentifier(name)} SET ${setting}`);
    }
    assert.deepEqual(await openDatabase(t, records.url).readBaseline(KYC_ID), baseline);
  });

  test("waits for whoever is just deciding", async (t) => {
    const { records } = await open(t);
    const database = openDatabase(t, records.url, 10_000);
    await records.insertInReview(KYC_ID);
    const client = await records.connect();
    await client.query("BEGIN");
    await setReviewedAt(client, "'2026-01-01'");
    const baseline = database.readBaseline(KYC_ID);
    await client.query("COMMIT");
    assert.deepEqual(await baseline, { reviewedAt: "1767225600.000000" });
  });

  test("is not waited for without end", async (t) => {
    const { records, database } = await open(t);
    await records.insertInReview(KYC_ID);
    const unlock = await lock(records);
    await assert.rejects(database.readBaseline(KYC_ID), LOCK_TIMEOUT);
    await unlock();
    assert.deepEqual(await database.readBaseline(KYC_ID), UNDECIDED);
  });
});

describe("saving a verdict", () => {
  for (const status of ["ocr_complete", "ocr_failed"] as const) {
    test(`${status}: the status, the bytes and the time, in UTC`, async (t) => {
      const { records, database } = await open(t);
      await records.insertInReview(LARGEST_ID);
      await records.insertInReview(1);
      const before = Date.now() - 1;
      assert.equal(await database.saveVerdict(LARGEST_ID, status, SEALED, UNDECIDED), "saved");
      const record = await records.backend.readRecord(LARGEST_ID);
      assert.equal(record?.status, status);
      assert.deepEqual(record.ocrResult, SEALED);
      const reviewedAt = record.reviewedAt?.getTime() ?? 0;
      assert.ok(reviewedAt >= before && reviewedAt <= Date.now() + 1, record.reviewedAt?.toISOString());
      assert.equal((await records.backend.readRecord(1))?.status, "in_review");
    });
  }

  test("of a record that is not there writes nothing", async (t) => {
    const { records, database } = await open(t);
    assert.equal(await database.saveVerdict(KYC_ID, "ocr_complete", SEALED, UNDECIDED), "missing");
    assert.equal(await records.backend.readRecord(KYC_ID), undefined);
  });

  /** A save after somebody else has changed the record: nothing of it may change. */
  async function assertSuperseded(t: TestContext, decide: (records: RecordsDatabase) => Promise<unknown>) {
    const { records, database } = await open(t);
    await records.insertInReview(KYC_ID, 60);
    const client = await records.connect();
    await setReviewedAt(client, "'2026-01-01 00:00:00.000001'");
    const baseline = (await database.readBaseline(KYC_ID)) ?? assert.fail("there is no record");
    await decide(records);
    const decided = await records.backend.readRecord(KYC_ID);
    assert.equal(await database.saveVerdict(KYC_ID, "ocr_complete", SEALED, baseline), "superseded");
    assert.deepEqual(await records.backend.readRecord(KYC_ID), decided);
  }

  test("is superseded by a person who decided meanwhile", (t) =>
    assertSuperseded(t, (records) => records.backend.decide(KYC_ID, "approved")));

  test("is superseded by the watchdog", (t) =>
    assertSuperseded(t, async (records) => {
      const query = { sinceColumn: "createdAt", timeoutMinutes: 15, afterId: "0", limit: 1 };
      const decide = () => Promise.resolve([{ kycId: KYC_ID, sealed: OTHER }]);
      assert.equal((await openDatabase(t, records.url).failStuckBatch({ ...query, decide })).failed, 1);
    }));

  test("is superseded by the verdict of a newer submission", (t) =>
    assertSuperseded(t, async (records) => {
      const newer = openDatabase(t, records.url);
      const baseline = (await newer.readBaseline(KYC_ID)) ?? assert.fail("there is no record");
      assert.equal(await newer.saveVerdict(KYC_ID, "ocr_failed", OTHER, baseline), "saved");
    }));

  test("is superseded by a decision a microsecond later", (t) =>
    assertSuperseded(t, async (records) => setReviewedAt(await records.connect(), "'2026-01-01 00:00:00.000002'")));

  test("is superseded where the backend has taken the decision back", (t) =>
    assertSuperseded(t, async (records) => setReviewedAt(await records.connect(), "NULL")));

  test("is not superseded by a change that is no decision", async (t) => {
    const { records, database } = await open(t);
    await records.insertInReview(KYC_ID);
    await records.backend.setInReview(KYC_ID);
    assert.equal(await database.saveVerdict(KYC_ID, "ocr_complete", SEALED, UNDECIDED), "saved");
  });

  test("that is repeated after the record went into review again is superseded", async (t) => {
    const { records, database } = await open(t);
    await records.insertInReview(KYC_ID, 60);
    assert.deepEqual(await database.readReopened(KYC_ID), UNDECIDED);
    assert.equal(await database.saveVerdict(KYC_ID, "ocr_complete", SEALED, UNDECIDED), "saved");
    assert.equal(await database.readReopened(KYC_ID), undefined);
    await records.backend.setInReview(KYC_ID);
    assert.equal(await database.saveVerdict(KYC_ID, "ocr_complete", SEALED, UNDECIDED), "superseded");
    assert.deepEqual(await database.readReopened(KYC_ID), await database.readBaseline(KYC_ID));
    assert.equal(await database.readReopened(KYC_ID + 1), undefined);
  });

  test("that is repeated finds its own bytes, and leaves the time as it is", async (t) => {
    const { records, database } = await open(t);
    await records.insertInReview(KYC_ID);
    assert.equal(await database.saveVerdict(KYC_ID, "ocr_complete", SEALED, UNDECIDED), "saved");
    const saved = await records.backend.readRecord(KYC_ID);
    assert.equal(await database.saveVerdict(KYC_ID, "ocr_complete", SEALED, UNDECIDED), "saved");
    assert.deepEqual(await records.backend.readRecord(KYC_ID), saved);
    assert.equal(await database.saveVerdict(KYC_ID, "ocr_complete", OTHER, UNDECIDED), "superseded");
  });

  test("over an earlier verdict is possible for whoever has seen that", async (t) => {
    const { records, database } = await open(t);
    await records.insertInReview(KYC_ID);
    await database.saveVerdict(KYC_ID, "ocr_failed", OTHER, UNDECIDED);
    const baseline = (await database.readBaseline(KYC_ID)) ?? assert.fail("there is no record");
    assert.equal(await database.saveVerdict(KYC_ID, "ocr_complete", SEALED, baseline), "saved");
    assert.deepEqual((await records.backend.readRecord(KYC_ID))?.ocrResult, SEALED);
  });

  test("by twenty at once from the same baseline: one is saved, and it is the one that is there", async (t) => {
    const { records } = await open(t);
    const database = openDatabase(t, records.url, 10_000);
    await records.insertInReview(KYC_ID);
    const candidates = Array.from({ length: 20 }, (_, index) => Buffer.from([index]));
    const outcomes = await Promise.all(
      candidates.map((sealed) => database.saveVerdict(KYC_ID, "ocr_complete", sealed, UNDECIDED)),
    );
    assert.equal(outcomes.filter((outcome) => outcome === "saved").length, 1);
    assert.equal(outcomes.filter((outcome) => outcome === "superseded").length, 19);
    const saved = candidates[outcomes.indexOf("saved")];
    assert.deepEqual((await records.backend.readRecord(KYC_ID))?.ocrResult, saved);
  });

  test("of a record that somebody else has locked is not waited for without end", async (t) => {
    const { records, database } = await open(t);
    await records.insertInReview(KYC_ID);
    await records.insertInReview(1);
    const unlock = await lock(records);
    await assert.rejects(database.saveVerdict(KYC_ID, "ocr_complete", SEALED, UNDECIDED), LOCK_TIMEOUT);
    assert.equal(await database.saveVerdict(1, "ocr_complete", SEALED, UNDECIDED), "saved");
    await unlock();
    assert.equal(await database.saveVerdict(KYC_ID, "ocr_complete", SEALED, UNDECIDED), "saved");
  });
});

describe("failing stuck records", () => {
  const QUERY = { sinceColumn: "createdAt", timeoutMinutes: 15, afterId: "0", limit: 100 };
  const failAll = (kycIds: readonly number[]) => Promise.resolve(kycIds.map((kycId) => ({ kycId, sealed: SEALED })));

  /** The ids that a batch finds, without failing them. */
  async function foundBy(database: Database, query: Partial<typeof QUERY> = {}): Promise<readonly number[]> {
    const found: number[] = [];
    const decide = (ids: readonly number[]) => {
      found.push(...ids);
      return Promise.resolve([]);
    };
    await database.failStuckBatch({ ...QUERY, ...query, decide });
    return found;
  }

  test("takes those that are in review for too long, whatever zone the server is in", async (t) => {
    const { records, database } = await open(t);
    await records.insertInReview(1, 16);
    await records.insertInReview(2, 14);
    await records.insertInReview(3, 600);
    await records.insertInReview(4, -600);
    for (const [index, status] of ["pending", "ocr_complete", "ocr_failed", "approved"].entries()) {
      await records.backend.insertRecord({ kycId: 10 + index, userId: 1, status, createdAt: new Date(0) });
    }
    assert.deepEqual(await foundBy(database), [1, 3]);
    assert.deepEqual(await foundBy(database, { timeoutMinutes: 13.5 }), [1, 2, 3]);
  });

  test("goes through them in order, batch by batch", async (t) => {
    const { records, database } = await open(t);
    for (const kycId of [5, 3, LARGEST_ID, 1]) await records.insertInReview(kycId, 60);
    const none = () => Promise.resolve([]);
    const first = await database.failStuckBatch({ ...QUERY, limit: 2, decide: none });
    assert.deepEqual(first, { lastId: 3, found: 2, failed: 0, refused: [] });
    const second = await database.failStuckBatch({ ...QUERY, limit: 2, afterId: "3", decide: failAll });
    assert.deepEqual(second, { lastId: LARGEST_ID, found: 2, failed: 2, refused: [] });
    const last = await database.failStuckBatch({ ...QUERY, afterId: String(LARGEST_ID), decide: failAll });
    assert.deepEqual(last, { lastId: undefined, found: 0, failed: 0, refused: [] });
  });

  test("writes the verdicts that were decided on, and no others", async (t) => {
    const { records, database } = await open(t);
    for (const kycId of [1, 2]) await records.insertInReview(kycId, 60);
    const decide = () => Promise.resolve([{ kycId: 2, sealed: SEALED }]);
    assert.equal((await database.failStuckBatch({ ...QUERY, decide })).failed, 1);
    assert.equal((await records.backend.readRecord(1))?.status, "in_review");
    const failed = await records.backend.readRecord(2);
    assert.deepEqual([failed?.status, failed?.ocrResult], ["ocr_failed", SEALED]);
    assert.ok(Math.abs(Date.now() - (failed?.reviewedAt?.getTime() ?? 0)) < 60_000);
  });

  test("is not held up by one whose verdict the table refuses", async (t) => {
    const { records, database } = await open(t);
    for (const kycId of [1, 2, 3, 4]) await records.insertInReview(kycId, 60);
    const client = await records.connect();
    await client.query(`ALTER TABLE kyc_verification ADD CHECK (id <> 2 OR status = 'in_review')`);
    await client.query(`CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`);
    await client.query(
      "CREATE TRIGGER swallow BEFORE UPDATE ON kyc_verification FOR EACH ROW WHEN (OLD.id = 3) EXECUTE FUNCTION swallow()",
    );
    assert.deepEqual(await database.failStuckBatch({ ...QUERY, decide: failAll }), {
      lastId: 4,
      found: 4,
      failed: 2,
      refused: [
        { kycId: 2, code: "23514" },
        { kycId: 3, code: "nothing was updated" },
      ],
    });
    assert.deepEqual(await foundBy(database), [2, 3]);
    await assert.rejects(
      database.saveVerdict(3, "ocr_complete", SEALED, UNDECIDED),
      isUnavailable("nothing was updated"),
    );
  });

  test("passes over those that somebody else has locked", async (t) => {
    const { records, database } = await open(t);
    for (const kycId of [1, KYC_ID, 500]) await records.insertInReview(kycId, 60);
    const unlock = await lock(records);
    assert.deepEqual(await foundBy(database), [1, 500]);
    await unlock();
    assert.deepEqual(await foundBy(database), [1, KYC_ID, 500]);
  });

  test("holds them until all are decided: nobody else saves meanwhile", async (t) => {
    const { records, database } = await open(t);
    await records.insertInReview(KYC_ID, 60);
    const decide = async (ids: readonly number[]) => {
      await assert.rejects(database.saveVerdict(KYC_ID, "ocr_complete", OTHER, UNDECIDED), LOCK_TIMEOUT);
      assert.deepEqual(await foundBy(database), []);
      return failAll(ids);
    };
    await database.failStuckBatch({ ...QUERY, decide });
    assert.equal(await database.saveVerdict(KYC_ID, "ocr_complete", OTHER, UNDECIDED), "superseded");
  });

  test("lets go of them, unchanged, where deciding fails", async (t) => {
    const { records, database } = await open(t);
    await records.insertInReview(KYC_ID, 60);
    const trouble = new QueueUnavailableError("Redis is away");
    await assert.rejects(database.failStuckBatch({ ...QUERY, decide: () => Promise.reject(trouble) }), trouble);
    assert.equal((await records.backend.readRecord(KYC_ID))?.status, "in_review");
    assert.equal(await database.saveVerdict(KYC_ID, "ocr_complete", SEALED, UNDECIDED), "saved");
  });

  test("goes by the column that is configured", async (t) => {
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
    assert.deepEqual(await foundBy(database, { sinceColumn: "in review; since" }), [2]);
    assert.deepEqual(await foundBy(database, { sinceColumn: "zoned" }), [2]);
    assert.deepEqual(await foundBy(database, { sinceColumn: "reviewedAt" }), []);
  });

  for (const sinceColumn of ["inReviewSince", "createdat", "status", "ocrResult", `x" < NOW() OR "id" > 0 --`, "'"]) {
    test(`by ${JSON.stringify(sinceColumn)}: the error names the variable`, async (t) => {
      const { records, database } = await open(t);
      await records.insertInReview(KYC_ID, 60);
      const batch = database.failStuckBatch({ ...QUERY, sinceColumn, decide: failAll });
      await assert.rejects(
        batch,
        (error) => error instanceof StuckColumnError && /KYC_STUCK_SINCE_COLUMN/.test(error.message),
      );
      assert.equal((await records.backend.readRecord(KYC_ID))?.status, "in_review");
    });
  }
});
