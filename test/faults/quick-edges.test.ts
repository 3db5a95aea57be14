/** A worker that must not start, a worker that cannot write, and unexpected settings of providers. */
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { Client } from "pg";
import { REDIS_COMMANDS } from "../../lib/queue/redis-permissions.ts";
import { openQueueTool, type QueueTool } from "../servers/queue-tool.ts";
import { openStage, type Stage, type StageWorker } from "../stage/stage.ts";
import { eventually } from "../waiting.ts";
import { row } from "./row.ts";

let stage: Stage;
let worker: StageWorker;
let tool: QueueTool;

before(async () => {
  stage = await openStage();
  tool = openQueueTool(stage.redis.url);
  worker = await stage.startWorker();
});
after(async () => {
  await tool.close();
  await stage[Symbol.asyncDispose]();
});

for (const command of ["INFO", "ZPOPMIN"]) {
  row("39", `the Redis user may not run ${command}`, "the worker does not start, and names the command", async () => {
    const name = `no-${command.toLowerCase()}`;
    const allowed = REDIS_COMMANDS.map((allowedName) => `+${allowedName}`);
    await tool.redis.acl("SETUSER", name, "on", ">secret", "~bull:*", ...allowed, `-${command}`);
    const variables = { REDIS_URL: stage.redis.url.replace("//", `//${name}:secret@`) };
    await assert.rejects(stage.startWorker(variables), (error: Error) => {
      assert.match(error.message, new RegExp(`REDIS_URL: a user who may run ${command} on the keys bull:`));
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  });
}

row("39", "the encryption key has equal bytes", "the worker does not start, and names the variable", async () => {
  const key = Buffer.alloc(32).toString("base64");
  await assert.rejects(stage.startWorker({ KYC_ENCRYPTION_KEYS: `1:${key}` }), (error: Error) => {
    assert.match(error.message, /KYC_ENCRYPTION_KEYS: .*a key of equal bytes/);
    assert.ok(!error.message.includes(key));
    return true;
  });
});

/** Asks the worker's health check. Returns its status and the state of each dependency. */
async function askHealth() {
  const response = await fetch(worker.healthUrl);
  const states = [...(await response.text()).matchAll(/"(redis|postgres)":\{"state":"(\w+)"/g)];
  return [response.status, ...states.map(([, name, state]) => `${name} ${state}`)].join(", ");
}

const untilHealthIs = (expected: string) => eventually(expected, async () => (await askHealth()) === expected);

const WELL = "200, redis ok, postgres ok";

/** Asserts the health during a fault and after its repair, and that a submission then gets its verdict. */
async function assertSays(unwell: string, breakIt: () => Promise<unknown>, repair: () => Promise<unknown>) {
  await untilHealthIs(WELL);
  try {
    await breakIt();
    await untilHealthIs(unwell);
  } finally {
    await repair();
  }
  await untilHealthIs(WELL);
  const prepared = await stage.prepare();
  await eventually(
    "the submission is accepted",
    async () => (await stage.api.submit(prepared.submission)).status === 202,
  );
  await stage.settled([prepared], 20_000);
  assert.deepEqual(await stage.audit([prepared]), []);
}

row("40", "Redis has become a read-only replica", "the worker's health is 503 and names Redis; then it is 200", () =>
  assertSays(
    "503, redis unavailable, postgres ok",
    () => tool.redis.replicaof("127.0.0.1", "1"),
    () => tool.redis.replicaof("NO", "ONE"),
  ),
);

row("40", "Redis is out of memory", "the worker's health is 503 and names Redis; then it is 200", () =>
  assertSays(
    "503, redis unavailable, postgres ok",
    () => tool.redis.config("SET", "maxmemory", "1"),
    () => tool.redis.config("SET", "maxmemory", "0"),
  ),
);

row("40", "PostgreSQL is read-only", "the worker's health is 503 and names PostgreSQL; then it is 200", async () => {
  const admin = new Client({ connectionString: stage.environment["POSTGRES_URL"] });
  await admin.connect();
  const setReadOnly = async (value: "on" | "off") => {
    await admin.query(`ALTER SYSTEM SET default_transaction_read_only = ${value}`);
    await admin.query("SELECT pg_reload_conf()");
  };
  try {
    await assertSays(
      "503, redis ok, postgres unavailable",
      () => setReadOnly("on"),
      () => setReadOnly("off"),
    );
  } finally {
    await admin.end();
  }
});

row(
  "40",
  "the table is locked, and all jobs wait for it",
  "the worker's health is 200; then eight verdicts",
  async () => {
    const migration = new Client({ connectionString: stage.environment["POSTGRES_URL"] });
    await migration.connect();
    const prepared = await Promise.all(Array.from({ length: 8 }, () => stage.prepare()));
    await migration.query("BEGIN; LOCK TABLE kyc_verification IN ACCESS EXCLUSIVE MODE");
    for (const { submission } of prepared) assert.equal((await stage.api.submit(submission)).status, 202);
    await eventually("every connection of the jobs waits for the table", async () => {
      const { rows } = await migration.query("SELECT 1 FROM pg_locks WHERE NOT granted");
      return rows.length >= 4;
    });
    assert.equal(await askHealth(), WELL);
    await migration.query("ROLLBACK");
    await migration.end();
    await stage.settled(prepared, 30_000);
    assert.deepEqual(await stage.audit(prepared), []);
  },
);

row(
  "42",
  "Gemini's model does not know thinkingLevel",
  "it is asked without it: a verdict at the first attempt",
  async () => {
    stage.gemini.script([{ match: {}, times: null, answer: { fault: "thinkingLevelUnknown" } }]);
    const prepared = await stage.submit();
    await stage.settled([prepared], 20_000);
    assert.deepEqual(await stage.audit([prepared]), []);
    assert.equal((await stage.backend.openResult(prepared.kycId))?.attempts, 1);
    const statuses = stage.gemini.requests
      .filter(({ fault }) => fault === "thinkingLevelUnknown")
      .map(({ status }) => status);
    assert.deepEqual(statuses, [400, 200]);
  },
);
