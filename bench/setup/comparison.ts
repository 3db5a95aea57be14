/** Runs our worker and the peer in turn, under the same load. */
import type { PartOptions } from "../part.ts";
import { startContender } from "./contenders.ts";
import { pictureFiles } from "./pictures.ts";
import { startProviders } from "./providers.ts";
import type { Services } from "./services.ts";
import type { Contender } from "./workload.ts";

const HUNDRED_MEGABIT = 100e6 / 8;
/**
 * The sides that take turns: ours without the reader of the zone, the peer (which has no reader), ours with the reader.
 */
type Side = Contender | "reading";

/** The measurements of a run: per job, except the peak and the delay. */
export interface Measured {
  readonly jobsPerSecond: number;
  readonly peakBytes: number;
  readonly uploadedBytes: number;
  readonly loopDelayP99Ms: number;
  readonly cpuMs: number;
}

/** How many jobs each side does, how many at once, and in how many rounds. */
export interface Plan {
  /** Whether the connection to Gemini is limited to 100 Mbit/s. */
  readonly limited: boolean;
  readonly concurrency: number;
  readonly rounds: number;
  readonly jobs: Readonly<Partial<Record<Side, number>>>;
}

interface Setting extends Pick<Plan, "limited" | "concurrency"> {
  readonly side: Side;
  readonly jobs: number;
}

/** Measures one run in a new process, so that its peak memory is that of this load. */
async function measure(services: Services, { side, jobs, concurrency, limited }: Setting): Promise<Measured> {
  await using providers = await startProviders({
    pictures: await pictureFiles("12 megapixels"),
    geminiMs: 500,
    comprefaceMs: 300,
    similarity: 0.99,
    ...(limited && { geminiBytesPerSecond: HUNDRED_MEGABIT }),
  });
  const contender = side === "peer" ? "peer" : "ours";
  const settings = { MRZ_READER: side === "reading" ? "on" : "off" };
  await using running = await startContender({ contender, services, providers, concurrency, settings });
  await providers.begin();
  await running.worker.begin();
  const ms = await running.run(jobs);
  const { uploadedBytes } = await providers.counts();
  const { peakBytes, loopDelayP99Ms, cpuMs } = await running.worker.report();
  return {
    jobsPerSecond: (jobs / ms) * 1_000,
    peakBytes,
    uploadedBytes: uploadedBytes / jobs,
    loopDelayP99Ms,
    cpuMs: cpuMs / jobs,
  };
}

/** A plan and the measurements of its rounds. */
export interface Comparison extends Plan {
  readonly measured: Readonly<Record<Side, readonly Measured[]>>;
}

/** Runs a plan. */
export async function compare(services: Services, plan: Plan, { quick, say }: PartOptions): Promise<Comparison> {
  const { limited, concurrency } = plan;
  const measured: Record<Side, Measured[]> = { ours: [], peer: [], reading: [] };
  const sides = (["ours", "peer", "reading"] as const).flatMap((side) => {
    const jobs = plan.jobs[side];
    return jobs === undefined ? [] : [{ side, jobs, concurrency, limited }];
  });
  for (let round = 0; round < (quick ? 1 : plan.rounds); round++) {
    for (const setting of sides) {
      const found = await measure(services, setting);
      measured[setting.side].push(found);
      say(
        `${limited ? "100 Mbit/s" : "loopback  "} ${setting.side} x${concurrency}: ${found.jobsPerSecond.toFixed(2)} jobs/s, ` +
          `${(found.peakBytes / 1e6).toFixed(0)} MB, ${(found.uploadedBytes / 1e6).toFixed(2)} MB sent a job, ` +
          `loop p99 ${found.loopDelayP99Ms.toFixed(0)} ms, ${found.cpuMs.toFixed(0)} ms of a processor a job`,
      );
    }
  }
  return { ...plan, measured };
}
