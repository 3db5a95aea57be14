/** Measures a job's time without providers and image work: queue, database, sealing, rules, HTTP. */
import { readFile } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { createImagePreparation } from "../../lib/images/images.ts";
import { startTcpProxy, type TcpProxy } from "../../test/servers/tcp-proxy.ts";
import type { Part, PartOptions } from "../part.ts";
import { startContender } from "../setup/contenders.ts";
import { pictureFiles } from "../setup/pictures.ts";
import { startProviders, type Providers } from "../setup/providers.ts";
import { median } from "../rounds.ts";
import { startServices, type Services } from "../setup/services.ts";

const PROVIDER_MS = 100;
/** Turns the reader off: its work is image work too, and a job waits for it. */
const NO_READER = { MRZ_READER: "off" } as const;
const ROLES = ["passport", "selfie", "stamp"] as const;
/** About the bytes that are sent for a small picture. */
const REQUEST = Buffer.alloc(50_000, "a");

/** Measures the preparation of the three pictures side by side, as in a job. */
async function imageWorkMs(files: readonly string[]): Promise<number> {
  const images = createImagePreparation({ maxPixels: 64_000_000 });
  const uploads = await Promise.all(files.map((file) => readFile(file)));
  const prepareAll = () => Promise.all(uploads.map((upload) => images.prepare(upload, "passport")));
  for (let count = 0; count < 20; count++) await prepareAll();
  return medianMs(prepareAll);
}

/** Measures a median duration at the pace of a job: after a pause, a processor is slower than under constant load. */
async function medianMs(work: () => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let count = 0; count < 20; count++) {
    await delay(PROVIDER_MS);
    const startedAt = performance.now();
    await work();
    took.push(performance.now() - startedAt);
  }
  return median(took);
}

/**
 * Measures a plain client: it fetches the three pictures side by side, then sends a job's three requests side by side.
 */
async function providersMs({ environment }: Providers): Promise<number> {
  const fetchAll = () => Promise.all(ROLES.map((role) => drain(`${environment.S3_ENDPOINT}/${role}.jpg`)));
  const { GEMINI_BASE_URL, COMPREFACE_URL } = environment;
  const requests = [
    `${GEMINI_BASE_URL}/v1beta/passport`,
    `${GEMINI_BASE_URL}/v1beta/stamp`,
    `${COMPREFACE_URL}/verify`,
  ];
  const askAll = () => Promise.all(requests.map((url) => drain(url, { method: "POST", body: REQUEST })));
  for (let count = 0; count < 5; count++) await fetchAll();
  return (await medianMs(fetchAll)) + (await medianMs(askAll));
}

const drain = async (url: string, options?: RequestInit) => void (await (await fetch(url, options)).arrayBuffer());

/**
 * The median time between two verdicts by PostgreSQL's clock: the time of a job, because the worker runs one at a time.
 */
async function jobMs({ database }: Services, ids: readonly number[]): Promise<number> {
  const { rows } = await database.query<{ ms: number }>(
    `SELECT extract(epoch FROM "reviewedAt" - lag("reviewedAt") OVER (ORDER BY "reviewedAt"))::float8 * 1000 AS ms
     FROM kyc_verification WHERE id = ANY($1::bigint[]) ORDER BY "reviewedAt" OFFSET 1`,
    [ids],
  );
  return median(rows.map(({ ms }) => ms));
}

/**
 * The delay of each packet of the worker's connections in one direction. All other durations are small in comparison.
 */
const ONE_WAY_MS = 250;
const SERVERS = ["REDIS_URL", "POSTGRES_URL", "S3_ENDPOINT", "GEMINI_BASE_URL", "COMPREFACE_URL"] as const;

/** Counts a job's sequential round trips: how much longer it takes with distant servers, over one round trip. */
async function roundTrips(services: Services, providers: Providers): Promise<number> {
  await using proxies = new AsyncDisposableStack();
  const addresses: Readonly<Record<string, string>> = { ...services.environment, ...providers.environment };
  const settings: Record<string, string> = {};
  const opened: TcpProxy[] = [];
  for (const name of SERVERS) {
    const url = new URL(addresses[name] ?? "");
    const proxy = proxies.use(await startTcpProxy({ targetPort: Number(url.port) }));
    url.port = String(proxy.port);
    settings[name] = url.href.replace(/\/$/, "");
    opened.push(proxy);
  }
  await using running = await startContender({
    contender: "ours",
    services,
    providers,
    concurrency: 1,
    settings: { ...NO_READER, ...settings },
  });
  async function jobAtDistance(oneWayMs: number): Promise<number> {
    for (const proxy of opened) proxy.delay(oneWayMs);
    const ids = await running.submit(5);
    await running.settled(ids);
    return jobMs(services, ids);
  }
  const near = await jobAtDistance(0);
  const far = await jobAtDistance(ONE_WAY_MS);
  for (const proxy of opened) proxy.delay(0);
  return Math.round((far - near) / (2 * ONE_WAY_MS));
}

async function ownMs(services: Services, providers: Providers, files: readonly string[], quick: boolean) {
  const shared = { contender: "ours", services, providers, concurrency: 1 } as const;
  await using running = await startContender({ ...shared, settings: NO_READER });
  await running.run(quick ? 20 : 60);
  const jobs = quick ? 20 : 30;
  const own: number[] = [];
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    const imageMs = await imageWorkMs(files);
    const waitingMs = await providersMs(providers);
    const ids = await running.submit(jobs);
    await running.settled(ids);
    own.push((await jobMs(services, ids)) - waitingMs - imageMs);
  }
  return own;
}

async function run({ quick }: PartOptions) {
  await using services = await startServices();
  const pictures = await pictureFiles("small");
  await using providers = await startProviders({
    pictures,
    geminiMs: PROVIDER_MS,
    comprefaceMs: PROVIDER_MS / 2,
    similarity: 0.99,
  });
  return {
    figures: [
      {
        what: "our own time per job, outside providers and image work",
        values: await ownMs(services, providers, Object.values(pictures), quick),
        unit: "ms",
        limit: { atMost: 6 },
      },
      {
        what: "round trips of a job that follow each other",
        values: [await roundTrips(services, providers)],
        unit: "round trips",
        limit: { atMost: 10 },
      },
    ],
    notes: [
      "Jobs of a full queue one after the other, small pictures; medians. From the time per job are taken off, each measured alone in the same round and at the same pace: a plain client's fetches of the three pictures, its two requests to Gemini (whose stand-in waits 100 ms) and one to CompreFace, sent at once, and the same pictures' preparation; the reader is off. Signing, queue, database, sealing, rules, logs and the rest of HTTP remain.",
      "Round trips: how much longer a job takes if every packet to and from Redis, PostgreSQL, the object storage and the providers is 250 ms late, over 500 ms, as a whole number. They are, one after the other: end the last job and take this one; read the record; set the fence; fetch the pictures; ask the slower provider; lock the record; look for a later submission; update; commit; look again.",
    ],
  } as const;
}

export const overhead: Part = {
  name: "overhead",
  title: "Overhead",
  meaning: "What this service itself adds to the time that a person waits for the providers.",
  run,
};
