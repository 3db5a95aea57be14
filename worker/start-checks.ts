/** Checks the worker's dependencies before it takes a job. */
import { ConfigError, keepsKeysTogether, type WorkerConfig } from "../lib/config.ts";
import type { Logger } from "../lib/observe/logger.ts";
import type { Compreface } from "../lib/providers/compreface/compreface.ts";
import { waitForMissingCommands } from "../lib/queue/redis-permissions.ts";
import type { VerificationQueue } from "../lib/queue/queue.ts";
import { setNoEviction, type RedisConnection, type RedisState } from "../lib/queue/redis.ts";

/**
 * Stops the start if every job would fail in Redis: because its user lacks a command, or because the queue's keys are
 * spread over the nodes of a cluster. Waits while Redis does not answer.
 *
 * @throws {ConfigError}
 */
export async function refuseUnfitRedis(
  state: RedisState | undefined,
  config: WorkerConfig,
  onError: (error: Error) => void,
): Promise<void> {
  const { REDIS_URL: url, REDIS_CLUSTER, KYC_QUEUE_PREFIX: prefix } = config;
  const isCluster = state?.clusterEnabled === true;
  const faults = [
    ...(isCluster && REDIS_CLUSTER === "off"
      ? [{ variable: "REDIS_CLUSTER", expected: "on: this Redis is a cluster" }]
      : []),
    ...(isCluster && !keepsKeysTogether(prefix)
      ? [{ variable: "KYC_QUEUE_PREFIX", expected: "a prefix in braces, such as {bull}: this Redis is a cluster" }]
      : []),
  ];
  if (faults.length > 0) throw new ConfigError(faults);
  const missing = await waitForMissingCommands({ url, cluster: REDIS_CLUSTER === "on", prefix, onError });
  if (missing.length === 0) return;
  const expected = `a user who may run ${missing.join(", ")} on the keys ${prefix}:* (docs/deploy.md lists all commands)`;
  throw new ConfigError([{ variable: "REDIS_URL", expected }]);
}

interface Dependencies {
  readonly redis: RedisConnection;
  /** The answer to INFO; `undefined` if Redis refuses it. */
  readonly state: RedisState | undefined;
  readonly queue: Pick<VerificationQueue, "isPaused">;
  readonly compreface: Pick<Compreface, "checkHealth"> | undefined;
  readonly log: Logger;
}

/** Logs warnings about faults that do not stop the start, because they may be fixed while the worker runs. */
export async function warnOfDependencies({ redis, state, queue, compreface, log }: Dependencies): Promise<void> {
  if (!(await setNoEviction(redis))) {
    const policy = state?.evictionPolicy;
    log.warn({ policy }, "Redis refuses CONFIG SET: set its maxmemory-policy yourself");
    if (policy !== "noeviction")
      log.warn({ policy }, "Redis may drop jobs when it is full: set maxmemory-policy to noeviction");
  }
  if (await queue.isPaused().catch(() => false))
    log.warn({}, "the queue is paused: no job starts until npx kyc resume");
  if (compreface === undefined) {
    log.warn({}, "COMPREFACE_API_KEY is not set: Gemini compares the faces, and every match asks for a human look");
  } else if (!(await compreface.checkHealth(AbortSignal.timeout(3_000)))) {
    log.warn({}, "CompreFace does not answer its health check: face matches will be retried");
  }
}
