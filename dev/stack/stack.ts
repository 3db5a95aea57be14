/** The whole stack on a laptop: the neighbours that are not configured, the functions and the worker. */
import type { Environment } from "../../lib/config.ts";
import { startNeighbours, type Neighbours } from "./neighbours.ts";
import { startFunctions, startWorker } from "./service.ts";

/** Retries that suit a laptop, where nobody wants to wait for a minute to see one. */
const QUICK_RETRIES = { KYC_JOB_ATTEMPTS: "3", KYC_JOB_BACKOFF_MS: "300", WORKER_SHUTDOWN_TIMEOUT_MS: "5000" };

interface StackOptions {
  readonly environment: Environment;
  readonly progress: (line: string) => void;
  /** The API's port; any free one unless told otherwise. */
  readonly port?: number;
  /** Told every line that the functions and the worker log. */
  readonly log?: (source: "functions" | "worker", line: string) => void;
  readonly latencyMs?: { readonly gemini: number; readonly compreface: number };
}

/** A running stack. Disposing of it stops what was started, in reverse. */
export interface Stack extends AsyncDisposable {
  readonly apiUrl: string;
  readonly workerHealthUrl: string;
  readonly neighbours: Neighbours;
  /** Invokes a function as its schedule does. */
  readonly invoke: (name: string) => Promise<unknown>;
}

/** Starts the stack. */
export async function startStack({ environment, progress, port, log, latencyMs }: StackOptions): Promise<Stack> {
  await using started = new AsyncDisposableStack();
  const neighbours = started.use(
    await startNeighbours({ environment, progress, defaults: QUICK_RETRIES, ...(latencyMs && { latencyMs }) }),
  );
  progress("Functions and worker: starting");
  const service = neighbours.environment;
  const [worker, functions] = await Promise.all([
    startWorker({ environment: service, log: (line) => log?.("worker", line) }),
    startFunctions({ environment: service, log: (line) => log?.("functions", line), ...(port && { port }) }),
  ]);
  started.defer(() => worker.stop());
  started.defer(() => functions.stop());
  const resources = started.move();
  return {
    apiUrl: functions.url,
    workerHealthUrl: worker.healthUrl,
    neighbours,
    invoke: functions.invoke,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
