/** Jobs that kill their worker, and other jobs that run beside them. */
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { openStage, type Stage } from "../stage/stage.ts";
import { eventually } from "../waiting.ts";
import { row } from "./row.ts";

let stage: Stage;
before(async () => {
  stage = await openStage({ settings: { WORKER_LOCK_DURATION_MS: "1000" } });
});
after(() => stage[Symbol.asyncDispose]());

row(
  "3",
  "a poison job kills its worker each time it runs; seven others run beside it",
  "the poison job fails as worker_crashed, and the others get their verdicts",
  async () => {
    const POISON = 700;
    const worker = await stage.startWorker();
    stage.gemini.script([
      { match: { kind: "passport", number: POISON }, times: null, answer: { fault: "hang" } },
      { match: { kind: "passport" }, times: 7, delayMs: 500, answer: { fault: "genuine" } },
    ]);
    const innocent = await Promise.all(Array.from({ length: 4 }, (_, index) => stage.submit({ person: 701 + index })));
    const poison = await stage.submit({ person: POISON });
    innocent.push(
      ...(await Promise.all(Array.from({ length: 3 }, (_, index) => stage.submit({ person: 705 + index })))),
    );

    const openReadings = () =>
      stage.gemini.requests.filter(({ numbers, outcome }) => numbers.includes(POISON) && outcome === "open");
    let kills = 0;
    const stop = new AbortController();
    const killer = (async () => {
      while (!stop.signal.aborted) {
        await eventually("the poison is read or all is over", () => openReadings().length > 0 || stop.signal.aborted, {
          timeoutMs: 60_000,
        });
        if (stop.signal.aborted) return;
        await worker.kill("SIGKILL");
        await eventually("the call is gone", () => openReadings().length === 0);
        kills++;
        await worker.restart();
      }
    })();
    await stage.settled([poison, ...innocent], 120_000);
    stop.abort();
    await killer;
    assert.deepEqual(await stage.audit(innocent), []);
    const verdict = await stage.backend.openResult(poison.kycId);
    assert.ok(verdict?.status === "ocr_failed");
    assert.equal(verdict.failureCode, "worker_crashed");
    assert.ok(kills >= 5 && kills <= 7, `${kills} kills`);
  },
);
