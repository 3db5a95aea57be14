/** The health check's question to PostgreSQL, on a real server. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { startRecordsForFile } from "../../test/servers/records-database.ts";
import { eventually } from "../../test/waiting.ts";
import { createDatabaseHealth } from "./database-health.ts";

const server = await startRecordsForFile();

function open(t: TestContext, url: string, timeoutMs?: number) {
  const health = createDatabaseHealth({ url, onConnectionLost: () => {}, ...(timeoutMs && { timeoutMs }) });
  t.after(() => health.close());
  return health;
}

/** The same database, as a user with these grants. */
async function asUser(t: TestContext, name: string, grants: string): Promise<string> {
  const { url, connect } = await server.open(t);
  await (await connect()).query(`CREATE ROLE ${name} LOGIN PASSWORD 'secret'; ${grants}`);
  return Object.assign(new URL(url), { username: name, password: "secret" }).href;
}

test("a server that takes writes is healthy", async (t) => {
  await open(t, (await server.open(t)).url).check();
});

test("a database whose table is locked is healthy", async (t) => {
  const { url, connect } = await server.open(t);
  const migration = await connect();
  await migration.query("BEGIN; LOCK TABLE kyc_verification IN ACCESS EXCLUSIVE MODE");
  await open(t, url).check();
  await migration.query("ROLLBACK");
});

test("a read-only server is unhealthy", async (t) => {
  const { url, connect } = await server.open(t);
  const owner = await connect();
  await owner.query(`ALTER DATABASE "${new URL(url).pathname.slice(1)}" SET default_transaction_read_only = on`);
  await assert.rejects(open(t, url).check(), /read-only/);
});

test("a user without the right to write verdicts is unhealthy, and grants on single columns are enough", async (t) => {
  const reader = await asUser(t, "health_reader", "GRANT SELECT ON kyc_verification TO health_reader");
  await assert.rejects(open(t, reader).check(), /may not read and update/);
  const grants = `GRANT SELECT (id, status, "reviewedAt"), UPDATE (status, "ocrResult", "reviewedAt") ON kyc_verification TO health_clerk`;
  await open(t, await asUser(t, "health_clerk", grants)).check();
});

test("a database without the table is unhealthy", async (t) => {
  await assert.rejects(open(t, await server.postgres.createDatabase("health_empty")).check(), { code: "42P01" });
});

test("the health check replaces a connection that was cut", async (t) => {
  const { url, connect } = await server.open(t);
  const health = open(t, url);
  await health.check();
  await (
    await connect()
  ).query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'kyc-health'");
  await eventually("it is well again", () =>
    health.check().then(
      () => true,
      () => false,
    ),
  );
});
