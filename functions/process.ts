/** Lambda behind `POST /api/v1/process`. Its connection to Redis is opened once for each instance, and reused. */
import { processEnvironment, readProcessConfig } from "../lib/config.ts";
import { describeError } from "../lib/errors.ts";
import { createAcceptHandler } from "../lib/intake/accept.ts";
import { openConfiguredHandler } from "../lib/intake/configured-handler.ts";
import { resolveSecrets } from "../lib/intake/secrets.ts";
import { createTokenCheck } from "../lib/intake/service-token.ts";
import { createFunctionLogger } from "../lib/observe/function-logger.ts";
import { openQueue } from "../lib/queue/queue.ts";

const log = createFunctionLogger("kyc-process");

async function open() {
  const environment = await resolveSecrets(processEnvironment(), {
    onMissing: (parameters) => log.info({ parameters }, "not in the Parameter Store: counted as not set"),
  });
  const config = readProcessConfig(environment);
  const queue = openQueue(config, (error) =>
    log.warn({ cause: describeError(error) }, "Redis connection trouble: it is tried again"),
  );
  const secrets = [config.KYC_SERVICE_SECRET, config.KYC_SERVICE_SECRET_PREVIOUS];
  const isAccepted = createTokenCheck(secrets.filter((secret) => secret !== undefined));
  return createAcceptHandler({ isAccepted, queue, log });
}

export const handler = await openConfiguredHandler(open, log);
