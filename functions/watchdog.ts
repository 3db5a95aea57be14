/** Lambda on a schedule of one minute: fails the records that got stuck. */
import type { Context, ScheduledEvent } from "aws-lambda";
import { readWatchdogConfig } from "../lib/config.ts";
import { createDatabase } from "../lib/database.ts";
import { createEnvelope } from "../lib/envelope.ts";
import { describeError } from "../lib/errors.ts";
import { createFunctionLogger } from "../lib/function-logger.ts";
import { createQueue } from "../lib/queue.ts";
import { connectForCaller } from "../lib/redis.ts";
import { VERSION } from "../lib/version.ts";
import { createWatchdog, type SweepOutcome } from "../lib/watchdog.ts";

/** A sweep stops in time to finish its last batch. */
const MARGIN_MS = 10_000;

const config = readWatchdogConfig();
const log = createFunctionLogger("kyc-watchdog");

const watchdog = createWatchdog({
  database: createDatabase({
    url: config.POSTGRES_URL,
    connections: 1,
    onConnectionLost: (error) => log.warn({ cause: describeError(error) }, "PostgreSQL connection trouble"),
  }),
  queue: createQueue({
    redis: connectForCaller(config.REDIS_URL, {
      onError: (error) => log.warn({ cause: describeError(error) }, "Redis connection trouble"),
    }),
    prefix: config.KYC_QUEUE_PREFIX,
    attempts: 1,
    backoffMs: 1,
  }),
  envelope: createEnvelope({ keys: config.KYC_ENCRYPTION_KEYS }),
  timeoutMinutes: config.KYC_STUCK_TIMEOUT_MIN,
  sinceColumn: config.KYC_STUCK_SINCE_COLUMN,
  version: VERSION,
  log,
});

export async function handler(_event: ScheduledEvent, context: Context): Promise<SweepOutcome> {
  const outcome = await watchdog.sweep({ hasTime: () => context.getRemainingTimeInMillis() > MARGIN_MS });
  log.info({ requestId: context.awsRequestId, ...outcome }, "sweep done");
  return outcome;
}
