/** Whether Redis takes writes, asked on a connection of its own. */
import { connectForCaller } from "./redis.ts";

interface RedisHealthOptions {
  readonly url: string;
  readonly cluster: boolean;
  readonly prefix: string;
  readonly onError: (error: Error) => void;
}

/** Long enough for a slow check, short enough to leave nothing behind. */
const EXPIRES_SECONDS = 60;

/** Opens the check's connection. */
export function createRedisHealth({ url, cluster, prefix, onError }: RedisHealthOptions) {
  const redis = connectForCaller(url, { cluster, onError });
  return {
    /** Resolves when Redis has taken a write: a replica, a full server and one that cannot save refuse it. */
    check: async (): Promise<void> => void (await redis.set(`${prefix}:kyc-jobs:health`, "1", "EX", EXPIRES_SECONDS)),

    /** Ends the connection. */
    close: () => redis.disconnect(),
  };
}
