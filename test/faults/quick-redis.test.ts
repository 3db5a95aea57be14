/** A Redis that is down, frozen, full, read-only or closed, when a submission comes and while a job runs. */
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { startTcpProxy, type TcpProxy } from "../servers/tcp-proxy.ts";
import { openQueueTool, type QueueTool } from "../servers/queue-tool.ts";
import { openApi, type Api } from "../stage/api.ts";
import { openStage, type Prepared, type Stage } from "../stage/stage.ts";
import { eventually } from "../waiting.ts";
import { settledWithin } from "../waiting.ts";
import { row } from "./row.ts";

/** The longest time until a caller has its answer, for any fault of Redis. */
const LIMIT_MS = 3_000;

let stage: Stage;
let tool: QueueTool;

before(async () => {
  stage = await openStage();
  tool = openQueueTool(stage.redis.url);
  await stage.startWorker();
});
after(async () => {
  await tool.close();
  await stage[Symbol.asyncDispose]();
});

async function assertRefused({ submission }: Prepared, api: Api = stage.api) {
  const { status, headers, body } = await settledWithin(LIMIT_MS, api.submit(submission));
  assert.equal(status, 503);
  assert.ok(Number(headers["retry-after"]) > 0);
  assert.match(body, /"code":"queue_unavailable"/);
}

/** Submits until the submission is accepted, as a caller does after a 503. */
async function submitUntilAccepted({ submission }: Prepared, api: Api = stage.api) {
  await eventually("the submission is accepted", async () => (await api.submit(submission)).status === 202);
}

/** Asserts one verdict and no repeated work. */
async function assertDoneOnce(prepared: Prepared) {
  await stage.settled([prepared], 20_000);
  assert.deepEqual(await stage.audit([prepared]), []);
  assert.equal(stage.readingsOf(prepared.person), 1);
  await stage.emptied();
}

row("9", "Redis is down when a submission comes", "503 within 3 s; sent again, the job runs once", async () => {
  const prepared = await stage.prepare({ person: 1_301 });
  await stage.redis.kill("SIGKILL");
  await assertRefused(prepared);
  await stage.redis.restart();
  await submitUntilAccepted(prepared);
  await assertDoneOnce(prepared);
});

row("9", "Redis is frozen when a submission comes", "503 within 3 s; sent again, the job runs once", async () => {
  const prepared = await stage.prepare({ person: 1_302 });
  await stage.redis.kill("SIGSTOP");
  await assertRefused(prepared);
  await stage.redis.kill("SIGCONT");
  await submitUntilAccepted(prepared);
  await assertDoneOnce(prepared);
});

/** Opens an API with a warm connection to Redis through a proxy. */
async function throughProxy(play: (api: Api, proxy: TcpProxy) => Promise<void>) {
  await using proxy = await startTcpProxy({ targetPort: stage.redis.port });
  const api = openApi({ ...stage.environment, REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
  try {
    await api.queue.depth();
    await play(api, proxy);
  } finally {
    await api.close();
  }
}

row("10", "the API's connection to Redis dies without a reset", "202 within 3 s, one job", () =>
  throughProxy(async (api, proxy) => {
    const prepared = await stage.prepare({ person: 1_303 });
    proxy.treatOpen("silent");
    const { status } = await settledWithin(LIMIT_MS, api.submit(prepared.submission));
    assert.equal(status, 202);
    await assertDoneOnce(prepared);
  }),
);

row("11", "a frozen function wakes up, and its connection is reset", "202, one job", () =>
  throughProxy(async (api, proxy) => {
    const prepared = await stage.prepare({ person: 1_304 });
    proxy.resetOpen();
    const { status } = await settledWithin(LIMIT_MS, api.submit(prepared.submission));
    assert.equal(status, 202);
    await assertDoneOnce(prepared);
  }),
);

row("+", "Redis has taken the job, and its answer is lost", "503; sent again, the record gets the right verdict", () =>
  throughProxy(async (api, proxy) => {
    const prepared = await stage.prepare({ person: 1_305 });
    proxy.treatOpen("drop-replies");
    proxy.treatNew("drop-replies");
    await assertRefused(prepared, api);
    proxy.resetOpen();
    proxy.treatNew("pass");
    await submitUntilAccepted(prepared, api);
    await stage.settled([prepared], 20_000);
    assert.deepEqual(await stage.audit([prepared]), []);
    await stage.emptied();
  }),
);

row("12", "Redis is out of memory", "503; a running job still ends; then all works again", async () => {
  stage.gemini.script([
    { match: { kind: "passport", number: 1_306 }, times: 1, delayMs: 500, answer: { fault: "genuine" } },
  ]);
  const running = await stage.submit({ person: 1_306 });
  await eventually("the reading has begun", () => stage.readingsOf(1_306) === 1);
  await tool.redis.config("SET", "maxmemory", "1");
  const prepared = await stage.prepare({ person: 1_307 });
  await assertRefused(prepared);
  await assertDoneOnce(running);
  await tool.redis.config("SET", "maxmemory", "0");
  await submitUntilAccepted(prepared);
  await assertDoneOnce(prepared);
});

row("12", "Redis has become a read-only replica", "503; then all works again, nothing twice", async () => {
  stage.gemini.script([
    { match: { kind: "passport", number: 1_308 }, times: 1, delayMs: 300, answer: { fault: "genuine" } },
  ]);
  const running = await stage.submit({ person: 1_308 });
  await eventually("the reading has begun", () => stage.readingsOf(1_308) === 1);
  await tool.redis.replicaof("127.0.0.1", "1");
  const prepared = await stage.prepare({ person: 1_309 });
  await assertRefused(prepared);
  await tool.redis.replicaof("NO", "ONE");
  await submitUntilAccepted(prepared);
  await assertDoneOnce(prepared);
  await assertDoneOnce(running);
});

row("12", "Redis asks for a password that the API does not have", "503", async () => {
  const prepared = await stage.prepare({ person: 1_310 });
  await tool.redis.config("SET", "requirepass", "secret");
  const api = openApi(stage.environment);
  try {
    await assertRefused(prepared, api);
  } finally {
    await api.close();
    await tool.redis.config("SET", "requirepass", "");
  }
  await submitUntilAccepted(prepared);
  await assertDoneOnce(prepared);
});
