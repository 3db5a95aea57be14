/** Checks whether Redis is suitable for the queue. */
import { keepsKeysTogether, type WorkerConfig } from "../../lib/config.ts";
import { findMissingCommands } from "../../lib/queue/redis-permissions.ts";
import { connectForCaller, readRedisState, type RedisConnection } from "../../lib/queue/redis.ts";
import { ok, warning, wrong, type Finding } from "./finding.ts";
import { codeOf } from "./dependency.ts";

/** Checks the user's permissions and the server's settings. Throws if Redis does not answer. */
export async function checkRedis(config: WorkerConfig): Promise<readonly Finding[]> {
  let connectionError: Error | undefined;
  const onError = (error: Error) => {
    connectionError = error;
  };
  const redis = connectForCaller(config.REDIS_URL, { cluster: config.REDIS_CLUSTER === "on", onError });
  try {
    const missing = await findMissingCommands(redis, config.KYC_QUEUE_PREFIX);
    if (missing.length > 0) return [wrong("Redis permissions", explainMissing(missing, config.KYC_QUEUE_PREFIX))];
    const state = await readRedisState(redis);
    const needsBraces = state.clusterEnabled && !keepsKeysTogether(config.KYC_QUEUE_PREFIX);
    const cluster = { detail: "the queue's prefix has no braces", fix: "set KYC_QUEUE_PREFIX={bull}" };
    return [
      ok("Redis", `version ${state.version}`),
      ok("Redis permissions", "all commands that the service needs"),
      ...(await checkClientList(redis)),
      checkEviction(state.evictionPolicy),
      checkPersistence(state.appendOnly),
      ...(needsBraces ? [wrong("Redis Cluster", cluster)] : []),
    ];
  } catch (error) {
    // A command's error only says that the connection is closed. The connection's own error has the cause.
    throw codeOf(error) === undefined ? (connectionError ?? error) : error;
  } finally {
    redis.disconnect();
  }
}

const explainMissing = (missing: readonly string[], prefix: string) => ({
  detail: `the user may not run ${missing.join(", ")}`,
  fix: `allow all commands that docs/deploy.md lists on the keys ${prefix}:*, or no worker starts`,
});

/** Only the watchdog's figures about workers need this command. */
const checkClientList = (redis: RedisConnection): Promise<readonly Finding[]> =>
  redis.client("LIST").then(
    () => [],
    () => [warning("Redis CLIENT LIST", "refused", CLIENT_LIST_FIX)],
  );

const CLIENT_LIST_FIX =
  "allow it, or the watchdog cannot count the workers: BacklogPerWorker, by which they are scaled, is missing";

function checkEviction(detail: string): Finding {
  if (detail === "noeviction") return ok("Redis eviction", detail);
  const fix = "set maxmemory-policy to noeviction, or jobs are lost when memory is full";
  return wrong("Redis eviction", { detail, fix });
}

function checkPersistence(appendOnly: boolean): Finding {
  if (appendOnly) return ok("Redis persistence", "append-only file");
  const fix = "set appendonly to yes, or a restart loses the queue (the watchdog then fails the records)";
  return warning("Redis persistence", "no append-only file", fix);
}
