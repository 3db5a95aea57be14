import assert from "node:assert/strict";
import { connect } from "node:net";
import { test, type TestContext } from "node:test";
import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import { handler as health } from "../functions/health.ts";
import type { LogFields } from "../lib/observe/logger.ts";
import { startFunctionsServer, type HttpFunction, type ScheduledFunction } from "./server.ts";

const noop = () => {};

interface Given {
  readonly echo?: HttpFunction;
  readonly watchdog?: ScheduledFunction;
  readonly intervalMs?: number;
}

async function start(t: TestContext, { echo, watchdog = async () => {}, intervalMs = 1_000_000 }: Given = {}) {
  const events: { event: APIGatewayProxyEventV2; context: Context }[] = [];
  const errors: LogFields[] = [];
  const answer: HttpFunction = async (event, context) => {
    events.push({ event, context });
    return { statusCode: 202, headers: { "content-type": "application/json", "retry-after": 2 }, body: '{"ok":true}' };
  };
  const server = await startFunctionsServer({
    port: 0,
    routes: { "POST /echo": echo ?? answer, "GET /health": () => health() },
    schedule: { name: "watchdog", run: watchdog, intervalMs, timeoutMs: 60_000 },
    log: { debug: noop, info: noop, warn: noop, error: (fields) => errors.push(fields), child: () => assert.fail() },
  });
  t.after(() => server.close());
  return { server, url: `http://127.0.0.1:${server.port}`, events, errors };
}

test("the server passes a request on as API Gateway's event, and returns the function's answer", async (t) => {
  const { url, events } = await start(t);
  const body = Buffer.from([0x7b, 0xff, 0x7d]);
  const response = await fetch(`${url}/echo?a=1&b=2`, { method: "POST", body, headers: { "X-Service-Token": "t" } });
  assert.equal(response.status, 202);
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.equal(response.headers.get("retry-after"), "2");
  assert.deepEqual(await response.json(), { ok: true });
  const [call] = events;
  assert.ok(call);
  assert.equal(call.event.version, "2.0");
  assert.equal(call.event.routeKey, "POST /echo");
  assert.equal(call.event.rawPath, "/echo");
  assert.equal(call.event.rawQueryString, "a=1&b=2");
  assert.equal(call.event.headers["x-service-token"], "t");
  assert.equal(call.event.isBase64Encoded, true);
  assert.deepEqual(Buffer.from(call.event.body ?? "", "base64"), body);
  assert.equal(call.event.requestContext.http.method, "POST");
  assert.match(call.event.requestContext.requestId, /^[0-9a-f-]{36}$/);
  assert.equal(call.context.awsRequestId, call.event.requestContext.requestId);
});

test("a UTF-8 body arrives as text, not as base64", async (t) => {
  const { url, events } = await start(t);
  await fetch(`${url}/echo`, { method: "POST", body: '{"a":"\u00e9\ud83d\ude00"}' });
  assert.equal(events[0]?.event.isBase64Encoded, false);
  assert.equal(events[0]?.event.body, '{"a":"\u00e9\ud83d\ude00"}');
});

test("HEAD gets the answer of GET without its body", async (t) => {
  const { url } = await start(t);
  const [get, head] = await Promise.all(["GET", "HEAD"].map((method) => fetch(`${url}/health`, { method })));
  assert.deepEqual([get?.status, head?.status], [200, 200]);
  assert.deepEqual(head?.headers.get("content-type"), get?.headers.get("content-type"));
  assert.deepEqual([await get?.text(), await head?.text()], ['{"status":"ok"}', ""]);
  assert.equal((await fetch(`${url}/echo`, { method: "HEAD" })).status, 404);
});

test("a request without a body has no body in its event", async (t) => {
  const { url, events } = await start(t);
  await fetch(`${url}/echo`, { method: "POST" });
  assert.equal(events[0]?.event.body, undefined);
});

test("a path or method without a route gets API Gateway's 404", async (t) => {
  const { url, events } = await start(t);
  for (const [method, path] of [
    ["GET", "/echo"],
    ["POST", "/other"],
    ["POST", "/echo/"],
    ["GET", "//evil"],
  ] as const) {
    const response = await fetch(url + path, { method });
    assert.equal(response.status, 404, path);
    assert.deepEqual(await response.json(), { message: "Not Found" });
  }
  assert.equal(events.length, 0);
});

test("the server cuts off a long body, and leaves enough of it for the function to refuse it as too large", async (t) => {
  const { url, events } = await start(t);
  const response = await fetch(`${url}/echo`, { method: "POST", body: Buffer.alloc(200_000, "x") }).catch(noop);
  if (response !== undefined) assert.equal(response.status, 202);
  const bytes = Buffer.byteLength(events[0]?.event.body ?? "");
  assert.ok(bytes > 16 * 1024, "must exceed what the function accepts");
  assert.ok(bytes < 150_000, "must not be all of it");
});

test("an error of a function is answered with API Gateway's 500, and logged without its message", async (t) => {
  const echo = () => Promise.reject(new Error("secret detail"));
  const { url, errors } = await start(t, { echo });
  const response = await fetch(`${url}/echo`, { method: "POST" });
  assert.equal(response.status, 500);
  assert.deepEqual(await response.json(), { message: "Internal Server Error" });
  assert.doesNotMatch(JSON.stringify(errors), /secret detail/);
  assert.match(JSON.stringify(errors), /"kind":"Error"/);
});

test("the schedule runs at the start and after each interval, one run at a time, even after a failed run", async (t) => {
  let running = 0;
  let runs = 0;
  const enough = Promise.withResolvers<void>();
  const watchdog: ScheduledFunction = async (event, context) => {
    running += 1;
    assert.equal(running, 1, "two runs at once");
    assert.equal(event["detail-type"], "Scheduled Event");
    assert.ok(context.getRemainingTimeInMillis() <= 60_000);
    await new Promise((resolve) => setTimeout(resolve, 15));
    running -= 1;
    runs += 1;
    if (runs === 4) enough.resolve();
    if (runs === 2) throw new Error("once");
  };
  const { errors } = await start(t, { watchdog, intervalMs: 5 });
  await enough.promise;
  assert.equal(errors.length, 1);
});

test("closing the server waits for running requests and the running sweep", async (t) => {
  const entered = Promise.withResolvers<void>();
  const leave = Promise.withResolvers<void>();
  const finished: string[] = [];
  const { server, url } = await start(t, {
    echo: async () => {
      entered.resolve();
      await leave.promise;
      finished.push("request");
      return { statusCode: 200, body: "" };
    },
    watchdog: async () => {
      await leave.promise;
      finished.push("run");
    },
  });
  const response = fetch(`${url}/echo`, { method: "POST" });
  await entered.promise;
  const closed = server.close().then(() => finished.push("closed"));
  leave.resolve();
  await closed;
  assert.equal((await response).status, 200);
  assert.deepEqual(finished.toSorted(), ["closed", "request", "run"]);
  assert.equal(finished.at(-1), "closed");
});

test("bytes that are not HTTP do not stop the server", async (t) => {
  const { server, url } = await start(t);
  await new Promise<void>((resolve) => {
    const socket = connect(server.port, "127.0.0.1", () => socket.end("\0\0 garbage\r\n\r\n"));
    socket
      .on("error", noop)
      .on("close", () => resolve())
      .resume();
  });
  assert.equal((await fetch(`${url}/echo`, { method: "POST" })).status, 202);
});
