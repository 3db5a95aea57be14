/** The health check's question to Redis, on real servers that refuse writes. */
import assert from "node:assert/strict";
import { after, test, type TestContext } from "node:test";
import { Redis as Client } from "ioredis";
import { startRedis } from "../../dev/servers/redis.ts";
import { assertNothingOpen } from "../../test/leaks.ts";
import { eventually } from "../../test/waiting.ts";
import { createRedisHealth } from "./redis-health.ts";

after(assertNothingOpen);

async function open(t: TestContext, ...args: readonly string[]) {
  const redis = await startRedis({ args });
  t.after(() => redis.stop());
  const health = createRedisHealth({ url: redis.url, cluster: false, prefix: "bull", onError: () => {} });
  t.after(() => health.close());
  const admin = new Client(redis.url).on("error", () => {});
  t.after(() => admin.disconnect());
  return { redis, admin, check: health.check };
}

test("a Redis that takes writes is healthy, and the check's key expires soon", async (t) => {
  const { admin, check } = await open(t);
  await check();
  assert.deepEqual(await admin.keys("*"), ["bull:kyc-jobs:health"]);
  assert.ok((await admin.ttl("bull:kyc-jobs:health")) > 0);
});

test("a replica is unhealthy, although it answers PING", async (t) => {
  const { admin, check } = await open(t);
  const primary = await startRedis();
  t.after(() => primary.stop());
  await admin.call("REPLICAOF", "127.0.0.1", String(primary.port));
  assert.equal(await admin.ping(), "PONG");
  await assert.rejects(check(), /READONLY/);
  await admin.call("REPLICAOF", "NO", "ONE");
  await eventually("it is well again", () =>
    check().then(
      () => true,
      () => false,
    ),
  );
});

test("a full Redis is unhealthy", async (t) => {
  const { admin, check } = await open(t, "--maxmemory-policy", "noeviction");
  await admin.config("SET", "maxmemory", "1");
  await assert.rejects(check(), /OOM/);
  await admin.config("SET", "maxmemory", "0");
  await check();
});

test("a Redis whose user may not write is unhealthy", async (t) => {
  const { admin, check } = await open(t);
  await admin.call("ACL", "SETUSER", "default", "-set");
  await assert.rejects(check(), /NOPERM/);
});

test("a Redis that is down is unhealthy, and healthy again after its restart", async (t) => {
  const { redis, check } = await open(t);
  await redis.kill("SIGKILL");
  await assert.rejects(check());
  await redis.restart();
  await eventually("it is well again", () =>
    check().then(
      () => true,
      () => false,
    ),
  );
});
