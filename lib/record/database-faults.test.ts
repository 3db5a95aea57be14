/** PostgreSQL fails: every call ends with "unavailable", and a later call works again. */
import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { describe, test, type TestContext } from "node:test";
import { listen } from "../../dev/servers/listen.ts";
import { startTcpProxy } from "../../test/servers/tcp-proxy.ts";
import { startRecordsForFile, throughPort, type RecordsDatabase } from "../../test/servers/records-database.ts";
import { eventually, settledWithin } from "../../test/waiting.ts";
import { createDatabase, type Database, type RecordState } from "./database.ts";
import { DatabaseUnavailableError } from "../errors.ts";

const KYC_ID = 456;
const SEALED = Buffer.from([1, 1, 0, 255]);
const IN_REVIEW: RecordState = { status: "in_review", reviewedAt: null, sealed: null };
/** A save that is refused after a decision. */
const SAVE = {
  kycId: KYC_ID,
  status: "ocr_complete",
  sealed: SEALED,
  mayWrite: ({ reviewedAt }: RecordState) => reviewedAt === null,
} as const;
const TIMEOUTS = { connectTimeoutMs: 500, queryTimeoutMs: 500, lockTimeoutMs: 300 };
/** More than a connection and a query of {@link TIMEOUTS} take to fail, on a machine with other work too. */
const LIMIT_MS = 5_000;

const server = await startRecordsForFile();

/** Ends the next connection in the moment in which it is ready: the server says both in one piece. */
async function startEndingProxy(t: TestContext, targetPort: number) {
  const ready = Buffer.from([0x5a, 0, 0, 0, 5]);
  const fields = ["SFATAL", "VFATAL", "C57P01", "Mterminating connection", ""].map((field) => `${field}\0`).join("");
  const end = Buffer.concat([Buffer.from("E"), Buffer.alloc(4), Buffer.from(fields)]);
  end.writeInt32BE(fields.length + 4, 1);
  let ended = 0;
  const proxy = createServer((client) => {
    const behind = connect(targetPort, "127.0.0.1");
    for (const [near, far] of [
      [client, behind],
      [behind, client],
    ] as const) {
      near.on("error", () => {}).on("close", () => far.destroy());
    }
    client.pipe(behind);
    behind.on("data", (bytes: Buffer) => {
      if (ended > 0 || !bytes.includes(ready)) return void client.write(bytes);
      ended++;
      client.end(Buffer.concat([bytes, end]));
    });
  });
  t.after(() => proxy.close());
  return { port: await listen(proxy), ended: () => ended };
}

test("a connection that is ended in the moment in which it is ready ends nothing else", async (t) => {
  const records = await server.open(t);
  await records.insertInReview(KYC_ID, 60);
  const proxy = await startEndingProxy(t, server.postgres.port);
  const lost: Error[] = [];
  const database = createDatabase({
    url: throughPort(records.url, proxy.port),
    connections: 1,
    ...TIMEOUTS,
    onConnectionLost: (error) => lost.push(error),
  });
  t.after(() => database.close());
  await assert.rejects(database.saveVerdict(SAVE), DatabaseUnavailableError);
  assert.equal(proxy.ended(), 1);
  assert.ok(lost.length > 0);
  assert.deepEqual(await database.readState(KYC_ID), IN_REVIEW);
});

/** A database with one record in review, reached through a proxy. */
async function open(t: TestContext, { connections = 2, timeouts = TIMEOUTS } = {}) {
  const records = await server.open(t);
  await records.insertInReview(KYC_ID, 60);
  const strikes = new Map<string, () => void>();
  const proxy = await startTcpProxy({
    targetPort: server.postgres.port,
    watch: (bytes) => {
      for (const [word, strike] of strikes) {
        if (bytes.includes(word) && strikes.delete(word)) strike();
      }
    },
  });
  t.after(() => proxy.close());
  const lost: Error[] = [];
  const database = createDatabase({
    url: throughPort(records.url, proxy.port),
    connections,
    ...timeouts,
    onConnectionLost: (error) => lost.push(error),
  });
  t.after(() => database.close());
  return {
    records,
    proxy,
    database,
    lost,
    save: () => database.saveVerdict(SAVE),
    /** Does something just before the server hears a word for the first time. */
    before: (word: string, strike: () => void): void => void strikes.set(word, strike),
  };
}

/** Returns the code of a failed call. Asserts that its error contains nothing else. */
async function codeOf(call: Promise<unknown>, limitMs = LIMIT_MS): Promise<string> {
  const error: unknown = await settledWithin(limitMs, call).then(
    () => assert.fail("it succeeded"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof DatabaseUnavailableError, String(error));
  assert.equal(error.cause, undefined);
  const code = /^PostgreSQL did not answer as it should \((.*)\)$/.exec(error.message)?.[1];
  return code ?? assert.fail(error.message);
}

const answers = (database: Database) =>
  database.ping().then(
    () => true,
    () => false,
  );

/** Asserts that the database works again, and that the verdict is written once. */
async function assertRecovers({ database, records }: { database: Database; records: RecordsDatabase }) {
  await eventually("PostgreSQL answers", () => answers(database));
  await eventually("a verdict is saved", () =>
    database.saveVerdict({ ...SAVE, mayWrite: () => true }).then(
      (outcome) => outcome === "saved",
      () => false,
    ),
  );
  assert.deepEqual((await records.backend.readRecord(KYC_ID))?.ocrResult, SEALED);
}

describe("PostgreSQL goes away", () => {
  test("a query fails if PostgreSQL is killed during it, and queries work after the restart", async (t) => {
    const opened = await open(t, { timeouts: { ...TIMEOUTS, queryTimeoutMs: 20_000, lockTimeoutMs: 20_000 } });
    const client = await opened.records.connect();
    await client.query("BEGIN");
    await client.query("SELECT 1 FROM kyc_verification FOR UPDATE");
    const waiting = opened.save();
    const onlooker = await opened.records.connect();
    await eventually("the query waits for the lock", async () => {
      const { rows } = await onlooker.query("SELECT 1 FROM pg_stat_activity WHERE wait_event_type='Lock'");
      return rows.length > 0;
    });
    const failed = codeOf(waiting, 10_000);
    await server.postgres.kill("SIGKILL");
    assert.match(await failed, /^(no answer|ECONN\w+|57P0\d)$/);
    assert.match(await codeOf(opened.save()), /^(no answer|ECONN\w+)$/);
    assert.match(await codeOf(opened.database.ping()), /^(no answer|ECONN\w+)$/);
    await server.postgres.restart();
    await assertRecovers(opened);
  });

  test("the process continues if PostgreSQL is killed while all connections are idle", async (t) => {
    const opened = await open(t);
    await Promise.all([opened.database.ping(), opened.database.ping()]);
    await server.postgres.kill("SIGKILL");
    await eventually("the loss is told", () => opened.lost.length === 2);
    await server.postgres.restart();
    await assertRecovers(opened);
  });

  test("queries work again after PostgreSQL was stopped and started", async (t) => {
    const opened = await open(t);
    await opened.database.ping();
    await server.postgres.restart();
    await assertRecovers(opened);
  });

  test("a session that PostgreSQL ends, idle or in a transaction, is replaced", async (t) => {
    const opened = await open(t);
    const client = await opened.records.connect();
    const endAll = () =>
      client.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name='kyc-service' AND datname=current_database()",
      );
    await opened.database.ping();
    await endAll();
    await assertRecovers(opened);
    const mayWrite = async () => {
      await endAll();
      return true;
    };
    await opened.records.insertInReview(2, 60);
    await codeOf(opened.database.saveVerdict({ kycId: 2, status: "ocr_failed", sealed: SEALED, mayWrite }));
    assert.equal((await opened.records.backend.readRecord(2))?.status, "in_review");
    await assertRecovers(opened);
  });
});

describe("the network goes away", () => {
  test("a refused connection is an error in time", async (t) => {
    const opened = await open(t);
    opened.proxy.treatNew("reset");
    assert.match(await codeOf(opened.save()), /^(no answer|ECONN\w+)$/);
    opened.proxy.treatNew("pass");
    await assertRecovers(opened);
  });

  test("a connection that is accepted and silent is an error in time", async (t) => {
    const opened = await open(t);
    opened.proxy.treatNew("silent");
    assert.equal(await codeOf(opened.save()), "no answer");
    opened.proxy.treatNew("pass");
    await assertRecovers(opened);
  });

  test("a connection that died silently while it idled is given up after one query's time", async (t) => {
    const opened = await open(t);
    await opened.database.ping();
    opened.proxy.treatOpen("silent");
    assert.equal(await codeOf(opened.save()), "no answer");
    assert.equal(await settledWithin(LIMIT_MS, opened.save()), "saved");
  });

  test("a connection that dies silently with a row locked does not leave it locked", async (t) => {
    const opened = await open(t);
    opened.before("FOR UPDATE", () => setImmediate(() => opened.proxy.treatOpen("silent")));
    assert.equal(await codeOf(opened.save()), "no answer");
    await assertRecovers(opened);
  });

  test("a connection that is reset in the middle of a transaction is replaced", async (t) => {
    const opened = await open(t);
    opened.before("FOR UPDATE", () => opened.proxy.resetOpen());
    assert.match(await codeOf(opened.save()), /^(no answer|ECONN\w+)$/);
    assert.equal((await opened.records.backend.readRecord(KYC_ID))?.status, "in_review");
    await assertRecovers(opened);
  });

  test("if the answer to the commit is lost, the verdict is written, and a second save is refused", async (t) => {
    const opened = await open(t);
    opened.before("COMMIT", () => opened.proxy.treatOpen("drop-replies"));
    assert.equal(await codeOf(opened.save()), "no answer");
    await eventually(
      "it was committed all the same",
      async () => (await opened.records.backend.readRecord(KYC_ID))?.status === "ocr_complete",
    );
    const saved = await opened.records.backend.readRecord(KYC_ID);
    assert.equal(await opened.save(), "refused");
    assert.deepEqual(await opened.records.backend.readRecord(KYC_ID), saved);
  });

  test("a slow network is no error", async (t) => {
    const opened = await open(t);
    opened.proxy.delay(20);
    assert.equal(await opened.save(), "saved");
  });
});

describe("PostgreSQL refuses", () => {
  test("if all connections are in use, the next caller does not wait without end", async (t) => {
    const opened = await open(t, {
      connections: 1,
      timeouts: { ...TIMEOUTS, lockTimeoutMs: 10_000, queryTimeoutMs: 10_000 },
    });
    const client = await opened.records.connect();
    await client.query("BEGIN");
    await client.query("SELECT 1 FROM kyc_verification FOR UPDATE");
    const waiting = opened.save();
    assert.equal(await codeOf(opened.database.ping()), "no answer");
    await client.query("COMMIT");
    assert.equal(await waiting, "saved");
  });

  test("a wrong password is an error with PostgreSQL's code", async (t) => {
    const { records } = await open(t);
    const url = new URL(records.url);
    url.password = "WRONG";
    const database = createDatabase({ url: url.href, connections: 1, ...TIMEOUTS });
    t.after(() => database.close());
    assert.equal(await codeOf(database.ping()), "28P01");
  });

  test("a missing database is an error with PostgreSQL's code", async (t) => {
    const { records } = await open(t);
    const url = new URL(records.url);
    url.pathname = "/nowhere";
    const database = createDatabase({ url: url.href, connections: 1, ...TIMEOUTS });
    t.after(() => database.close());
    assert.equal(await codeOf(database.ping()), "3D000");
  });

  test("a missing table is an error with PostgreSQL's code", async (t) => {
    const opened = await open(t);
    const client = await opened.records.connect();
    await client.query("ALTER TABLE kyc_verification RENAME TO elsewhere");
    assert.equal(await codeOf(opened.save()), "42P01");
    await client.query("ALTER TABLE elsewhere RENAME TO kyc_verification");
    await assertRecovers(opened);
  });

  test("a standby that can only be read is an error with PostgreSQL's code", async (t) => {
    const opened = await open(t);
    const client = await opened.records.connect();
    const name = client.escapeIdentifier(client.database ?? "");
    await client.query(`ALTER DATABASE ${name} SET default_transaction_read_only=on`);
    assert.equal(await codeOf(opened.save()), "25006");
    await client.query(`ALTER DATABASE ${name} SET default_transaction_read_only=off`);
    await client.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name='kyc-service'");
    await assertRecovers(opened);
  });
});
