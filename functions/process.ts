/** Lambda behind `POST /api/v1/process`. Its connection to Redis is opened once for each instance, and reused. */
import { processEnvironment, readProcessConfig } from "../lib/config.ts";
import { describeError } from "../lib/errors.ts";
import { createAcceptHandler } from "../lib/intake/accept.ts";
import { openConfiguredHandler } from "../lib/intake/configured-handler.ts";
import { resolveSecrets } from "../lib/intake/secrets.ts";
import { createTokenCheck } from "../lib/intake/service-token.ts";
import { createFunctionLogger } from "../lib/observe/function-logger.ts";
import { createQueue } from "../lib/queue/queue.ts";
import { connectForCaller } from "../lib/queue/redis.ts";

const log = createFunctionLogger("kyc-process");

async function open() {
  const environment = await resolveSecrets(processEnvironment(), {
    onMissing: (parameters) => log.info({ parameters }, "not in the Parameter Store: counted as not set"),
  });
  const config = readProcessConfig(environment);
  const queue = createQueue({
    redis: connectForCaller(config.REDIS_URL, {
      cluster: config.REDIS_CLUSTER === "on",
      onError: (error) => log.warn({ cause: describeError(error) }, "Redis connection trouble: it is tried again"),
    }),
    prefix: config.KYC_QUEUE_PREFIX,
    attempts: config.KYC_JOB_ATTEMPTS,
    backoffMs: config.KYC_JOB_BACKOFF_MS,
  });
  const secrets = [config.KYC_SERVICE_SECRET, config.KYC_SERVICE_SECRET_PREVIOUS];
  const isAccepted = createTokenCheck(secrets.filter((secret) => secret !== undefined));
  return createAcceptHandler({ isAccepted, queue, log });
}

export const handler = await openConfiguredHandler(open, log);
