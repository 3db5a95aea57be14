/** Connections to Redis, on real ones, and the setting that the queue depends on. */
import assert from "node:assert/strict";
import { after, describe, test, type TestContext } from "node:test";
import { Redis as Client } from "ioredis";
import { freePort } from "../../dev/servers/free-port.ts";
import { startRedis, type Redis } from "../../dev/servers/redis.ts";
import { startTcpProxy, type TcpProxy } from "../../test/servers/tcp-proxy.ts";
import { assertNothingOpen } from "../../test/leaks.ts";
import { eventually, settledWithin } from "../../test/waiting.ts";
import { connectForCaller, connectForWorker, readRedisState, setNoEviction, type RedisConnection } from "./redis.ts";

/** The longest wait of a caller, for any fault. */
const LIMIT_MS = 3_000;

after(assertNothingOpen);

async function openRedis(t: TestContext, ...args: string[]): Promise<Redis> {
  const redis = await startRedis({ args });
  t.after(() => redis.stop());
  return redis;
}

async function openProxy(t: TestContext, redis: Redis): Promise<TcpProxy> {
  const proxy = await startTcpProxy({ targetPort: redis.port });
  t.after(() => proxy.close());
  return proxy;
}

type Connect = typeof connectForCaller;

function open(t: TestContext, url: string, connect: Connect = connectForCaller) {
  const errors: Error[] = [];
  const redis = connect(url, { onError: (error) => errors.push(error) });
  t.after(() => redis.disconnect());
  return { redis, errors };
}

const urlOf = (port: number, credentials = "") => `redis://${credentials}127.0.0.1:${port}`;

/** Runs commands on a connection of its own. */
async function administer(redis: Redis, ...commands: readonly (readonly [string, ...string[]])[]): Promise<void> {
  const client = new Client(redis.url);
  try {
    for (const [command, ...args] of commands) await client.call(command, ...args);
  } finally {
    client.disconnect();
  }
}

const answers = (redis: RedisConnection) =>
  redis.ping().then(
    () => true,
    () => false,
  );

describe("the eviction policy", () => {
  const policyOf = async (redis: RedisConnection) => (await readRedisState(redis)).evictionPolicy;

  test("setNoEviction sets the eviction policy to noeviction", async (t) => {
    const { redis } = open(t, (await openRedis(t, "--maxmemory-policy", "allkeys-lru")).url);
    assert.equal(await policyOf(redis), "allkeys-lru");
    for (let times = 0; times < 2; times++) assert.equal(await setNoEviction(redis), true);
    assert.equal(await policyOf(redis), "noeviction");
  });

  test("setNoEviction gives false if the user may not use CONFIG, and the policy can still be read", async (t) => {
    const server = await openRedis(t, "--maxmemory-policy", "volatile-lru");
    await administer(server, ["ACL", "SETUSER", "kyc", "on", ">secret", "~*", "&*", "+@all", "-config"]);
    const { redis } = open(t, urlOf(server.port, "kyc:secret@"));
    assert.equal(await setNoEviction(redis), false);
    assert.equal(await policyOf(redis), "volatile-lru");
  });

  test("setNoEviction gives false on a Redis without CONFIG", async (t) => {
    const { redis } = open(t, (await openRedis(t, "--rename-command", "CONFIG", "HIDDEN")).url);
    assert.equal(await setNoEviction(redis), false);
  });

  test("setNoEviction gives false if Redis is down", async (t) => {
    const server = await openRedis(t);
    await server.kill("SIGKILL");
    assert.equal(await setNoEviction(open(t, server.url).redis), false);
  });

  test("setNoEviction gives false while no node of a cluster is known", async (t) => {
    const redis = connectForCaller(urlOf(await freePort()), { cluster: true, onError: () => {} });
    t.after(() => redis.disconnect());
    assert.equal(await setNoEviction(redis), false);
  });
});

test("readRedisState reads the version and the settings", async (t) => {
  const { redis } = open(t, (await openRedis(t)).url);
  const { version, ...state } = await readRedisState(redis);
  assert.match(version, /^\d+\.\d+/);
  assert.deepEqual(state, { evictionPolicy: "noeviction", appendOnly: false, clusterEnabled: false });
});

describe("a caller's connection", () => {
  test("a caller's command fails in time if Redis is down, and works again after the restart", async (t) => {
    const server = await openRedis(t);
    const { redis, errors } = open(t, server.url);
    await redis.ping();
    await server.kill("SIGKILL");
    await settledWithin(LIMIT_MS, assert.rejects(redis.ping()));
    assert.ok(errors.length > 0);
    await server.restart();
    await eventually("it answers", () => answers(redis));
  });

  test("a caller's command fails in time if Redis does not answer, and works again when it does", async (t) => {
    const proxy = await openProxy(t, await openRedis(t));
    proxy.treatNew("silent");
    const { redis } = open(t, urlOf(proxy.port));
    await settledWithin(LIMIT_MS, assert.rejects(redis.ping()));
    proxy.treatNew("pass");
    await eventually("it answers", () => answers(redis));
  });

  test("a caller's connection that died silently is replaced, and its command fails instead of running late", async (t) => {
    const proxy = await openProxy(t, await openRedis(t));
    const { redis } = open(t, urlOf(proxy.port));
    await redis.set("a", 1);
    proxy.treatOpen("silent");
    await settledWithin(LIMIT_MS, assert.rejects(redis.set("a", 2)));
    await eventually("it answers", () => answers(redis));
    assert.deepEqual([await redis.get("a"), proxy.accepted], ["1", 2]);
  });

  test("a caller's connection that was reset is replaced", async (t) => {
    const proxy = await openProxy(t, await openRedis(t));
    const { redis } = open(t, urlOf(proxy.port));
    await redis.ping();
    proxy.resetOpen();
    await eventually("it answers", () => answers(redis));
    assert.equal(proxy.accepted, 2);
  });

  test("a caller's idle connection stays open", async (t) => {
    const proxy = await openProxy(t, await openRedis(t));
    const { redis, errors } = open(t, urlOf(proxy.port));
    await redis.ping();
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    await redis.ping();
    assert.deepEqual([proxy.accepted, errors], [1, []]);
  });
});

for (const [name, connect] of [
  ["a caller's", connectForCaller],
  ["a worker's", connectForWorker],
] as const) {
  test(`${name} connection to a server that was demoted finds the new one behind the same name`, async (t) => {
    const first = await openRedis(t);
    const second = await openRedis(t);
    const proxy = await openProxy(t, first);
    const { redis } = open(t, urlOf(proxy.port), connect);
    await redis.set("a", 1);
    await administer(first, ["REPLICAOF", "127.0.0.1", String(second.port)]);
    proxy.retarget(second.port);
    const writes = () =>
      redis.set("a", 2).then(
        () => true,
        () => false,
      );
    await eventually("a write is taken", writes);
  });

  test(`the errors of ${name} connection repeat nothing of its URL`, async (t) => {
    const server = await openRedis(t, "--requirepass", "right");
    const { redis, errors } = open(t, urlOf(server.port, ":WRONGSECRET@"), connect);
    const error: unknown = await redis.get("a").catch((reason: unknown) => reason);
    assert.ok(error instanceof Error);
    for (const { message } of [error, ...errors]) assert.ok(!message.includes("WRONGSECRET"), message);
  });
}

test("connectForCaller reaches an IPv6 address, also as a cluster's", async (t) => {
  const busPort = await freePort();
  const cluster = ["--cluster-enabled", "yes", "--cluster-port", String(busPort), "--cluster-announce-ip", "::1"];
  const server = await openRedis(t, "--bind", "::1", "127.0.0.1", ...cluster);
  await administer(server, ["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
  const url = `redis://[::1]:${server.port}`;
  for (const isCluster of [false, true]) {
    const redis = connectForCaller(url, { cluster: isCluster, onError: () => {} });
    t.after(() => redis.disconnect());
    const writes = () =>
      settledWithin(LIMIT_MS, redis.set("a", 1)).then(
        () => true,
        () => false,
      );
    await eventually(`it takes a write, cluster: ${isCluster}`, writes);
  }
});

describe("a worker's connection", () => {
  test("a worker's command waits for Redis without a limit", async (t) => {
    const server = await openRedis(t);
    await server.kill("SIGKILL");
    const { redis } = open(t, server.url, connectForWorker);
    const answer = redis.ping();
    await server.restart();
    assert.equal(await answer, "PONG");
  });
});
