/** Runs all functions on one port and the watchdog every minute, for a server at home without API Gateway. */
import { readHomeConfig } from "../lib/config.ts";
import { fatalLine } from "../lib/fatal-error.ts";
import { openIntake } from "../lib/intake/open-intake.ts";
import { createBatchedOutput } from "../lib/observe/batched-output.ts";
import { createFunctionLogger } from "../lib/observe/function-logger.ts";
import { startFunctionsServer } from "./server.ts";

const MINUTE_MS = 60_000;
/** How long stopping may take, so that a request or a sweep that hangs cannot keep the container from stopping. */
const STOP_TIMEOUT_MS = 25_000;

async function main(): Promise<void> {
  const config = readHomeConfig();
  const writeLine = createBatchedOutput();
  const log = createFunctionLogger("kyc-api", {}, writeLine);
  const stopSignal = new Promise<string>((resolve) => {
    for (const name of ["SIGTERM", "SIGINT"]) process.once(name, resolve);
  });
  // Each function reads its own part of the configuration when it is loaded.
  const [accept, health, watchdog] = await Promise.all([
    openIntake(createFunctionLogger("kyc-process", {}, writeLine)),
    import("../functions/health.ts"),
    import("../functions/watchdog.ts"),
  ]);
  const server = await startFunctionsServer({
    port: config.API_PORT,
    routes: {
      "POST /api/v1/process": accept,
      "GET /health": () => health.handler(),
    },
    schedule: { name: "kyc-watchdog", run: watchdog.handler, intervalMs: MINUTE_MS, timeoutMs: MINUTE_MS },
    log,
  });
  log.info({ port: server.port }, "functions ready");

  log.info({ signal: await stopSignal }, "stopping: running requests and the sweep may finish");
  setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref();
  await server.close();
  log.info({}, "stopped");
}

try {
  await main();
  // The functions keep their connections open, as in Lambda, so the process does not end automatically.
  process.exit(0);
} catch (error) {
  console.error(fatalLine(error, "the functions have ended"));
  process.exit(1);
}
