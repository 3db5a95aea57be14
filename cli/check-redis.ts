/** Whether Redis is one that a queue can live in. */
import { keepsKeysTogether, type WorkerConfig } from "../lib/config.ts";
import { connectForCaller, readRedisState } from "../lib/queue/redis.ts";
import { ok, warning, wrong, type Finding } from "./finding.ts";
import { codeOf } from "./neighbour.ts";

/** Looks at the server's settings. Throws where it cannot be asked. */
export async function checkRedis(config: WorkerConfig): Promise<readonly Finding[]> {
  let connectionError: Error | undefined;
  const onError = (error: Error) => {
    connectionError = error;
  };
  const redis = connectForCaller(config.REDIS_URL, { cluster: config.REDIS_CLUSTER === "on", onError });
  try {
    const state = await readRedisState(redis);
    const needsBraces = state.clusterEnabled && !keepsKeysTogether(config.KYC_QUEUE_PREFIX);
    const cluster = { detail: "the queue's prefix has no braces", mend: "set KYC_QUEUE_PREFIX={bull}" };
    return [
      ok("Redis", `version ${state.version}`),
      checkEviction(state.evictionPolicy),
      checkPersistence(state.appendOnly),
      ...(needsBraces ? [wrong("Redis Cluster", cluster)] : []),
    ];
  } catch (error) {
    // A command only knows that the connection is gone; the connection knows why.
    throw codeOf(error) === undefined ? (connectionError ?? error) : error;
  } finally {
    redis.disconnect();
  }
}

function checkEviction(detail: string): Finding {
  if (detail === "noeviction") return ok("Redis eviction", detail);
  const mend = "set maxmemory-policy to noeviction, or jobs are lost when memory is full";
  return wrong("Redis eviction", { detail, mend });
}

function checkPersistence(appendOnly: boolean): Finding {
  if (appendOnly) return ok("Redis persistence", "append-only file");
  const mend = "set appendonly to yes, or a restart loses the queue (the watchdog then fails the records)";
  return warning("Redis persistence", "no append-only file", mend);
}
