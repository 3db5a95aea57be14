/** Starts the servers that all contenders share: a real Redis, and a real PostgreSQL with the backend's table. */
import { randomBytes } from "node:crypto";
import { Redis } from "ioredis";
import pg from "pg";
import { startPostgres } from "../../dev/servers/postgres.ts";
import { startRedis } from "../../dev/servers/redis.ts";
import { createVerificationTable } from "../../dev/stack/serverpod-table.ts";

/** Starts both servers. Dispose of them to stop them. */
export async function startServices() {
  await using starting = new AsyncDisposableStack();
  const redisServer = starting.use(await startRedis());
  const postgres = starting.use(await startPostgres());
  const postgresUrl = await postgres.createDatabase("kyc");
  await createVerificationTable(postgresUrl);
  const database = new pg.Pool({ connectionString: postgresUrl, max: 4 });
  // When the server stops, idle connections report an error. Without a listener, it would end the process.
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
      // Any free port for health and metrics.
      WORKER_HEALTH_PORT: "0",
      LOG_LEVEL: "warn",
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

export type Services = Awaited<ReturnType<typeof startServices>>;
