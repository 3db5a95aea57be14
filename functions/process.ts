/** Lambda behind `POST /api/v1/process`. Each instance opens one connection to Redis and reuses it. */
import { openIntake } from "../lib/intake/open-intake.ts";
import { createFunctionLogger } from "../lib/observe/function-logger.ts";

export const handler = await openIntake(createFunctionLogger("kyc-process"));
