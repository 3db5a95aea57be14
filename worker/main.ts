/**
 * The worker's composition root: configuration, resources, worker; then it waits for a signal and releases everything in
 * reverse.
 */
import { VERSION } from "../lib/version.ts";
import { boundedFetch } from "../lib/providers/bounded-fetch.ts";
import type { Compreface } from "../lib/providers/compreface/compreface.ts";
import { ConfigError, keepsKeysTogether, readWorkerConfig, type WorkerConfig } from "../lib/config.ts";
import { createDatabase } from "../lib/record/database.ts";
import { createEnvelope } from "../lib/record/envelope.ts";
import { describeError } from "../lib/errors.ts";
import { createFaceMatch } from "../lib/providers/face-match.ts";
import { createImagePreparation } from "../lib/images/images.ts";
import { createLogger, type Logger } from "../lib/observe/logger.ts";
import { createOcr } from "../lib/providers/gemini/ocr.ts";
import { createQueue } from "../lib/queue/queue.ts";
import { createRecordCache } from "../lib/queue/record-cache.ts";
import { connectForWorker, ensureNoEviction, readRedisState, type RedisConnection } from "../lib/queue/redis.ts";
import { createMetrics } from "../lib/observe/telemetry.ts";
import { startTracing } from "../lib/observe/tracing.ts";
import { startHealthServer } from "./health.ts";
import { createPipeline } from "./pipeline.ts";
import { openProviders } from "./providers.ts";
import { createRunJob } from "./run-job.ts";
import { createConsumer } from "./consumer.ts";

/** Releasing connections after the jobs have ended takes no longer than this. */
const RELEASE_TIMEOUT_MS = 5_000;

async function start(config: WorkerConfig, log: Logger): Promise<AsyncDisposableStack> {
  await using resources = new AsyncDisposableStack();
  // The Gemini SDK takes no other than the process's own.
  globalThis.fetch = boundedFetch;

  const onRedisError = (error: Error) =>
    log.warn({ cause: describeError(error) }, "Redis connection trouble: it is tried again");
  const cluster = config.REDIS_CLUSTER === "on";
  const queueRedis = connectForWorker(config.REDIS_URL, { cluster, onError: onRedisError });
  const prefix = config.KYC_QUEUE_PREFIX;
  const queue = createQueue({
    redis: queueRedis,
    prefix,
    attempts: config.KYC_JOB_ATTEMPTS,
    backoffMs: config.KYC_JOB_BACKOFF_MS,
  });
  const cache = createRecordCache({ redis: queueRedis, prefix });
  resources.defer(() => queue.close());

  const database = createDatabase({
    url: config.POSTGRES_URL,
    connections: Math.min(config.WORKER_CONCURRENCY, 4),
    onConnectionLost: (error) =>
      log.warn({ cause: describeError(error) }, "PostgreSQL connection trouble: it is tried again"),
  });
  resources.defer(() => database.close());

  const metrics = createMetrics({ queue, prices: config });
  resources.defer(() => metrics.close());
  const { observer } = metrics;

  const { storage, gemini, checkGemini, compreface } = openProviders(config, { log });
  resources.defer(() => storage.close());

  const verify = createPipeline({
    storage,
    images: createImagePreparation({ maxPixels: config.MAX_IMAGE_PIXELS }),
    ocr: createOcr({ gemini }),
    model: gemini.model,
    faces: createFaceMatch({
      compreface,
      gemini: config.FACE_MATCH_FALLBACK === "on" ? gemini : undefined,
      threshold: config.FACE_MATCH_THRESHOLD,
    }),
    checkReader: checkGemini,
    policy: {
      minimumAgeYears: config.KYC_MINIMUM_AGE_YEARS,
      expiresSoonDays: config.KYC_EXPIRES_SOON_DAYS,
      allowSpecimen: config.KYC_ALLOW_SPECIMENS === "on",
    },
    secondReading: config.KYC_SECOND_READING === "on",
    now: () => new Date(),
  });

  const stopTracing = await startTracing(config.OTEL_EXPORTER_OTLP_ENDPOINT, VERSION);
  resources.defer(stopTracing);
  const envelope = createEnvelope({ keys: config.KYC_ENCRYPTION_KEYS });
  const runJob = createRunJob({ database, cache, envelope, verify, version: VERSION, now: () => new Date(), observer });

  const health = await startHealthServer({
    port: config.WORKER_HEALTH_PORT,
    checks: { redis: queue.ping, postgres: database.ping },
    metrics: metrics.answer,
  });
  resources.defer(() => health.close());

  const workerRedis = connectForWorker(config.REDIS_URL, { cluster, onError: onRedisError });
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

  await refuseUnpreparedCluster(queueRedis, config);
  await checkNeighbours({ redis: queueRedis, compreface, log });
  log.info({ version: VERSION, concurrency: config.WORKER_CONCURRENCY, healthPort: health.port }, "worker ready");
  return resources.move();
}

/** A cluster would refuse, job by job, a queue whose keys are spread over its nodes. */
async function refuseUnpreparedCluster(redis: RedisConnection, config: WorkerConfig): Promise<void> {
  const state = await readRedisState(redis).catch(() => undefined);
  if (state?.clusterEnabled !== true) return;
  const faults = [
    ...(config.REDIS_CLUSTER === "on" ? [] : [{ variable: "REDIS_CLUSTER", expected: "on: this Redis is a cluster" }]),
    ...(keepsKeysTogether(config.KYC_QUEUE_PREFIX)
      ? []
      : [{ variable: "KYC_QUEUE_PREFIX", expected: "a prefix in braces, such as {bull}: this Redis is a cluster" }]),
  ];
  if (faults.length > 0) throw new ConfigError(faults);
}

interface Neighbours {
  readonly redis: RedisConnection;
  readonly compreface: Pick<Compreface, "checkHealth"> | undefined;
  readonly log: Logger;
}

/** What is only worth a warning: the worker can start, and each of these may be mended while it runs. */
async function checkNeighbours({ redis, compreface, log }: Neighbours): Promise<void> {
  const eviction = await ensureNoEviction(redis);
  if (!eviction.set)
    log.warn({ policy: eviction.policy }, "Redis refuses CONFIG SET: set its maxmemory-policy yourself");
  if (eviction.policy !== "noeviction") {
    log.warn({ policy: eviction.policy }, "Redis may drop jobs when it is full: set maxmemory-policy to noeviction");
  }
  if (compreface === undefined) {
    log.warn({}, "COMPREFACE_API_KEY is not set: Gemini compares the faces, and every match asks for a human look");
  } else if (!(await compreface.checkHealth(AbortSignal.timeout(3_000)))) {
    log.warn({}, "CompreFace does not answer its health check: face matches will be retried");
  }
}

async function main(): Promise<void> {
  const config = readWorkerConfig();
  const log = createLogger({ level: config.LOG_LEVEL });
  const stopSignal = new Promise<string>((resolve) => {
    for (const name of ["SIGTERM", "SIGINT"]) process.once(name, resolve);
  });
  // A neighbour that hangs, even while the worker starts, must not keep the container from stopping.
  void stopSignal.then((signal) => {
    log.info({ signal, graceMs: config.WORKER_SHUTDOWN_TIMEOUT_MS }, "stopping: running jobs may finish");
    setTimeout(() => {
      log.error({}, "stopping took too long: exiting; jobs that still ran are taken up by another worker");
      process.exit(1);
    }, config.WORKER_SHUTDOWN_TIMEOUT_MS + RELEASE_TIMEOUT_MS).unref();
  });
  const resources = await start(config, log);
  await stopSignal;
  await resources.disposeAsync();
  log.info({}, "stopped");
}

await main().catch((error: unknown) => {
  // Only a configuration error is meant to be read as it is.
  const unforeseen = { level: "error", msg: "the worker has ended: see npx kyc doctor", cause: describeError(error) };
  console.error(error instanceof ConfigError ? error.message : JSON.stringify(unforeseen));
  process.exitCode = 1;
});
