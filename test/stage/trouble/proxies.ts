/** Proxies between a worker and its servers. They can hold back single commands. */
import { startTcpProxy } from "../../servers/tcp-proxy.ts";
import type { Stage } from "../stage.ts";

/** Texts in a worker's statements to PostgreSQL, for `hold`. */
export const STATEMENTS = {
  /** The worker reads the record before a run. */
  read: "synchronous_commit",
  /** The worker begins to save: all providers have answered, and it has not yet checked for a later submission. */
  save: "BEGIN; SET LOCAL",
  /** The worker writes a verdict: it has checked for a later submission. */
  update: `"ocrResult"=$1`,
  commit: "COMMIT",
} as const;

/** Opens proxies for one worker. */
export async function openProxies({ environment, postgres, redis }: Pick<Stage, "environment" | "postgres" | "redis">) {
  const toPostgres = await startTcpProxy({ targetPort: postgres.port });
  const toRedis = await startTcpProxy({ targetPort: redis.port });
  const postgresUrl = new URL(environment["POSTGRES_URL"] ?? "");
  postgresUrl.port = String(toPostgres.port);
  return {
    postgres: toPostgres,
    redis: toRedis,
    /** The environment variables with the proxies' addresses. */
    variables: { POSTGRES_URL: postgresUrl.href, REDIS_URL: `redis://127.0.0.1:${toRedis.port}` },
    async [Symbol.asyncDispose](): Promise<void> {
      await Promise.all([toPostgres.close(), toRedis.close()]);
    },
  };
}

export type Proxies = Awaited<ReturnType<typeof openProxies>>;
