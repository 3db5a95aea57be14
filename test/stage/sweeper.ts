/** Runs the watchdog's sweep in this process, with the settings of its function. */
import { createDatabase } from "../../lib/record/database.ts";
import { createEnvelope, parseKeyring } from "../../lib/record/envelope.ts";
import { createQueue } from "../../lib/queue/queue.ts";
import { connectForCaller } from "../../lib/queue/redis.ts";
import { createWatchdog } from "../../lib/record/watchdog.ts";
import { createRecordedLog } from "../recorded-log.ts";

interface SweeperOptions {
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMinutes: number;
  readonly batchSize?: number;
}

/** Opens a watchdog. */
export function openSweeper({ environment, timeoutMinutes, batchSize = 100 }: SweeperOptions) {
  const setting = (name: string) => environment[name] ?? "";
  const database = createDatabase({ url: setting("POSTGRES_URL"), connections: 1 });
  const queue = createQueue({
    redis: connectForCaller(setting("REDIS_URL"), { onError: () => {} }),
    prefix: setting("KYC_QUEUE_PREFIX") || "bull",
    attempts: 1,
    backoffMs: 1,
  });
  const watchdog = createWatchdog({
    database,
    queue,
    envelope: createEnvelope({ keys: parseKeyring(setting("KYC_ENCRYPTION_KEYS")) }),
    timeoutMinutes,
    sinceColumn: "createdAt",
    version: "0.0.0",
    log: createRecordedLog().log,
    batchSize,
  });
  return {
    sweep: () => watchdog.sweep({ hasTime: () => true }),
    async [Symbol.asyncDispose](): Promise<void> {
      await Promise.all([database.close(), queue.close()]);
    },
  };
}

export type Sweeper = ReturnType<typeof openSweeper>;
