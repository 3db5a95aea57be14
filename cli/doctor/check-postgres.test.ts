/** What the doctor reports about a PostgreSQL that answers and has a fault. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startRecordsForFile } from "../../test/servers/records-database.ts";
import { checkPostgres } from "./check-postgres.ts";
import { codeOf, postgresTrouble } from "./dependency.ts";

const server = await startRecordsForFile();

const check = (url: string, sinceColumn?: string) => checkPostgres({ POSTGRES_URL: url }, sinceColumn);

/** Connects to the same database as a user with only these grants. */
async function asUser(
  url: string,
  name: string,
  connect: () => Promise<{ query: (sql: string) => Promise<unknown> }>,
  grant: string,
) {
  const owner = await connect();
  await owner.query(`CREATE ROLE ${name} LOGIN PASSWORD 'secret'; ${grant}`);
  const other = new URL(url);
  other.username = name;
  other.password = "secret";
  return other.href;
}

test("doctor finds nothing wrong with Serverpod's table if its owner connects", async (t) => {
  const { url } = await server.open(t);
  assert.deepEqual(
    (await check(url)).map(({ state }) => state),
    ["ok", "ok", "ok"],
  );
});

test("doctor finds a database user who may not update the table", async (t) => {
  const { url, connect } = await server.open(t);
  const reader = await asUser(url, "reader", connect, "GRANT SELECT ON kyc_verification TO reader");
  const [table, grants] = await check(reader);
  assert.equal(table?.state, "ok");
  assert.equal(grants?.state, "wrong");
  assert.equal(grants?.detail, "the user may not update status, ocrResult, reviewedAt");
  assert.match(grants?.fix ?? "", /^GRANT SELECT, UPDATE ON kyc_verification/);
});

test("doctor accepts grants on the columns that a verdict writes", async (t) => {
  const { url, connect } = await server.open(t);
  const grant = `GRANT SELECT ON kyc_verification TO clerk;
    GRANT UPDATE (status, "ocrResult", "reviewedAt") ON kyc_verification TO clerk`;
  const [, grants] = await check(await asUser(url, "clerk", connect, grant));
  assert.equal(grants?.state, "ok");
});

test("doctor names a column that is missing or has another type", async (t) => {
  const { url, connect } = await server.open(t);
  const owner = await connect();
  await owner.query(
    `ALTER TABLE kyc_verification DROP COLUMN "ocrResult"; ALTER TABLE kyc_verification ADD COLUMN "ocrResult" text`,
  );
  const [table] = await check(url, "nowhere");
  assert.equal(table?.detail, "ocrResult is text, nowhere is missing");
});

test("doctor reports a missing table, and a table that the user may not see", async (t) => {
  const codeAt = async (url: string) => codeOf(await check(url).catch((error: unknown) => error));
  assert.equal(await codeAt(await server.postgres.createDatabase("empty")), "42P01");
  const { url, connect } = await server.open(t);
  const stranger = await asUser(url, "stranger", connect, "REVOKE USAGE ON SCHEMA public FROM PUBLIC");
  const { detail, fix } = postgresTrouble(await codeAt(stranger));
  assert.equal(detail, "has no table kyc_verification (42P01)");
  assert.match(fix, /GRANT USAGE ON SCHEMA public/);
});
