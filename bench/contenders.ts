/** The two services that are compared: ours as it is deployed, and the peer. */
import type { Providers } from "./providers.ts";
import { startMeasured, type Measured } from "./measured-process.ts";
import type { Services } from "./services.ts";
import { createWorkload, type Contender } from "./workload.ts";

const PROGRAMS: Readonly<Record<Contender, string>> = {
  ours: "worker/main.ts",
  peer: "bench/peers/express-service.ts",
};

interface ContenderOptions {
  readonly contender: Contender;
  readonly services: Services;
  readonly providers: Providers;
  readonly concurrency: number;
  readonly settings?: Readonly<Record<string, string>>;
  /** Two jobs that do not count. */
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
