/** Measures how soon a standby worker runs the job of a killed worker. */
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import type { Part, PartOptions } from "../part.ts";
import { startContender } from "../setup/contenders.ts";
import { pictureFiles } from "../setup/pictures.ts";
import { startProviders } from "../setup/providers.ts";
import { startServices, type Services } from "../setup/services.ts";

const LOCK_MS = 4_000;
const STALLED_INTERVAL_MS = 1_000;
/** Longer than the standby needs to start: the job must still run then. */
const OCR_MS = 5_000;

async function recoveryMs(services: Services): Promise<number> {
  const pictures = await pictureFiles("small");
  await using providers = await startProviders({ pictures, geminiMs: OCR_MS, comprefaceMs: 10, similarity: 0.99 });
  const settings = {
    WORKER_LOCK_DURATION_MS: String(LOCK_MS),
    WORKER_STALLED_INTERVAL_MS: String(STALLED_INTERVAL_MS),
  };
  const shared = { contender: "ours", services, providers, concurrency: 1, settings, warmUp: false } as const;
  await using first = await startContender(shared);
  await providers.begin();
  const ids = await first.submit(1);
  const calls = async () => (await providers.counts()).geminiCalls;
  while ((await calls()) === 0) await delay(5);
  await using standby = await startContender(shared);
  while ((await standby.queue.getWorkersCount()) < 2) await delay(20);
  const before = await calls();
  await first.worker.kill("SIGKILL");
  const killedAt = performance.now();
  while ((await calls()) === before) await delay(5);
  const took = performance.now() - killedAt;
  await standby.settled(ids);
  return took;
}

async function run({ quick }: PartOptions) {
  await using services = await startServices();
  const values: number[] = [];
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    values.push((await recoveryMs(services)) / (LOCK_MS + 2 * STALLED_INTERVAL_MS));
  }
  return {
    figures: [
      {
        what: "SIGKILL to the job running again, over lock + 2 x stalled interval",
        values,
        unit: "x",
        limit: { atMost: 1 },
      },
    ],
    notes: [
      `Measured with a lock of ${LOCK_MS / 1_000} s and a stalled interval of ${STALLED_INTERVAL_MS / 1_000} s, up to the repeated call of Gemini.`,
    ],
  } as const;
}

export const recovery: Part = {
  name: "recovery",
  title: "Recovery",
  meaning: "How soon the jobs of a worker that dies run again on another one.",
  run,
};
