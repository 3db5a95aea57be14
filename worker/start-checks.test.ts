/** What a real worker needs of Redis and PostgreSQL, and what its health says of them. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Redis as Client } from "ioredis";
import { Client as PostgresClient } from "pg";
import { REDIS_COMMANDS } from "../lib/queue/redis-permissions.ts";
import { assertNothingOpen } from "../test/leaks.ts";
import { openApi } from "../test/stage/api.ts";
import { openStage, type Stage } from "../test/stage/stage.ts";
import { eventually } from "../test/waiting.ts";

const EXACTLY = ["reset", "on", ">secret", "~bull:*", ...REDIS_COMMANDS.map((name) => `+${name}`)];

let stage: Stage;
let admin: Client;

before(async () => {
  stage = await openStage();
  admin = new Client(stage.redis.url);
});
after(async () => {
  admin.disconnect();
  await stage[Symbol.asyncDispose]();
  await assertNothingOpen();
});

const urlOf = (name: string) => stage.redis.url.replace("//", `//${name}:secret@`);

/** Starts a worker whose Redis user has these rules. */
async function startRestricted(name: string, ...rules: readonly string[]) {
  await admin.call("ACL", "SETUSER", name, ...rules);
  return stage.startWorker({ REDIS_URL: urlOf(name) });
}

test("a worker with exactly the listed commands verifies, pauses for a rate limit, retries and gives up", async () => {
  const worker = await startRestricted("exactly", ...EXACTLY);
  stage.gemini.script([
    { match: {}, times: 1, answer: { fault: "quotaPerMinute", delaySeconds: 1 } },
    { match: {}, times: 1, answer: { fault: "overloaded" } },
  ]);
  const api = openApi({ ...stage.environment, REDIS_URL: urlOf("exactly") });
  const limited = await stage.prepare();
  assert.equal((await api.submit(limited.submission)).status, 202);
  await api.close();
  await stage.settled([limited], 30_000);
  stage.compreface.script([{ match: {}, times: null, answer: { fault: "badGateway" } }]);
  stage.gemini.script([{ match: {}, times: null, answer: { fault: "overloaded" } }]);
  const failing = await stage.submit();
  await stage.settled([failing], 30_000);
  stage.gemini.script([]);
  stage.compreface.script([]);
  assert.equal((await stage.records.readRecord(limited.kycId))?.status, "ocr_complete");
  assert.equal((await stage.records.readRecord(failing.kycId))?.status, "ocr_failed");
  await worker.stop();
  const refused = [...JSON.stringify(await admin.call("ACL", "LOG")).matchAll(/"object"[,:]"([^"]+)"/g)];
  assert.deepEqual(new Set(refused.map(([, command]) => command)), new Set(["config|set"]));
  assert.doesNotMatch(worker.lines.join("\n"), /NOPERM|queue trouble/);
});

test("a worker without INFO, or without a command of BullMQ's scripts, does not start and names it", async () => {
  for (const [name, command] of [
    ["no-info", "info"],
    ["no-zpopmin", "zpopmin"],
  ] as const) {
    await assert.rejects(startRestricted(name, ...EXACTLY, `-${command}`), (error: Error) => {
      assert.match(
        error.message,
        new RegExp(`REDIS_URL: a user who may run ${command.toUpperCase()} on the keys bull:`),
      );
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  }
});

test("a worker whose jobs all wait for a locked table is well", async () => {
  const worker = await stage.startWorker();
  const migration = new PostgresClient({ connectionString: stage.environment["POSTGRES_URL"] });
  await migration.connect();
  const prepared = await Promise.all(Array.from({ length: 8 }, () => stage.prepare()));
  await migration.query("BEGIN; LOCK TABLE kyc_verification IN ACCESS EXCLUSIVE MODE");
  for (const { submission } of prepared) await stage.api.submit(submission);
  await eventually("the jobs wait for the table", async () => {
    const { rows } = await migration.query("SELECT 1 FROM pg_locks WHERE NOT granted");
    return rows.length >= 4;
  });
  const answer = await fetch(worker.healthUrl);
  assert.equal(answer.status, 200);
  await migration.query("ROLLBACK");
  await migration.end();
  await stage.settled(prepared, 30_000);
  await worker.stop();
});
