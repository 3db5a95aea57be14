/** The proxy between a client and a server that answers in upper case. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod/mini";
import { assertNothingOpen } from "../leaks.ts";
import { eventually } from "../waiting.ts";
import { listen } from "../../dev/servers/listen.ts";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

/** As long as a test waits for what must not come. */
const A_WHILE_MS = 50;

let server: Awaited<ReturnType<typeof startServer>>;
let heard: string;
let lines: Socket[];
let seen: string;
let proxy: TcpProxy;
let clients: Socket[];

async function startServer(answer: (text: string) => string) {
  const started = createServer((socket) => {
    lines.push(socket);
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      heard += String(bytes);
      socket.write(answer(String(bytes)));
    });
  });
  return { port: await listen(started), close: () => void started.close() };
}

before(async () => {
  server = await startServer((text) => text.toUpperCase());
});
after(async () => {
  server.close();
  await assertNothingOpen();
});
beforeEach(async () => {
  heard = "";
  seen = "";
  lines = [];
  clients = [];
  proxy = await startTcpProxy({ targetPort: server.port, watch: (bytes) => (seen += String(bytes)) });
});
afterEach(async () => {
  for (const client of clients) client.destroy();
  await proxy.close();
  for (const line of lines) line.destroy();
});

async function dial(): Promise<Socket> {
  const client = connect(proxy.port, "127.0.0.1");
  client.on("error", () => {});
  clients.push(client);
  await once(client, "connect");
  return client;
}

/** What comes back for a word. */
async function say(client: Socket, word: string): Promise<string> {
  const answer = once(client, "data").then(String);
  client.write(word);
  return answer;
}

async function assertUnanswered(client: Socket, word: string): Promise<void> {
  assert.equal(await Promise.race([say(client, word), delay(A_WHILE_MS, "nothing")]), "nothing");
}

test("the proxy passes on the bytes of both sides, and the end of either", async () => {
  const client = await dial();
  assert.equal(await say(client, "one"), "ONE");
  assert.deepEqual([seen, heard, proxy.accepted], ["one", "one", 1]);
  client.end();
  await eventually("the server's side ends", () => lines[0]?.destroyed === true);
  const other = await dial();
  await say(other, "two");
  lines[1]?.end();
  await once(other, "close");
});

test("the proxy drops replies on open connections, and not on new ones", async () => {
  const client = await dial();
  await say(client, "one");
  proxy.treatOpen("drop-replies");
  await assertUnanswered(client, "two");
  assert.equal(heard, "onetwo");
  assert.equal(await say(await dial(), "three"), "THREE");
});

test("a silent connection stays open on both sides of the proxy", async () => {
  const client = await dial();
  await say(client, "one");
  proxy.treatOpen("silent");
  await assertUnanswered(client, "two");
  assert.equal(heard, "one");
  client.destroy();
  await delay(A_WHILE_MS);
  assert.equal(lines[0]?.destroyed, false);
});

test("the proxy makes new connections silent or resets them, until it is set back", async () => {
  proxy.treatNew("silent");
  await assertUnanswered(await dial(), "one");
  proxy.treatNew("reset");
  const client = connect(proxy.port, "127.0.0.1");
  clients.push(client);
  const [error] = z.tuple([z.looseObject({ code: z.string() })]).parse(await once(client, "error"));
  assert.equal(error.code, "ECONNRESET");
  proxy.treatNew("pass");
  assert.equal(await say(await dial(), "two"), "TWO");
});

test("the proxy resets open connections", async () => {
  const client = await dial();
  await say(client, "one");
  const failed = once(client, "error").then(([error]) => z.looseObject({ code: z.string() }).parse(error).code);
  proxy.resetOpen();
  assert.equal(await failed, "ECONNRESET");
});

test("the proxy holds bytes back and passes them on in order", async () => {
  const client = await dial();
  await say(client, "one");
  proxy.delay(A_WHILE_MS);
  await assertUnanswered(client, "two");
  client.write("three");
  await eventually("all arrives", () => heard === "onetwothree");
});

test("the proxy sends new connections to another server, and leaves the open ones", async () => {
  const elsewhere = await startServer((text) => `elsewhere: ${text}`);
  try {
    const client = await dial();
    await say(client, "one");
    proxy.retarget(elsewhere.port);
    assert.equal(await say(client, "two"), "TWO");
    assert.equal(await say(await dial(), "three"), "elsewhere: three");
  } finally {
    elsewhere.close();
  }
});

test("loseAnswerTo passes the command to the server and resets the client's connection", async () => {
  const other = await dial();
  const client = await dial();
  const lost = proxy.loseAnswerTo("commit", "update");
  assert.equal(await say(other, "commit"), "COMMIT");
  assert.equal(await say(client, "update"), "UPDATE");
  let answered = "";
  client.on("data", (bytes) => (answered += String(bytes)));
  const closed = new Promise((resolve) => client.once("close", resolve));
  client.write("commit");
  await lost;
  await closed;
  assert.equal(answered, "");
  assert.match(heard, /updatecommit$/);
  assert.equal(await say(other, "commit"), "COMMIT");
});

test("hold keeps a command, and the bytes after it, until it is released", async () => {
  const client = await dial();
  const other = await dial();
  await say(client, "one");
  const held = proxy.hold("set b");
  client.write("\r\n*set a\r\n*set b");
  await held.seen;
  client.write("get b");
  assert.equal(await say(other, "set b"), "SET B");
  await eventually("the first command arrives", () => heard === "one\r\n*set a\r\nset b");
  held.release();
  await eventually("the rest arrives", () => heard === "one\r\n*set a\r\nset b*set bget b");
});
