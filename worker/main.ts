/**
 * The worker's composition root. It reads the configuration and opens the resources and the consumer. Then it waits for
 * a signal, and releases everything in reverse order.
 */
import { VERSION } from "../lib/version.ts";
import { boundedFetch } from "../lib/providers/bounded-fetch.ts";
import { policyOf, readWorkerConfig, type WorkerConfig } from "../lib/config.ts";
import { createDatabase } from "../lib/record/database.ts";
import { createDatabaseHealth } from "../lib/record/database-health.ts";
import { createEnvelope } from "../lib/record/envelope.ts";
import { describeError } from "../lib/errors.ts";
import { fatalLine } from "../lib/fatal-error.ts";
import { createFaceMatch } from "../lib/providers/face-match.ts";
import { createImagePreparation } from "../lib/images/images.ts";
import { createLogger, type Logger } from "../lib/observe/logger.ts";
import { createOcr } from "../lib/providers/gemini/ocr.ts";
import { openQueueOn } from "../lib/queue/queue.ts";
import { createRecordCache } from "../lib/queue/record-cache.ts";
import { connectForWorker, readRedisState } from "../lib/queue/redis.ts";
import { createRedisHealth } from "../lib/queue/redis-health.ts";
import { createReader, type Reader } from "../lib/reader/reader.ts";
import { createMetrics } from "../lib/observe/telemetry.ts";
import { startTracing } from "../lib/observe/tracing.ts";
import { startHealthServer } from "./health.ts";
import { createPipeline, type Verify } from "./pipeline/pipeline.ts";
import { openProviders, type Providers } from "./providers.ts";
import { createRunJob } from "./run/run-job.ts";
import { createPassportPages } from "./pipeline/passport-pages.ts";
import { createConsumer } from "./consumer.ts";
import { refuseUnfitRedis, warnOfDependencies } from "./start-checks.ts";

/** How long closing the connections may take after the jobs have ended. */
const RELEASE_TIMEOUT_MS = 5_000;

async function start(config: WorkerConfig, log: Logger): Promise<AsyncDisposableStack> {
  await using resources = new AsyncDisposableStack();
  // The Gemini SDK always uses the global fetch.
  globalThis.fetch = boundedFetch;

  const warnOf = (server: string) => (error: Error) =>
    log.warn({ cause: describeError(error) }, `${server} connection trouble: it reconnects automatically`);
  const onConnectionLost = warnOf("PostgreSQL");
  const redisOptions = { url: config.REDIS_URL, cluster: config.REDIS_CLUSTER === "on", onError: warnOf("Redis") };
  const queueRedis = connectForWorker(config.REDIS_URL, redisOptions);
  const prefix = config.KYC_QUEUE_PREFIX;
  const cache = createRecordCache({ redis: queueRedis, prefix });
  const queue = openQueueOn(queueRedis, config);
  resources.defer(() => queue.close());

  const database = createDatabase({
    url: config.POSTGRES_URL,
    connections: Math.min(config.WORKER_CONCURRENCY, 4),
    notify: config.KYC_NOTIFY === "on",
    onConnectionLost,
  });
  resources.defer(() => database.close());

  const metrics = createMetrics({ queue, prices: config });
  resources.defer(() => metrics.close());
  const { observer } = metrics;

  const providers = openProviders(config, { log });
  const reader = config.MRZ_READER === "on" ? createReader({ maxPixels: config.MAX_IMAGE_PIXELS }) : "off";
  if (reader !== "off") resources.defer(() => reader.close());
  const verify = createVerify(config, { ...providers, reader });

  const stopTracing = await startTracing(config.OTEL_EXPORTER_OTLP_ENDPOINT, VERSION);
  resources.defer(stopTracing);
  const envelope = createEnvelope({ keys: config.KYC_ENCRYPTION_KEYS });
  const runJob = createRunJob({ database, cache, envelope, verify, version: VERSION, now: () => new Date(), observer });

  const redisHealth = createRedisHealth({ ...redisOptions, prefix });
  resources.defer(() => redisHealth.close());
  const databaseHealth = createDatabaseHealth({ url: config.POSTGRES_URL, onConnectionLost });
  resources.defer(() => databaseHealth.close());
  const checks = { redis: redisHealth.check, postgres: databaseHealth.check };
  const health = await startHealthServer({ port: config.WORKER_HEALTH_PORT, checks, metrics: metrics.answer });
  resources.defer(() => health.close());

  // If Redis refuses INFO, the user lacks a command: the next check names it.
  const state = await readRedisState(queueRedis).catch(() => undefined);
  await refuseUnfitRedis(state, config, redisOptions.onError);
  await warnOfDependencies({ redis: queueRedis, state, queue, compreface: providers.compreface, log });

  const workerRedis = connectForWorker(config.REDIS_URL, redisOptions);
  resources.defer(() => workerRedis.disconnect());
  const worker = createConsumer({
    redis: workerRedis,
    prefix,
    concurrency: config.WORKER_CONCURRENCY,
    lockDurationMs: config.WORKER_LOCK_DURATION_MS,
    stalledIntervalMs: config.WORKER_STALLED_INTERVAL_MS,
    budgetMs: config.KYC_STUCK_TIMEOUT_MIN * 60_000,
    runJob,
    queue,
    cache,
    log,
    observer,
  });
  resources.defer(() => worker.close(config.WORKER_SHUTDOWN_TIMEOUT_MS));

  log.info({ version: VERSION, concurrency: config.WORKER_CONCURRENCY, healthPort: health.port }, "worker ready");
  return resources.move();
}

function createVerify(
  config: WorkerConfig,
  { storage, gemini, checkGemini, compreface, reader }: Providers & { readonly reader: Reader | "off" },
): Verify {
  const images = createImagePreparation({ maxPixels: config.MAX_IMAGE_PIXELS });
  return createPipeline({
    storage,
    images,
    pages: createPassportPages({ reader, images }),
    ocr: createOcr({ gemini }),
    model: gemini.model,
    faces: createFaceMatch({
      compreface,
      gemini: config.FACE_MATCH_FALLBACK === "on" ? gemini : undefined,
      threshold: config.FACE_MATCH_THRESHOLD,
    }),
    checkGemini: checkGemini,
    policy: policyOf(config),
    secondReading: config.KYC_SECOND_READING === "on",
    now: () => new Date(),
  });
}

async function main(): Promise<void> {
  const config = readWorkerConfig();
  const log = createLogger({ level: config.LOG_LEVEL });
  const stopSignal = new Promise<string>((resolve) => {
    for (const name of ["SIGTERM", "SIGINT"]) process.once(name, resolve);
  });
  // Exit after a timeout: a dependency that hangs, even at the start, must not keep the container from stopping.
  void stopSignal.then((signal) => {
    log.info({ signal, graceMs: config.WORKER_SHUTDOWN_TIMEOUT_MS }, "stopping: running jobs may finish");
    setTimeout(() => {
      log.error({}, "stopping took too long: exiting; another worker takes over the jobs that still ran");
      process.exit(1);
    }, config.WORKER_SHUTDOWN_TIMEOUT_MS + RELEASE_TIMEOUT_MS).unref();
  });
  const resources = await start(config, log);
  await stopSignal;
  await resources.disposeAsync();
  log.info({}, "stopped");
}

await main().catch((error: unknown) => {
  console.error(fatalLine(error, "the worker has ended"));
  process.exitCode = 1;
});
