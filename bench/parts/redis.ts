/** Measures a verification's cost in Redis: commands, bytes and processor time, from INFO and MEMORY USAGE. */
import { setTimeout as delay } from "node:timers/promises";
import { createQueue } from "../../lib/queue/queue.ts";
import { connectForCaller } from "../../lib/queue/redis.ts";
import { startContender } from "../setup/contenders.ts";
import type { Figure, Part, PartOptions } from "../part.ts";
import { pictureFiles } from "../setup/pictures.ts";
import { startProviders, type Providers } from "../setup/providers.ts";
import { startServices, type Services } from "../setup/services.ts";

const PREFIX = "bull";
const ROUNDS = 3;
/** How many jobs run while Redis also reports each command. MONITOR makes Redis too slow for the other figures. */
const OWN_JOBS = 20;
/** No server listens at this address. */
const NOWHERE = "http://127.0.0.1:9";
/** How long to wait for the commands after a verdict's commit. */
const SETTLE_MS = 300;
let lastId = 1_000_000;

interface Share {
  readonly commands: number;
  readonly cpuMs: number;
  readonly bytes: number;
}

type Redis = Services["redis"];

const field = (info: string, name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, "m").exec(info)?.[1]);

/** Reads the commands since the last reset, including those in scripts, and the server's processor time and memory. */
async function look(redis: Redis): Promise<Share> {
  const [stats, cpu, memory] = await Promise.all(
    ["commandstats", "cpu", "memory"].map((section) => redis.info(section)),
  );
  const calls = [...(stats ?? "").matchAll(/^cmdstat_(?!info|config)[^:]+:calls=(\d+)/gm)].map(([, n]) => Number(n));
  return {
    commands: calls.reduce((sum, n) => sum + n, 0),
    cpuMs: (field(cpu ?? "", "used_cpu_sys") + field(cpu ?? "", "used_cpu_user")) * 1_000,
    bytes: field(memory ?? "", "used_memory"),
  };
}

/** Measures Redis while `work` runs, per job. */
async function measure(redis: Redis, jobs: number, work: () => Promise<unknown>): Promise<Share> {
  await redis.config("RESETSTAT");
  const before = await look(redis);
  await work();
  const after = await look(redis);
  const each = (name: keyof Share) => (after[name] - before[name]) / jobs;
  return { commands: after.commands / jobs, cpuMs: each("cpuMs"), bytes: each("bytes") };
}

/** Counts our own commands per job with MONITOR while `work` runs. All other commands are BullMQ's. */
async function countOwn(redis: Redis, jobs: number, work: () => Promise<unknown>): Promise<number> {
  const monitor = await redis.monitor();
  let own = 0;
  monitor.on("monitor", (_time: string, [, key]: readonly string[]) => {
    if (key?.startsWith(`${PREFIX}:kyc:`) === true) own++;
  });
  await work();
  await delay(SETTLE_MS);
  monitor.disconnect();
  return own / jobs;
}

/** Opens the project's own queue, as the function behind the API uses it. */
function openQueue({ redis, database, environment }: Services) {
  const connection = connectForCaller(environment.REDIS_URL, { onError: () => {} });
  const queue = createQueue({ redis: connection, prefix: PREFIX, attempts: 5, backoffMs: 2_000 });
  /** Submits this many new records, one after the other. */
  async function submit(jobs: number): Promise<readonly number[]> {
    const ids = Array.from({ length: jobs }, () => ++lastId);
    await database.query(
      `INSERT INTO kyc_verification (id, "userId", status) SELECT id, 1, 'in_review' FROM unnest($1::bigint[]) AS id`,
      [ids],
    );
    for (const kycId of ids) {
      const keys = { passportKey: `kyc/${kycId}/passport.jpg`, selfieKey: `kyc/${kycId}/selfie.jpg` };
      await queue.enqueue({ userId: 1, kycId, ...keys });
    }
    return ids;
  }
  return {
    submit,
    memoryOf: (id: number) => redis.memory("USAGE", `${PREFIX}:kyc:${id}`, "SAMPLES", 0),
    queue,
  };
}

/** Measures the bytes of a record's hash with a kept reading: the faces could not be compared yet. */
async function keptBytes(services: Services, providers: Providers) {
  const settings = { COMPREFACE_URL: NOWHERE, FACE_MATCH_FALLBACK: "off" };
  const options = { contender: "ours", services, providers, concurrency: 1, settings, warmUp: false } as const;
  await using running = await startContender(options);
  const { queue, submit, memoryOf } = openQueue(services);
  const [id = 0] = await submit(1);
  while ((await running.queue.getDelayedCount()) === 0) await delay(20);
  const bytes = (await memoryOf(id)) ?? Number.NaN;
  await queue.close();
  return bytes;
}

/** Measures jobs that are only submitted. */
async function measureEnqueue(services: Services, { quick, say }: PartOptions) {
  const { redis } = services;
  const { queue, submit } = openQueue(services);
  await submit(1);
  const shares: Share[] = [];
  for (let round = 0; round < (quick ? 1 : ROUNDS); round++) {
    await redis.flushall();
    const jobs = quick ? 500 : 2_000;
    shares.push(await measure(redis, jobs, () => submit(jobs)));
    say(`enqueued ${jobs}`);
  }
  const own = await countOwn(redis, OWN_JOBS, () => submit(OWN_JOBS));
  await queue.close();
  await redis.flushall();
  return { shares, own };
}

/** Measures jobs that are submitted and verified. */
async function measureWhole(services: Services, providers: Providers, { quick, say }: PartOptions) {
  const { redis } = services;
  const { queue, submit } = openQueue(services);
  await using running = await startContender({ contender: "ours", services, providers, concurrency: 8 });
  const shares: Share[] = [];
  for (let round = 0; round < (quick ? 1 : ROUNDS); round++) {
    const jobs = quick ? 40 : 160;
    const verify = async () => {
      await running.settled(await submit(jobs));
      await delay(SETTLE_MS);
    };
    shares.push(await measure(redis, jobs, verify));
    say(`verified ${jobs}`);
  }
  const own = await countOwn(redis, OWN_JOBS, async () => running.settled(await submit(OWN_JOBS)));
  await queue.close();
  return { shares, own };
}

async function run(options: PartOptions) {
  await using services = await startServices();
  const { shares: enqueued, own: ownToEnqueue } = await measureEnqueue(services, options);
  await using providers = await startProviders({
    pictures: await pictureFiles("small"),
    geminiMs: 100,
    comprefaceMs: 50,
    similarity: 0.99,
  });
  const { shares: whole, own: ownOfWhole } = await measureWhole(services, providers, options);
  await services.redis.flushall();
  const kept = await keptBytes(services, providers);

  const each = (
    what: string,
    unit: Figure["unit"],
    shares: readonly Share[],
    name: keyof Share,
    divisor = 1,
  ): Figure => ({ what, unit, values: shares.map((share) => share[name] / divisor) });
  const reading: Figure = {
    what: "memory beside the job of a record whose reading is kept",
    unit: "kB",
    values: [kept / 1e3],
  };
  return {
    figures: [
      { ...each("commands to enqueue a job", "commands", enqueued, "commands"), limit: { atMost: 8 } },
      { what: "of them our own, not BullMQ's", unit: "commands", values: [ownToEnqueue] } as const,
      { ...each("commands for the whole of it", "commands", whole, "commands"), limit: { atMost: 40 } },
      { what: "of these our own, not BullMQ's", unit: "commands", values: [ownOfWhole] } as const,
      each("memory of a job that waits", "kB", enqueued, "bytes", 1e3),
      reading,
      each("processor time of Redis to enqueue a job", "ms", enqueued, "cpuMs"),
      each("processor time of Redis for the whole of it", "ms", whole, "cpuMs"),
    ],
    notes: [
      "Absolute figures, for [scale.md](scale.md): by `INFO` and `MEMORY USAGE` of a Redis that nobody else uses, with the project's own queue and worker (8 at once). Commands inside scripts count too, and so does what the worker asks besides.",
      "BullMQ's own commands are more than what is asked for. Its `add` takes 9 for any job, one for a job id that the caller chooses, and one for the deduplication; to take a job and to end it, its scripts take 27 more, with every option off that has a cost. A first pause for Gemini's rate limit adds 3 or 4 to each later job. Ours are two to submit (the latest submission and its expiry), and six to run: the record's hash, the fence, a paid answer, the latest submission before and after the save, and the expiry.",
    ],
  };
}

export const redis: Part = {
  name: "redis",
  title: "What a verification costs Redis",
  meaning: "How many verifications a Redis of a given size can take.",
  run,
};
