/** Measures whether two workers empty a long queue as fast as the providers' latency allows. */
import type { Part, PartOptions } from "../part.ts";
import { startContender } from "../setup/contenders.ts";
import { pictureFiles } from "../setup/pictures.ts";
import { startProviders } from "../setup/providers.ts";
import { startServices } from "../setup/services.ts";

const CONCURRENCY = 64;

async function run({ quick }: PartOptions) {
  const jobs = quick ? 512 : 768;
  const providerMs = quick ? 2_000 : 5_000;
  await using services = await startServices();
  const pictures = await pictureFiles("small");
  await using providers = await startProviders({
    pictures,
    geminiMs: providerMs,
    comprefaceMs: providerMs,
    similarity: 0.99,
  });
  const shared = { contender: "ours", services, providers, concurrency: CONCURRENCY } as const;
  await using first = await startContender(shared);
  await using second = await startContender(shared);
  // Warm up both workers: one worker alone could take all of a few jobs.
  await second.run(2 * CONCURRENCY);
  const idealMs = (jobs / (2 * CONCURRENCY)) * providerMs;
  const realMs = await first.run(jobs);
  return {
    figures: [{ what: "ideal time over real time", values: [idealMs / realMs], unit: "x", limit: { atLeast: 0.9 } }],
    notes: [
      `${jobs.toLocaleString("en-US")} jobs with small pictures, stand-ins at ${providerMs / 1_000} s, two workers of concurrency ${CONCURRENCY}. Ideal: jobs / 128 x the stand-ins' latency.`,
    ],
  } as const;
}

export const drain: Part = {
  name: "drain",
  title: "Drain",
  meaning: "Whether a backlog after an outage is worked off as fast as the providers answer.",
  run,
};
