/** What every contender shares: a real Redis, a real PostgreSQL with the backend's table, and the service's settings. */
import { randomBytes } from "node:crypto";
import { Redis } from "ioredis";
import pg from "pg";
import { startPostgres } from "../../dev/servers/postgres.ts";
import { startRedis } from "../../dev/servers/redis.ts";
import { createVerificationTable } from "../../dev/stack/serverpod-table.ts";

/** Starts both. Dispose of them to stop them. */
export async function startServices() {
  await using starting = new AsyncDisposableStack();
  const redisServer = starting.use(await startRedis());
  const postgres = starting.use(await startPostgres());
  const postgresUrl = await postgres.createDatabase("kyc");
  await createVerificationTable(postgresUrl);
  const database = new pg.Pool({ connectionString: postgresUrl, max: 4 });
  // When the server stops, an idle connection hears of it.
  database.on("error", () => {});
  starting.defer(() => database.end());
  const redis = new Redis(redisServer.url, { protocol: 2 });
  starting.defer(() => redis.disconnect());
  const resources = starting.move();
  return {
    redis,
    database,
    environment: {
      REDIS_URL: redisServer.url,
      POSTGRES_URL: postgresUrl,
      KYC_SERVICE_SECRET: "bench",
      KYC_ENCRYPTION_KEYS: `1:${randomBytes(32).toString("base64")}`,
      // The gauges' port: one that is free.
      WORKER_HEALTH_PORT: "0",
      LOG_LEVEL: "warn",
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

export type Services = Awaited<ReturnType<typeof startServices>>;
