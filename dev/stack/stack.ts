/** The whole stack on a laptop: the dependencies that are not configured, the functions and the worker. */
import { readProcessConfig, readWatchdogConfig, readWorkerConfig, type Environment } from "../../lib/config.ts";
import { startDependencies, type Dependencies } from "./dependencies.ts";
import { askRealServers } from "./real-servers.ts";
import type { StackPorts } from "./ports.ts";
import { startFunctions, startWorker } from "./service.ts";

/** Retries that suit a laptop, where nobody wants to wait for a minute to see one. */
const QUICK_RETRIES = { KYC_JOB_ATTEMPTS: "3", KYC_JOB_BACKOFF_MS: "300", WORKER_SHUTDOWN_TIMEOUT_MS: "5000" };

interface StackOptions {
  readonly environment: Environment;
  readonly progress: (line: string) => void;
  /** Any free ports by default. */
  readonly ports?: StackPorts;
  /** Is called with every line that a process of the stack logs. */
  readonly log?: (source: LogSource, line: string) => void;
  readonly latencyMs?: { readonly gemini: number; readonly compreface: number };
}

/** The processes of a stack that log. */
export type LogSource = "functions" | "worker" | "postgresql" | "redis";

/** A running stack. Disposing of it stops what was started, in reverse. */
export interface Stack extends AsyncDisposable {
  readonly apiUrl: string;
  readonly workerHealthUrl: string;
  /** Where the functions take direct calls. */
  readonly lambdaUrl: string;
  readonly dependencies: Dependencies;
  /** Invokes a function as its schedule does. */
  readonly invoke: (name: string) => Promise<unknown>;
}

/** Starts the stack. */
export async function startStack({
  environment,
  progress,
  ports,
  log = () => {},
  latencyMs,
}: StackOptions): Promise<Stack> {
  await using started = new AsyncDisposableStack();
  const dependencies = started.use(
    await startDependencies({
      environment,
      progress,
      log,
      ports,
      defaults: QUICK_RETRIES,
      ...(latencyMs && { latencyMs }),
    }),
  );
  const service = dependencies.environment;
  // Settings of the person at the keyboard may be wrong: they are named here, before a process stops or waits because of one.
  await askRealServers(environment, readWorkerConfig(service));
  readProcessConfig(service);
  readWatchdogConfig(service);
  progress("Functions and worker: starting");
  const [worker, functions] = await Promise.all([
    startWorker({ environment: service, port: ports?.worker, log: (line) => log("worker", line) }),
    startFunctions({ environment: service, ports, log: (line) => log("functions", line) }),
  ]);
  started.defer(() => worker.stop());
  started.defer(() => functions.stop());
  const resources = started.move();
  return {
    apiUrl: functions.url,
    workerHealthUrl: worker.healthUrl,
    lambdaUrl: functions.lambdaUrl,
    dependencies,
    invoke: functions.invoke,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
