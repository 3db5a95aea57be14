import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { freePort } from "./free-port.ts";

test("a port can be listened on, and is not one that the system gives to outgoing connections", async () => {
  const port = await freePort();
  assert.ok(port >= 20_000 && port < 32_000);
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  server.close();
});
