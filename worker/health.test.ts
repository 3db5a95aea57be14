/** The worker's health check, asked over HTTP. */
import assert from "node:assert/strict";
import { after, test, type TestContext } from "node:test";
import * as z from "zod/mini";
import { ConfigError } from "../lib/config.ts";
import { assertNothingOpen } from "../test/leaks.ts";
import { eventually } from "../test/waiting.ts";
import { startHealthServer } from "./health.ts";

const CANARY = "CANARY redis://:secret@host";
const well = async () => {};
const ill = () => Promise.reject(new Error(CANARY));
const hangs = () => new Promise<void>(() => {});

after(assertNothingOpen);

const bodySchema = z.object({ redis: z.object({ okMsAgo: z.nullable(z.number()) }) });

type Options = Partial<Parameters<typeof startHealthServer>[0]>;

/** Starts a health check that ends with the test; `ask` resolves with the answer's status and its body. */
async function start(t: TestContext, options: Options = {}) {
  const server = await startHealthServer({ port: 0, checks: {}, ...options });
  t.after(() => server.close());
  const ask = async (path = "/health", method = "GET") => {
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
    const text = await answer.text();
    assert.ok(!text.includes("CANARY"));
    return [answer.status, text === "" ? undefined : JSON.parse(text)];
  };
  return { ...server, ask };
}

const NEVER_OK = { state: "unavailable", okMsAgo: null };

test("the worker's health is 200 while every dependency is healthy", async (t) => {
  const { ask } = await start(t, { checks: { redis: well, postgres: well } });
  const [status, body] = await ask();
  assert.equal(status, 200);
  assert.partialDeepStrictEqual(body, { status: "ok", redis: { state: "ok" }, postgres: { state: "ok" } });
});

test("the worker's health names the unhealthy dependency, and nothing else about it", async (t) => {
  const { ask } = await start(t, { checks: { redis: ill, postgres: well } });
  const [status, body] = await ask();
  assert.equal(status, 503);
  assert.partialDeepStrictEqual(body, { status: "unavailable", redis: NEVER_OK, postgres: { state: "ok" } });
});

test("the worker's health does not wait for a dependency that hangs, and checks it once", async (t) => {
  let asked = 0;
  const counted = () => {
    asked += 1;
    return hangs();
  };
  const { ask } = await start(t, { checks: { redis: counted, postgres: well }, timeoutMs: 50 });
  for (let times = 0; times < 3; times += 1) {
    const [status, body] = await ask();
    assert.equal(status, 503);
    assert.partialDeepStrictEqual(body, { redis: NEVER_OK, postgres: { state: "ok" } });
  }
  assert.equal(asked, 1);
});

test("the worker's health says how long ago a dependency was last healthy", async (t) => {
  let check: () => Promise<void> = well;
  const { ask } = await start(t, { checks: { redis: () => check() } });
  const ageOf = async () => bodySchema.parse((await ask())[1]).redis.okMsAgo;
  const first = (await ageOf()) ?? assert.fail("it was well");
  check = ill;
  await eventually("the age grows", async () => ((await ageOf()) ?? 0) > first + 20);
});

test("the worker's health is 200 again once its dependency is healthy", async (t) => {
  let check: () => Promise<void> = ill;
  const { ask } = await start(t, { checks: { redis: () => check() } });
  assert.equal((await ask())[0], 503);
  check = well;
  assert.equal((await ask())[0], 200);
});

test("the worker's health is 503 if a check throws synchronously", async (t) => {
  const throws = () => {
    throw new Error(CANARY);
  };
  const { ask } = await start(t, { checks: { redis: throws } });
  assert.deepEqual(await ask(), [503, { status: "unavailable", redis: NEVER_OK }]);
});

test("the health server answers 404 to other paths and methods", async (t) => {
  const { ask } = await start(t);
  for (const [path, method] of [
    ["/", "GET"],
    ["/healthy", "GET"],
    ["/health", "POST"],
    ["/metrics", "GET"],
  ]) {
    assert.deepEqual(await ask(path, method), [404, undefined]);
  }
});

test("the health server shows the metrics", async (t) => {
  const { ask } = await start(t, { metrics: (_request, response) => void response.end('"metrics"') });
  assert.deepEqual(await ask("/metrics"), [200, "metrics"]);
});

test("the health server names WORKER_HEALTH_PORT if its port is in use", async (t) => {
  const { port } = await start(t);
  await assert.rejects(startHealthServer({ port, checks: {} }), (error: unknown) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /WORKER_HEALTH_PORT/);
    return true;
  });
});

test("the health server closes at once, even during a request", async (t) => {
  const asked = Promise.withResolvers<void>();
  const { ask, close } = await start(t, {
    checks: {
      redis: () => {
        asked.resolve();
        return hangs();
      },
    },
    timeoutMs: 100,
  });
  const asking = assert.rejects(ask());
  await asked.promise;
  await close();
  await asking;
});
