/** The API in its own process: frozen and resumed like a Lambda function, and with a wrong clock. */
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { startTcpProxy } from "../servers/tcp-proxy.ts";
import { startApiProcess } from "../stage/api-process.ts";
import { clockSkewedBy } from "../stage/trouble/misbehave.ts";
import { openStage, type Prepared, type Stage } from "../stage/stage.ts";
import { settledWithin } from "../waiting.ts";
import { row } from "./row.ts";

/** The longest time until a caller has its answer. */
const LIMIT_MS = 3_000;
/** Longer than the client waits for an answer on a dead connection. */
const FROZEN_MS = 3_000;

async function assertDoneOnce(stage: Stage, prepared: Prepared) {
  await stage.assertOneVerdict([prepared]);
  assert.equal(stage.readingsOf(prepared.person), 1);
}

row(
  "11",
  "a function is frozen (SIGSTOP), its connection dies meanwhile, with or without a reset, and the function wakes up",
  "202 within 3 s, one job",
  async () => {
    await using stage = await openStage();
    await using proxy = await startTcpProxy({ targetPort: stage.redis.port });
    await stage.startWorker();
    await using api = await startApiProcess(stage.environment, { REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
    const die = [() => proxy.resetOpen(), () => proxy.treatOpen("silent"), () => {}];
    for (const [index, strike] of die.entries()) {
      const before = await stage.prepare({ person: 10 + index });
      assert.equal(await api.submit(before.submission), 202);
      await api.kill("SIGSTOP");
      strike();
      await delay(FROZEN_MS);
      await api.kill("SIGCONT");
      const after = await stage.prepare({ person: 20 + index });
      assert.equal(await settledWithin(LIMIT_MS, api.submit(after.submission)), 202);
      for (const prepared of [before, after]) await assertDoneOnce(stage, prepared);
    }
  },
);

row(
  "11",
  "a function is frozen in the middle of a request, and its connection is reset",
  "202 or 503 when it wakes up; sent again, one job",
  async () => {
    await using stage = await openStage();
    await using proxy = await startTcpProxy({ targetPort: stage.redis.port });
    await stage.startWorker();
    await using api = await startApiProcess(stage.environment, { REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
    const first = await stage.prepare({ person: 30 });
    assert.equal(await api.submit(first.submission), 202);
    const prepared = await stage.prepare({ person: 31 });
    const request = proxy.hold("passportKey");
    const answer = api.submit(prepared.submission);
    await request.seen;
    await api.kill("SIGSTOP");
    proxy.resetOpen();
    request.release();
    await delay(FROZEN_MS);
    await api.kill("SIGCONT");
    assert.ok([202, 503].includes(await answer));
    assert.equal(await settledWithin(LIMIT_MS, api.submit(prepared.submission)), 202);
    await stage.settled([prepared], 20_000);
    assert.deepEqual(await stage.audit([first, prepared]), []);
  },
);

for (const skewMs of [60_000, -60_000]) {
  row(
    "30",
    `the API's and the watchdog's clock is a minute ${skewMs > 0 ? "ahead" : "behind"}`,
    "every record has its verdict, once",
    async () => {
      await using stage = await openStage();
      await stage.startWorker();
      // The process sweeps when it starts. Its wrong clock must not make a young job look old.
      await using api = await startApiProcess(stage.environment, clockSkewedBy(skewMs));
      const prepared: Prepared[] = [];
      for (let person = 1; person <= 10; person++) {
        const entry = await stage.prepare({ person });
        assert.equal(await api.submit(entry.submission), 202);
        prepared.push(entry);
      }
      for (const entry of prepared) await assertDoneOnce(stage, entry);
    },
  );
}
