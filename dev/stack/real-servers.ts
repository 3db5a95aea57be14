/** Whether the person's own Redis and PostgreSQL answer. A worker would wait for them without end, and without a word. */
import { checkPostgres } from "../../cli/doctor/check-postgres.ts";
import { checkRedis } from "../../cli/doctor/check-redis.ts";
import { codeOf, DependencyError } from "../../cli/doctor/dependency.ts";
import type { Environment, WorkerConfig } from "../../lib/config.ts";

/** Asks those that the environment names. Throws {@link DependencyError}, whose message says what to do. */
export async function askRealServers(environment: Environment, config: WorkerConfig): Promise<void> {
  const refuse = (name: "Redis" | "PostgreSQL") => (error: unknown) => {
    throw new DependencyError(name, codeOf(error));
  };
  if (environment["REDIS_URL"]) await checkRedis(config).catch(refuse("Redis"));
  if (environment["POSTGRES_URL"]) await checkPostgres(config).catch(refuse("PostgreSQL"));
}
