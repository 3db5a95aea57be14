/** Lambda behind `POST /api/v1/process`. Its connection to Redis is opened once for each instance, and reused. */
import { openIntake } from "../lib/intake/open-intake.ts";
import { createFunctionLogger } from "../lib/observe/function-logger.ts";

export const handler = await openIntake(createFunctionLogger("kyc-process"));
