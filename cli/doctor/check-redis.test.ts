/** What the doctor reports about Redis, on a real server. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Redis as Client } from "ioredis";
import { startRedis } from "../../dev/servers/redis.ts";
import { readWorkerConfig } from "../../lib/config.ts";
import { assertNothingOpen } from "../../test/leaks.ts";
import { WORKER_ENVIRONMENT } from "../../test/worker-environment.ts";
import { checkRedis } from "./check-redis.ts";

after(assertNothingOpen);

const configWith = (url: string) => readWorkerConfig({ ...WORKER_ENVIRONMENT, REDIS_URL: url });

test("doctor accepts a Redis user with all permissions, and names the commands that a restricted user may not run", async (t) => {
  const redis = await startRedis();
  t.after(() => redis.stop());
  const states = (await checkRedis(configWith(redis.url))).map(({ what, state }) => `${what}: ${state}`);
  assert.deepEqual(states, ["Redis: ok", "Redis permissions: ok", "Redis eviction: ok", "Redis persistence: warning"]);

  const admin = new Client(redis.url);
  t.after(() => admin.disconnect());
  await admin.call("ACL", "SETUSER", "kyc", "on", ">secret", "~bull:*", "+@all", "-info", "-lpos");
  const [finding, ...others] = await checkRedis(configWith(redis.url.replace("//", "//kyc:secret@")));
  assert.deepEqual(others, []);
  assert.equal(finding?.state, "wrong");
  assert.equal(finding.detail, "the user may not run INFO, LPOS");

  await admin.call("ACL", "SETUSER", "kyc", "+@all", "-client|list");
  const found = await checkRedis(configWith(redis.url.replace("//", "//kyc:secret@")));
  assert.deepEqual(
    found.filter(({ state }) => state === "warning").map(({ what }) => what),
    ["Redis CLIENT LIST", "Redis persistence"],
  );
});
