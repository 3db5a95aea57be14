/** The worker's health check, asked over HTTP. */
import assert from "node:assert/strict";
import { after, test, type TestContext } from "node:test";
import { ConfigError } from "../lib/config.ts";
import { assertNothingOpen } from "../test/leaks.ts";
import { startHealthServer } from "./health.ts";

const CANARY = "CANARY redis://:secret@host";
const well = async () => {};
const ill = () => Promise.reject(new Error(CANARY));
const hangs = () => new Promise<void>(() => {});

after(assertNothingOpen);

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

test("is well while everything that it checks is", async (t) => {
  const { ask } = await start(t, { checks: { redis: well, postgres: well } });
  assert.deepEqual(await ask(), [200, { status: "ok", redis: "ok", postgres: "ok" }]);
});

test("says which neighbour is not, and nothing else of it", async (t) => {
  const { ask } = await start(t, { checks: { redis: ill, postgres: well } });
  assert.deepEqual(await ask(), [503, { status: "unavailable", redis: "unavailable", postgres: "ok" }]);
});

test("does not wait for a neighbour that hangs", async (t) => {
  const { ask } = await start(t, { checks: { redis: hangs, postgres: well }, timeoutMs: 50 });
  assert.deepEqual(await ask(), [503, { status: "unavailable", redis: "unavailable", postgres: "ok" }]);
});

test("is well again when its neighbour is", async (t) => {
  let check: () => Promise<void> = ill;
  const { ask } = await start(t, { checks: { redis: () => check() } });
  assert.equal((await ask())[0], 503);
  check = well;
  assert.equal((await ask())[0], 200);
});

test("survives a check that throws before it returns a promise", async (t) => {
  const throws = () => {
    throw new Error(CANARY);
  };
  const { ask } = await start(t, { checks: { redis: throws } });
  assert.deepEqual(await ask(), [503, { status: "unavailable", redis: "unavailable" }]);
});

test("answers nothing else", async (t) => {
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

test("shows the metrics where there are any", async (t) => {
  const { ask } = await start(t, { metrics: (_request, response) => void response.end('"metrics"') });
  assert.deepEqual(await ask("/metrics"), [200, "metrics"]);
});

test("says which setting is wrong when its port is taken", async (t) => {
  const { port } = await start(t);
  await assert.rejects(startHealthServer({ port, checks: {} }), (error: unknown) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /WORKER_HEALTH_PORT/);
    return true;
  });
});

test("closes at once, even while somebody is being answered", async (t) => {
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
