/** Opens the intake from the configuration. The Lambda and the server at home share it. */
import { processEnvironment, readProcessConfig } from "../config.ts";
import { describeError } from "../errors.ts";
import type { Logger } from "../observe/logger.ts";
import { openQueue } from "../queue/queue.ts";
import { createAcceptHandler } from "./accept.ts";
import { openConfiguredHandler } from "./configured-handler.ts";
import { resolveSecrets } from "./secrets.ts";
import { createTokenCheck } from "./service-token.ts";

/** Opens the handler of `POST /api/v1/process` and its own connection to Redis. */
export const openIntake = (log: Logger) =>
  openConfiguredHandler(async function open() {
    const environment = await resolveSecrets(processEnvironment(), {
      onMissing: (parameters) => log.info({ parameters }, "not in the Parameter Store: counted as not set"),
    });
    const config = readProcessConfig(environment);
    const queue = openQueue(config, (error) =>
      log.warn({ cause: describeError(error) }, "Redis connection trouble: it reconnects automatically"),
    );
    const secrets = [config.KYC_SERVICE_SECRET, config.KYC_SERVICE_SECRET_PREVIOUS];
    const isAccepted = createTokenCheck(secrets.filter((secret) => secret !== undefined));
    return createAcceptHandler({ isAccepted, queue, log });
  }, log);
