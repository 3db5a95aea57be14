/** Starts one of the two compared services: ours as it is deployed, or the peer. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Providers } from "./providers.ts";
import { startMeasured, type Measured } from "./measured-process.ts";
import type { Services } from "./services.ts";
import { createWorkload, type Contender } from "./workload.ts";

const PROGRAMS: Readonly<Record<Contender, string>> = {
  ours: "worker/main.ts",
  peer: "bench/peers/express-service.ts",
};

/** Reads the environment that the image sets for the worker's process. */
export async function imageEnvironment(): Promise<Record<string, string>> {
  const dockerfile = await readFile(join(import.meta.dirname, "../..", "Dockerfile.worker"), "utf8");
  const [, ...runtime] = dockerfile.split(/^FROM /m).slice(1);
  const settings = runtime.join("\n").matchAll(/^ENV (.+)$/gm);
  return Object.fromEntries(
    [...settings].flatMap(([, line = ""]) => line.split(" ").map((pair) => pair.split(/=(.*)/).slice(0, 2))),
  );
}

interface ContenderOptions {
  readonly contender: Contender;
  readonly services: Services;
  readonly providers: Providers;
  readonly concurrency: number;
  readonly settings?: Readonly<Record<string, string>>;
  /** Whether to run two jobs first that do not count. */
  readonly warmUp?: boolean;
}

/** Starts a contender's worker. Dispose of it to stop it. */
export async function startContender({
  contender,
  services,
  providers,
  concurrency,
  settings = {},
  warmUp = true,
}: ContenderOptions) {
  await using starting = new AsyncDisposableStack();
  const worker: Measured = starting.use(
    startMeasured({
      program: PROGRAMS[contender],
      environment: {
        ...(contender === "ours" && (await imageEnvironment())),
        ...services.environment,
        ...providers.environment,
        ...settings,
        WORKER_CONCURRENCY: String(concurrency),
      },
    }),
  );
  const workload = createWorkload(services, contender);
  starting.defer(() => workload.queue.close());
  if (warmUp) await workload.run(2);
  const resources = starting.move();
  return { ...workload, worker, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}
