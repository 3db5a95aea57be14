import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { access } from "node:fs/promises";
import { connect, createServer } from "node:net";
import process from "node:process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Redis as RedisClient } from "ioredis";
import * as z from "zod/mini";
import { startRedis } from "./redis.ts";

const setting = z.tuple([z.string(), z.string()]);

/** What one command answers, on a connection of its own. */
async function ask(url: string, command: string, ...args: string[]): Promise<unknown> {
  const client = new RedisClient(url, {
    retryStrategy: () => null,
    disconnectTimeout: 10,
    enableReadyCheck: false,
    lazyConnect: true,
  });
  client.on("error", () => {});
  try {
    await client.connect();
    return await client.call(command, ...args);
  } finally {
    client.disconnect();
  }
}

test("Redis keeps no data by default, and leaves nothing when it is stopped", async () => {
  const redis = await startRedis();
  const [, folder] = setting.parse(await ask(redis.url, "CONFIG", "GET", "dir"));
  assert.match(String(await ask(redis.url, "INFO", "server")), new RegExp(`process_id:${redis.pid}\r\n`));
  await ask(redis.url, "SET", "a", "1");
  await redis.restart();
  assert.equal(await ask(redis.url, "GET", "a"), null);

  await redis.stop();
  await assert.rejects(access(folder), { code: "ENOENT" });
  const port = createServer().listen(redis.port, "127.0.0.1");
  await once(port, "listening");
  port.close();
});

test("Redis with an append-only file keeps its data through a crash", async () => {
  await using redis = await startRedis({ appendOnly: true });
  await ask(redis.url, "SET", "a", "1");
  await redis.kill("SIGKILL");
  await assert.rejects(ask(redis.url, "GET", "a"));
  await redis.restart();
  assert.equal(await ask(redis.url, "GET", "a"), "1");
});

test("Redis takes further arguments, and can be frozen", async () => {
  await using redis = await startRedis({ args: ["--maxmemory-policy", "volatile-lru"] });
  assert.deepEqual(await ask(redis.url, "CONFIG", "GET", "maxmemory-policy"), ["maxmemory-policy", "volatile-lru"]);
  const socket = connect(redis.port, "127.0.0.1");
  const answer = once(socket, "data").then(String);
  await redis.kill("SIGSTOP");
  socket.write("PING\r\n");
  assert.equal(await Promise.race([answer, delay(50, "nothing")]), "nothing");
  await redis.kill("SIGCONT");
  assert.equal(await answer, "+PONG\r\n");
  socket.destroy();
});

test("Redis ends and loses its data when the process that started it is killed", async () => {
  const program = `
    const { startRedis } = await import(${JSON.stringify(import.meta.resolve("./redis.ts"))});
    const redis = await startRedis();
    console.log(redis.url);
  `;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [url] = z.tuple([z.string()]).parse(await once(createInterface({ input: parent.stdout }), "line"));
  const [, folder] = setting.parse(await ask(url, "CONFIG", "GET", "dir"));
  parent.kill("SIGKILL");
  const gone = async () =>
    access(folder).then(
      () => false,
      () => true,
    );
  while (!(await gone())) await delay(20);
  await assert.rejects(ask(url, "PING"));
});
