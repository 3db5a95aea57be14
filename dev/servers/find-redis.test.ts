import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { type Lookup, findRedis, lookUpOnPath } from "./find-redis.ts";

const run = promisify(execFile);

async function emptyFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "kyc-test-"));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

/** A program of any name that reports this version. */
async function pretend(folder: string, name: string, version: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\necho '${version}'\n`, { mode: 0o755 });
  return path;
}

const onlyKnows =
  (programs: Record<string, string>): Lookup =>
  async (program) =>
    programs[program];

const REDIS_7 = "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64";

test("findRedis takes the redis-server on the PATH, or else valkey-server", async (t) => {
  const home = await emptyFolder(t);
  const redis = await pretend(home, "redis-server", REDIS_7);
  const valkey = await pretend(home, "valkey-server", "Valkey server v=8.1.1 sha=00000000:0");
  const lookup = onlyKnows({ "redis-server": redis, "valkey-server": valkey });
  assert.equal(await findRedis({ home, lookup }), redis);
  assert.equal(await findRedis({ home, lookup: onlyKnows({ "valkey-server": valkey }) }), valkey);
});

test("findRedis skips a Redis that BullMQ refuses", async (t) => {
  const home = await emptyFolder(t);
  const old = await pretend(home, "redis-server", "Redis server v=6.0.16 sha=00000000:0");
  const valkey = await pretend(home, "valkey-server", "Valkey server v=8.1.1 sha=00000000:0");
  assert.equal(await findRedis({ home, lookup: onlyKnows({ "redis-server": old, "valkey-server": valkey }) }), valkey);
});

test("findRedis takes a Redis that an earlier run fetched", async (t) => {
  const home = await emptyFolder(t);
  const fetched = await pretend(join(home, "redis"), "redis-server", REDIS_7);
  assert.equal(await findRedis({ home, lookup: onlyKnows({}) }), fetched);
});

test("findRedis runs the checker of Debian's redis-tools, which is a server under another name", async (t) => {
  const home = await emptyFolder(t);
  const checker = await pretend(join(home, "usr"), "redis-check-rdb", REDIS_7);
  const found = await findRedis({ home, lookup: onlyKnows({ "redis-check-rdb": checker }) });
  assert.equal(found, join(home, "redis-tools", "redis-server"));
});

test("findRedis says what to do if it cannot install Redis", async (t) => {
  const home = await emptyFolder(t);
  await assert.rejects(findRedis({ home, lookup: onlyKnows({}) }), /Install Redis so that redis-server is on the PATH/);
});

// Where there is a Redis nothing needs installing, and the network may be out of reach.
const skip = (await lookUpOnPath("redis-server"))
  ? "redis-server is installed"
  : (await lookUpOnPath("apt-get")) === undefined && "there is no apt-get";

test("findRedis fetches Redis with apt-get, once for two processes that ask at the same time", { skip }, async (t) => {
  const home = await emptyFolder(t);
  const program = `
    const { findRedis } = await import(${JSON.stringify(import.meta.resolve("./find-redis.ts"))});
    const lookup = async (name) => (name === "apt-get" ? name : undefined);
    const progress = (line) => console.log("progress:", line);
    console.log(await findRedis({ home: ${JSON.stringify(home)}, lookup, progress }));
  `;
  const asked = [1, 2].map(() => run(process.execPath, ["--input-type=module", "-e", program]));
  const said = (await Promise.all(asked)).map(({ stdout }) => stdout.trim().split("\n"));
  const redis = join(home, "redis", "redis-server");
  assert.deepEqual(
    said.map((lines) => lines.at(-1)),
    [redis, redis],
  );
  assert.equal(said.flat().filter((line) => line.startsWith("progress:")).length, 1);
  assert.match((await run(redis, ["--version"])).stdout, /^Redis server v=/);
  assert.deepEqual(await readdir(home), ["redis"]);
});
