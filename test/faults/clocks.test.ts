/** Workers whose clocks differ by two minutes: only the times of retries change. */
import assert from "node:assert/strict";
import type { GeminiRule } from "../../dev/stand-ins/gemini/gemini.ts";
import { clockSkewedBy } from "../stage/trouble/misbehave.ts";
import { openStage, type Stage } from "../stage/stage.ts";
import { row } from "./row.ts";

/** Starts a worker with a wrong clock. */
async function startSkewed(stage: Stage, skewMs: number) {
  const worker = await stage.startWorker(clockSkewedBy(skewMs));
  // Check that the skew works: the worker's own log shows it.
  const ready = worker.lines.find((line) => line.includes("worker ready")) ?? "{}";
  const { time } = JSON.parse(ready);
  assert.ok(Math.abs(Date.parse(time) - Date.now() - skewMs) < 30_000);
  return worker;
}

for (const [name, skews] of [
  ["one worker is a minute ahead, the other a minute behind", [60_000, -60_000]],
  ["the only worker is a minute ahead", [60_000]],
  ["the only worker is a minute behind", [-60_000]],
] as const) {
  row("30", name, "every record has its verdict, once", async () => {
    await using stage = await openStage({ latencyMs: { gemini: 50, compreface: 20 } });
    stage.gemini.script([
      ...[1, 2, 3, 4, 5, 6].map((number): GeminiRule => ({
        match: { kind: "passport", number },
        times: 1,
        answer: { fault: "highDemand" },
      })),
      { match: { kind: "passport", number: 7 }, times: 1, answer: { fault: "quotaPerMinute", delaySeconds: 1.5 } },
    ]);
    for (const skewMs of skews) await startSkewed(stage, skewMs);
    const prepared = await stage.submitMany(30, (index) => 1 + (index % 10));
    await stage.assertOneVerdict(prepared, 120_000);
    await stage.emptied();
  });
}
