/** Checks on a connection of its own whether Redis takes writes. */
import { connectForCaller } from "./redis.ts";

interface RedisHealthOptions {
  readonly url: string;
  readonly cluster: boolean;
  readonly prefix: string;
  readonly onError: (error: Error) => void;
}

/** Long enough for a slow check, and the key still disappears soon. */
const EXPIRES_SECONDS = 60;

/** Opens the check's connection. */
export function createRedisHealth({ url, cluster, prefix, onError }: RedisHealthOptions) {
  const redis = connectForCaller(url, { cluster, onError });
  return {
    /** Writes a key. Rejects if Redis refuses, such as a replica, a full server or a server that cannot save. */
    check: async (): Promise<void> => void (await redis.set(`${prefix}:kyc-jobs:health`, "1", "EX", EXPIRES_SECONDS)),

    /** Ends the connection. */
    close: () => redis.disconnect(),
  };
}
