/** The whole stack on a laptop: the dependencies that are not configured, the functions and the worker. */
import { readProcessConfig, readWatchdogConfig, readWorkerConfig } from "../../lib/config.ts";
import { type DependenciesOptions, startDependencies } from "./dependencies.ts";
import { askRealServers } from "./real-servers.ts";
import { startFunctions, startWorker } from "./service.ts";

/** Retries that suit a laptop, where nobody wants to wait for a minute to see one. */
const QUICK_RETRIES = { KYC_JOB_ATTEMPTS: "3", KYC_JOB_BACKOFF_MS: "300", WORKER_SHUTDOWN_TIMEOUT_MS: "5000" };

/** A running stack. {@link startStack} */
export type Stack = Awaited<ReturnType<typeof startStack>>;

/** Starts the stack. Disposing of it stops what was started, in reverse. */
export async function startStack(options: Omit<DependenciesOptions, "defaults">) {
  const { environment, progress, ports, log } = options;
  await using started = new AsyncDisposableStack();
  const dependencies = started.use(await startDependencies({ ...options, defaults: QUICK_RETRIES }));
  const service = dependencies.environment;
  // Settings of the person at the keyboard may be wrong: they are named here, before a process stops or waits because of one.
  await askRealServers(environment, readWorkerConfig(service));
  readProcessConfig(service);
  readWatchdogConfig(service);
  progress("Functions and worker: starting");
  const [worker, functions] = await Promise.all([
    startWorker({ environment: service, ports, log: (line) => log?.("worker", line) }),
    startFunctions({ environment: service, ports, log: (line) => log?.("functions", line) }),
  ]);
  started.use(worker);
  started.use(functions);
  const resources = started.move();
  return {
    apiUrl: functions.url,
    workerHealthUrl: worker.healthUrl,
    /** Where the functions take direct calls. */
    lambdaUrl: functions.lambdaUrl,
    dependencies,
    /** Invokes a function as its schedule does. */
    invoke: functions.invoke,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
