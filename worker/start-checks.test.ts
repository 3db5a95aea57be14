/** What a real worker needs of Redis. What stops its start, and its health, are rows of the fault matrix. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Redis as Client } from "ioredis";
import { REDIS_COMMANDS } from "../lib/queue/redis-permissions.ts";
import { assertNothingOpen } from "../test/leaks.ts";
import { openApi } from "../test/stage/api.ts";
import { openStage, type Stage } from "../test/stage/stage.ts";

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

test("a worker whose Redis user may run exactly the listed commands verifies, pauses for a rate limit, retries and gives up", async () => {
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
