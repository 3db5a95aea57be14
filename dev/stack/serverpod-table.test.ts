import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client } from "pg";
import { type Postgres, startPostgres } from "../servers/postgres.ts";
import { type ServerpodBackend, createServerpodBackend, createVerificationTable } from "./serverpod-table.ts";

let postgres: Postgres;
let backend: ServerpodBackend;

before(async () => {
  postgres = await startPostgres();
  await createVerificationTable(postgres.url);
  backend = createServerpodBackend({ url: postgres.url });
});

after(async () => {
  await backend.close();
  await postgres.stop();
});

function assertNow(time: Date | null | undefined): void {
  assert.ok(Math.abs(Date.now() - (time?.getTime() ?? 0)) < 60_000, `${time?.toISOString()} is not now`);
}

test("the backend's new record is pending, has its time in UTC, and goes into review", async () => {
  const kycId = await backend.insertRecord({ userId: 123, passportKey: "kyc/1/passport.jpg" });
  const record = await backend.readRecord(kycId);
  assertNow(record?.createdAt);
  assert.deepEqual(
    { ...record, createdAt: undefined },
    {
      id: kycId,
      userId: 123,
      status: "pending",
      passportKey: "kyc/1/passport.jpg",
      selfieKey: null,
      stampKey: null,
      ocrResult: null,
      reviewedAt: null,
      createdAt: undefined,
    },
  );
  await backend.setInReview(kycId);
  assert.equal((await backend.readRecord(kycId))?.status, "in_review");
});

test("the backend starts a review once, and keeps a decision", async () => {
  const kycId = await backend.insertRecord({ userId: 1 });
  await backend.startReview(kycId);
  assert.equal((await backend.readRecord(kycId))?.status, "in_review");
  await backend.decide(kycId, "approved");
  await backend.startReview(kycId);
  assert.equal((await backend.readRecord(kycId))?.status, "approved");
});

test("the backend makes a record with a given id, status and time", async () => {
  const createdAt = new Date("2026-03-01T23:30:00.000Z");
  await backend.insertRecord({ kycId: 2 ** 53 - 1, userId: 2 ** 53 - 1, status: "in_review", createdAt });
  const record = await backend.readRecord(2 ** 53 - 1);
  assert.deepEqual(
    [record?.id, record?.userId, record?.status, record?.createdAt],
    [2 ** 53 - 1, 2 ** 53 - 1, "in_review", createdAt],
  );
});

test("the backend writes a reviewer's decision with its time in UTC", async () => {
  const kycId = await backend.insertRecord({ userId: 1 });
  await backend.decide(kycId, "approved");
  const record = await backend.readRecord(kycId);
  assert.equal(record?.status, "approved");
  assertNow(record?.reviewedAt);
});

test("the backend reads no record under an unknown id", async () => {
  assert.equal(await backend.readRecord(404), undefined);
});

test("creating the backend's table again changes nothing", async () => {
  const kycId = await backend.insertRecord({ userId: 1 });
  await createVerificationTable(postgres.url);
  assert.equal((await backend.readRecord(kycId))?.userId, 1);
});

test("the backend's table has the columns that Serverpod generates", async () => {
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  const { rows } = await client.query(
    `SELECT column_name, data_type, is_nullable FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name = 'kyc_verification' ORDER BY ordinal_position`,
  );
  await client.end();
  assert.deepEqual(rows.map(Object.values), [
    ["id", "bigint", "NO"],
    ["userId", "bigint", "NO"],
    ["status", "text", "NO"],
    ["passportKey", "text", "YES"],
    ["selfieKey", "text", "YES"],
    ["stampKey", "text", "YES"],
    ["ocrResult", "bytea", "YES"],
    ["reviewedAt", "timestamp without time zone", "YES"],
    ["createdAt", "timestamp without time zone", "NO"],
  ]);
});
