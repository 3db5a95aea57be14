/** Which commands a Redis user needs, on a real server. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Redis as Client } from "ioredis";
import { startRedis, type Redis } from "../../dev/servers/redis.ts";
import { assertNothingOpen } from "../../test/leaks.ts";
import { eventually } from "../../test/waiting.ts";
import { createQueue } from "./queue.ts";
import { waitForMissingCommands, REDIS_COMMANDS } from "./redis-permissions.ts";
import { connectForCaller } from "./redis.ts";

let redis: Redis;
let admin: Client;

before(async () => {
  redis = await startRedis();
  admin = new Client(redis.url);
});
after(async () => {
  admin.disconnect();
  await redis.stop();
  await assertNothingOpen();
});

const EXACTLY = ["reset", "on", ">secret", "~bull:*", ...REDIS_COMMANDS.map((name) => `+${name}`)];

/** Returns the commands that a user with these rules lacks. */
async function missingWith(...rules: readonly string[]): Promise<string[]> {
  await admin.call("ACL", "SETUSER", "kyc", ...rules);
  const url = redis.url.replace("//", "//kyc:secret@");
  return waitForMissingCommands({ url, cluster: false, prefix: "bull", onError: () => {} });
}

test("with exactly the listed commands nothing is missing, and nothing is left in Redis", async () => {
  assert.deepEqual(await missingWith(...EXACTLY), []);
  assert.equal(await admin.dbsize(), 0);
});

test("with exactly the listed commands, an operator can look at the queue, pause it and resume it", async (t) => {
  await admin.call("ACL", "SETUSER", "kyc", ...EXACTLY);
  t.after(() => admin.flushall());
  const connection = connectForCaller(redis.url.replace("//", "//kyc:secret@"), { onError: () => {} });
  const queue = createQueue({ redis: connection, prefix: "bull", attempts: 5, backoffMs: 2_000 });
  t.after(() => queue.close());
  const submission = { userId: 1, kycId: 456, passportKey: "kyc/456/passport.jpg", selfieKey: "kyc/456/selfie.jpg" };
  await queue.enqueue(submission);
  await queue.pauseUntilResumed();
  assert.equal((await queue.describeJob(456))?.queue.isPaused, true);
  await queue.resume();
  assert.equal(await queue.isPaused(), false);
  assert.equal(await queue.countWorkers(), null, "only a user who may list the clients can count workers");
  await admin.call("ACL", "SETUSER", "kyc", "+client|list");
  assert.equal(await queue.countWorkers(), 0);
  assert.partialDeepStrictEqual((await queue.readRecord(456)).latest, submission);
});

test("the documentation lists exactly these commands", async () => {
  const docs = await readFile(join(import.meta.dirname, "../../docs/deploy.md"), "utf8");
  const [, rules = ""] = /ACL SETUSER kyc on ><password> ~bull:\* -@all([^`]*)```/.exec(docs) ?? [];
  assert.deepEqual(
    rules.trim().split(/\s+/),
    REDIS_COMMANDS.map((name) => `+${name}`),
  );
});

test("each command that is taken away is named, and the check runs no command", async () => {
  for (const name of REDIS_COMMANDS) {
    assert.deepEqual(await missingWith(...EXACTLY, `-${name}`), [name.toUpperCase().replace("|", " ")], name);
    assert.equal(await admin.dbsize(), 0, name);
  }
});

test("a user without the queue's keys lacks every command that has a key", async () => {
  const missing = await missingWith(...EXACTLY, "resetkeys", "~other:*");
  for (const name of ["BZPOPMIN", "HSET", "XADD", "ZADD"]) assert.ok(missing.includes(name), name);
  assert.ok(!missing.includes("PING"));
});

test("a command that the server does not have is missing", async (t) => {
  const other = await startRedis({ args: ["--rename-command", "LPOS", ""] });
  t.after(() => other.stop());
  const options = { url: other.url, cluster: false, prefix: "bull", onError: () => {} };
  assert.deepEqual(await waitForMissingCommands(options), ["LPOS"]);
});

test("workers are not counted by a server that does not have the command", async (t) => {
  const other = await startRedis({ args: ["--rename-command", "CLIENT", ""] });
  t.after(() => other.stop());
  const connection = connectForCaller(other.url, { onError: () => {} });
  const queue = createQueue({ redis: connection, prefix: "bull", attempts: 5, backoffMs: 2_000 });
  t.after(() => queue.close());
  assert.equal(await queue.countWorkers(), null);
});

test("the check of the commands waits while Redis is down", async (t) => {
  const other = await startRedis({ args: ["--rename-command", "LPOS", ""] });
  t.after(() => other.stop());
  await other.kill("SIGKILL");
  let failures = 0;
  const onError = () => void (failures += 1);
  const missing = waitForMissingCommands({ url: other.url, cluster: false, prefix: "bull", onError });
  await eventually("several tries failed", () => failures > 2);
  await other.restart();
  assert.deepEqual(await missing, ["LPOS"]);
});

test("the check of the commands waits while Redis does not accept the password", async (t) => {
  const other = await startRedis({ args: ["--rename-command", "LPOS", "", "--requirepass", "right"] });
  t.after(() => other.stop());
  const operator = new Client(other.url, { password: "right" });
  t.after(() => operator.disconnect());
  const missing = waitForMissingCommands({ url: other.url, cluster: false, prefix: "bull", onError: () => {} });
  const isRefusedTwice = async () =>
    /^cmdstat_multi:.*rejected_calls=(?:[2-9]|\d\d)/m.test(await operator.info("commandstats"));
  await eventually("the check was refused twice", isRefusedTwice);
  await operator.config("SET", "requirepass", "");
  assert.deepEqual(await missing, ["LPOS"]);
});
