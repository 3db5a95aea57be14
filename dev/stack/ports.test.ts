import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { freePort } from "../servers/free-port.ts";
import { choosePorts, PORTS_IN_A_ROW } from "./ports.ts";

test("npm start has a port for each server, in a row from the console's", async () => {
  const first = await freePort(PORTS_IN_A_ROW);
  const ports = await choosePorts({ PORT: String(await freePort()), CONSOLE_PORT: String(first) });
  const { api: _api, ...behind } = ports;
  const row = Array.from({ length: PORTS_IN_A_ROW }, (_, index) => first + index);
  assert.deepEqual(
    Object.values(behind).toSorted((one, other) => one - other),
    row,
  );
});

test("npm start says in one sentence that a port is in use, unless the real thing is configured", async () => {
  const first = await freePort(PORTS_IN_A_ROW);
  const ports = { PORT: String(await freePort()), CONSOLE_PORT: String(first) };
  const { redis } = await choosePorts(ports);
  const server = createServer().listen(redis, "127.0.0.1");
  await once(server, "listening");
  await assert.rejects(choosePorts(ports), {
    message:
      `Port ${redis} (redis) is in use. Stop what uses it, or move all ports behind the API's: ` +
      `CONSOLE_PORT=${first + 100} npm start`,
  });
  assert.equal((await choosePorts({ ...ports, REDIS_URL: "redis://127.0.0.1:6379" })).redis, redis);
  await assert.rejects(choosePorts({ ...ports, PORT: String(redis) }), {
    message: `Port ${redis} is in use. Stop what uses it, or choose another: PORT=${redis + 1} npm start`,
  });
  server.close();
});

test("npm start says in one sentence that the API's port is one of the row from the console's", async () => {
  for (const port of [3100, 3103, 3107])
    await assert.rejects(choosePorts({ PORT: String(port), CONSOLE_PORT: "3100" }), {
      name: "PortError",
      message: `Port ${port} is one of the eight from CONSOLE_PORT (3100 to 3107). Choose another: PORT=3108 npm start`,
    });
});

test("npm start refuses a port that is not a number", async () => {
  await assert.rejects(choosePorts({ PORT: "http" }), /^PortError: PORT must be a number from 1 to \d+, such as/);
});
