/** Redis dies and restarts, with and without its file; its connections die; it loads slowly. */
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { startTcpProxy } from "../servers/tcp-proxy.ts";
import { openQueueTool } from "../servers/queue-tool.ts";
import { openProxies, STATEMENTS } from "../stage/trouble/proxies.ts";
import { openSweeper } from "../stage/sweeper.ts";
import { openStage, type Prepared, type Stage } from "../stage/stage.ts";
import { eventually } from "../waiting.ts";
import { settledWithin } from "../waiting.ts";
import { row } from "./row.ts";

/** Submits like a caller: repeats the request after a 503. */
async function submitUntilAccepted(stage: Stage, { submission, kycId }: Prepared) {
  for (;;) {
    const { status } = await settledWithin(3_000, stage.api.submit(submission));
    if (status === 202) return;
    assert.equal(status, 503, `record ${kycId}`);
    await delay(50);
  }
}

async function assertAllDone(stage: Stage, prepared: readonly Prepared[]) {
  await stage.assertOneVerdict(prepared, 60_000);
  await stage.emptied();
}

async function submitThroughOutages(stage: Stage, count: number, outagesMs: readonly number[]): Promise<Prepared[]> {
  const prepared = await Promise.all(
    Array.from({ length: count }, (_, index) => stage.prepare({ person: 1 + (index % 8) })),
  );
  const outages = (async () => {
    for (const outageMs of outagesMs) {
      await delay(1_000);
      await stage.redis.kill("SIGKILL");
      await delay(outageMs);
      await stage.redis.restart();
    }
  })();
  const waiting = [...prepared];
  const callers = Array.from({ length: 8 }, async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      await submitUntilAccepted(stage, next);
      await delay(50);
    }
  });
  await Promise.all([outages, ...callers]);
  return prepared;
}

row(
  "6",
  "Redis is killed and started again three times, while 300 jobs come, wait and run",
  "300 verdicts, each once",
  async () => {
    await using stage = await openStage({ latencyMs: { gemini: 200, compreface: 50 } });
    await stage.startWorker();
    await stage.startWorker();
    await assertAllDone(stage, await submitThroughOutages(stage, 300, [200, 500, 1_000]));
  },
);

row(
  "7",
  "Redis is away for longer than locks last, while jobs come, wait and run",
  "each record has one verdict",
  async () => {
    await using stage = await openStage({ latencyMs: { gemini: 200, compreface: 50 } });
    await stage.startWorker();
    await stage.startWorker();
    await assertAllDone(stage, await submitThroughOutages(stage, 150, [5_000]));
  },
);

row("8", "Redis dies and has no file to load", "every record has a verdict: its own, or the watchdog's", async () => {
  await using stage = await openStage({ appendOnly: false, latencyMs: { gemini: 300, compreface: 50 } });
  await stage.startWorker();
  const prepared = await Promise.all(
    Array.from({ length: 60 }, (_, index) => stage.prepare({ person: 1 + (index % 8) })),
  );
  for (const entry of prepared) await submitUntilAccepted(stage, entry);
  await eventually("the first verdicts", async () => (await stage.verdicts.counts()).size >= 8);
  await stage.redis.kill("SIGKILL");
  await stage.redis.restart();
  await using watchdog = openSweeper({ environment: stage.environment, timeoutMinutes: 0.1 });
  await eventually("every record has a verdict", async () => {
    await watchdog.sweep();
    return (await stage.verdicts.counts()).size === prepared.length;
  });
  const codes = new Map<string, number>();
  for (const { kycId } of prepared) {
    assert.equal((await stage.verdicts.of(kycId)).length, 1);
    const code = (await stage.outcomeOf(kycId)) ?? "none";
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  assert.deepEqual([...codes.keys()].toSorted(), ["ocr_complete", "processing_timeout"]);
});

row("12", "Redis is full again and again while jobs come, wait and run", "30 verdicts, each once", async () => {
  await using stage = await openStage({ latencyMs: { gemini: 300, compreface: 100 } });
  await stage.startWorker();
  const prepared = await Promise.all(Array.from({ length: 30 }, () => stage.prepare({ person: 1 })));
  const tool = openQueueTool(stage.redis.url);
  const calling = (async () => {
    for (const entry of prepared) await submitUntilAccepted(stage, entry);
  })();
  for (let turn = 0; turn < 50; turn++) {
    await tool.redis.config("SET", "maxmemory", turn % 2 === 0 ? "1" : "0");
    await delay(120);
  }
  await tool.close();
  await calling;
  await assertAllDone(stage, prepared);
});

row(
  "10",
  "the worker's connections to Redis die without a reset",
  "it takes jobs again without a restart",
  async () => {
    await using stage = await openStage();
    await using proxy = await startTcpProxy({ targetPort: stage.redis.port });
    const worker = await stage.startWorker({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
    const first = await stage.submit({ person: 1 });
    await stage.settled([first], 10_000);
    proxy.treatOpen("silent");
    const prepared = [await stage.submit({ person: 2 }), await stage.submit({ person: 3 })];
    await assertAllDone(stage, prepared);
    assert.ok(!worker.ended);
  },
);

row(
  "10",
  "the worker's connections to Redis die without a reset in the middle of a job",
  "the job gets its verdict",
  async () => {
    await using stage = await openStage();
    await using proxy = await startTcpProxy({ targetPort: stage.redis.port });
    stage.gemini.script([{ match: { kind: "passport" }, times: 1, delayMs: 1_000, answer: { fault: "genuine" } }]);
    await stage.startWorker({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
    const prepared = await stage.submit({ person: 1 });
    await eventually("the reading has begun", () => stage.gemini.requests.length === 1);
    proxy.treatOpen("silent");
    await assertAllDone(stage, [prepared]);
  },
);

row("12", "Redis has been started again and still loads its file", "503; then all jobs run, each once", async () => {
  // Slow down the loading of each key, so that the file takes seconds.
  await using stage = await openStage({
    redisArgs: ["--key-load-delay", "100000", "--loading-process-events-interval-bytes", "1024"],
  });
  const tool = openQueueTool(stage.redis.url);
  try {
    const prepared = await stage.submitMany(10, (index) => 1 + index);
    const worker = await stage.startWorker();
    await worker.kill("SIGSTOP");
    const next = await stage.prepare({ person: 20 });
    await stage.redis.kill("SIGKILL");
    const restarted = stage.redis.restart();
    let refusals = 0;
    await eventually("the submission is accepted", async () => {
      const { status } = await settledWithin(3_000, stage.api.submit(next.submission));
      if (status === 503) refusals++;
      return status === 202;
    });
    await restarted;
    assert.ok(refusals > 0);
    await worker.kill("SIGCONT");
    await assertAllDone(stage, [...prepared, next]);
  } finally {
    await tool.close();
  }
});

const MOMENTS = {
  "its record is loaded": ["match", STATEMENTS.read],
  "its verdict is saved": ["match", STATEMENTS.save],
  "its failure is saved": ["mismatch", STATEMENTS.save],
} as const;

for (const [moment, [kind, statement]] of Object.entries(MOMENTS)) {
  for (const outageMs of [500, 4_000]) {
    const length = outageMs < 2_000 ? "shorter" : "longer";
    row(
      "6",
      `Redis is killed while a job runs and ${moment}, for ${length} than its lock lasts`,
      "one verdict",
      async () => {
        await using stage = await openStage();
        await using proxies = await openProxies(stage);
        await stage.startWorker({ POSTGRES_URL: proxies.variables.POSTGRES_URL });
        const held = proxies.postgres.hold(statement);
        const prepared = await stage.submit({ kind, person: 2 });
        await held.seen;
        await stage.redis.kill("SIGKILL");
        held.release();
        await delay(outageMs);
        await stage.redis.restart();
        await assertAllDone(stage, [prepared]);
        assert.deepEqual(await stage.leaks([2]), []);
      },
    );
  }
}
