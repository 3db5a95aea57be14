/** Lambda that runs every minute: fails stuck records and publishes figures about the queue. */
import type { Context, ScheduledEvent } from "aws-lambda";
import { processEnvironment, readWatchdogConfig } from "../lib/config.ts";
import { createDatabase } from "../lib/record/database.ts";
import { createEnvelope } from "../lib/record/envelope.ts";
import { describeError } from "../lib/errors.ts";
import { createFunctionLogger } from "../lib/observe/function-logger.ts";
import { emfFields, type Measurements } from "../lib/observe/metrics-emf.ts";
import { openQueue } from "../lib/queue/queue.ts";
import { measureQueue } from "../lib/queue/queue-metrics.ts";
import { resolveSecrets } from "../lib/intake/secrets.ts";
import { VERSION } from "../lib/version.ts";
import { createWatchdog, type SweepOutcome } from "../lib/record/watchdog.ts";

/** A sweep starts no further batch when less time is left, so that the last one can finish. */
const MARGIN_MS = 10_000;

const log = createFunctionLogger("kyc-watchdog");
const environment = await resolveSecrets(processEnvironment(), {
  onMissing: (parameters) => log.info({ parameters }, "not in the Parameter Store: counted as not set"),
});
const config = readWatchdogConfig(environment);

const queue = openQueue(config, (error) =>
  log.warn({ cause: describeError(error) }, "Redis connection trouble: it reconnects automatically"),
);

const watchdog = createWatchdog({
  database: createDatabase({
    url: config.POSTGRES_URL,
    connections: 4,
    notify: config.KYC_NOTIFY === "on",
    onConnectionLost: (error) =>
      log.warn({ cause: describeError(error) }, "PostgreSQL connection trouble: it reconnects automatically"),
  }),
  queue,
  envelope: createEnvelope({ keys: config.KYC_ENCRYPTION_KEYS }),
  timeoutMinutes: config.KYC_STUCK_TIMEOUT_MIN,
  sinceColumn: config.KYC_STUCK_SINCE_COLUMN,
  version: VERSION,
  log,
});

const causeOf = (error: unknown) => (error instanceof Error ? (error.cause ?? error) : error);

type Dimensions = Readonly<Record<string, string>>;

/** Publishes the figures of the queue. They scale the workers. */
async function publishFigures(dimensions: Dimensions): Promise<void> {
  try {
    log.info(emfFields({ dimensions, measurements: await measureQueue(queue) }), "queue measured");
  } catch (error) {
    log.error({ cause: describeError(causeOf(error)) }, "the queue cannot be measured: workers are not scaled by it");
    throw error;
  }
}

async function sweep(dimensions: Dimensions, context: Context): Promise<SweepOutcome> {
  const outcome = await watchdog.sweep({ hasTime: () => context.getRemainingTimeInMillis() > MARGIN_MS });
  const measurements: Measurements = {
    StuckRecordsFailed: { value: outcome.failed, unit: "Count" },
    StuckRecordsLeftAlone: { value: outcome.leftAlone, unit: "Count" },
  };
  log.info({ requestId: context.awsRequestId, ...outcome, ...emfFields({ dimensions, measurements }) }, "sweep done");
  return outcome;
}

export async function handler(_event: ScheduledEvent, context: Context): Promise<SweepOutcome> {
  const dimensions = { FunctionName: context.functionName };
  // The two are independent. If one fails, this function fails after both have ended, and its alarm reports it.
  const [measured, swept] = await Promise.allSettled([publishFigures(dimensions), sweep(dimensions, context)]);
  if (swept.status === "rejected") throw swept.reason;
  if (measured.status === "rejected") throw measured.reason;
  return swept.value;
}
