/** A provider cannot redirect to another host or answer without end. */
import assert from "node:assert/strict";
import type { RequestListener } from "node:http";
import { test, type TestContext } from "node:test";
import { gzipSync } from "node:zlib";
import { startHttpServer } from "../../test/servers/http-server.ts";
import { boundedFetch } from "./bounded-fetch.ts";

const LIMIT = 128 * 1024;

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = await startHttpServer(listener);
  t.after(server.close);
  return `${server.url}/`;
}

test("an ordinary answer is passed on unchanged, with any status, compressed or not", async (t) => {
  const url = await serve(t, (_, response) => {
    response.writeHead(503, "Busy", { "content-type": "text/plain", "content-encoding": "gzip" });
    response.end(gzipSync("later, please"));
  });
  const response = await boundedFetch(url);
  assert.deepEqual(
    [response.status, response.statusText, response.ok, response.headers.get("content-type")],
    [503, "Busy", false, "text/plain"],
  );
  assert.equal(await response.text(), "later, please");
});

test("an answer without a body has no body", async (t) => {
  const url = await serve(t, (_, response) => response.writeHead(204).end());
  assert.equal(await (await boundedFetch(url)).text(), "");
});

test("an answer of exactly 128 KiB is read, and one byte more is refused", async (t) => {
  const url = await serve(t, (request, response) => {
    response.end(Buffer.alloc(request.url === "/exact" ? LIMIT : LIMIT + 1));
  });
  assert.equal((await (await boundedFetch(`${url}exact`)).arrayBuffer()).byteLength, LIMIT);
  await assert.rejects(async () => (await boundedFetch(url)).arrayBuffer(), /too long/);
});

test("an endless answer is cut off, and its connection is closed", async (t) => {
  const gone = Promise.withResolvers<void>();
  const url = await serve(t, (_, response) => {
    const piece = Buffer.alloc(64 * 1024, " ");
    const pour = () => {
      while (!response.destroyed && response.write(piece));
    };
    response.on("drain", pour).on("close", () => gone.resolve());
    pour();
  });
  await assert.rejects(async () => (await boundedFetch(url)).json(), /too long/);
  await gone.promise;
});

test("a compressed answer counts by its decompressed size", async (t) => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  assert.ok(bomb.length < LIMIT);
  const url = await serve(t, (_, response) => {
    response.writeHead(200, { "content-encoding": "gzip" }).end(bomb);
  });
  await assert.rejects(async () => (await boundedFetch(url)).text(), /too long/);
});

test("redirects are refused, even if the caller asks to follow them", async (t) => {
  let visits = 0;
  const elsewhere = await serve(t, (_, response) => {
    visits++;
    response.end();
  });
  const url = await serve(t, (_, response) => response.writeHead(307, { location: elsewhere }).end());
  const options: RequestInit = { method: "POST", body: "key", redirect: "follow" };
  await assert.rejects(boundedFetch(url, options), TypeError);
  assert.equal(visits, 0);
});
