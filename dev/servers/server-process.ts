/** Servers that are programs of their own: start, signals, stop. */
import { spawn } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ConstantBackoff, handleWhen, retry } from "cockatiel";
import { freePort } from "./free-port.ts";
import { type Keeper, startKeeper } from "./keeper.ts";

/** A server that is a program of its own, and how to run it. */
export interface ServerProgram {
  readonly name: string;
  readonly command: string;
  readonly args: (port: number) => readonly string[];
  /** Any free port by default. */
  readonly port?: number | undefined;
  /** A line of its output that says it now takes connections. */
  readonly readyLine: RegExp;
  /** The signal on which it stops at once, but in order. */
  readonly stopSignal?: NodeJS.Signals;
  /** A folder of its own, which it runs in by default. It is removed when the server is stopped. */
  readonly scratch?: string;
  readonly workingDirectory?: string | undefined;
  /**
   * All of its environment. By default it has nothing of this process: a PGPORT, a locale or a preloaded library of the
   * developer must not change what a server does, nor the words of the lines that are looked for here.
   */
  readonly environment?: NodeJS.ProcessEnv;
  /** After a crash, only its next start frees what it held of the system: it is started again before it is stopped. */
  readonly freesAtStart?: boolean;
  /** The user to run as, for a server that refuses to run as root. */
  readonly runAs?: { readonly uid: number; readonly gid: number } | undefined;
  readonly log?: ((line: string) => void) | undefined;
}

/** A last resort for a server that hangs. A server that fails ends, and is reported at once. A loaded machine needs minutes. */
const START_TIMEOUT_MS = 300_000;
const ENDING_SIGNALS = new Set<NodeJS.Signals>(["SIGKILL", "SIGTERM", "SIGINT"]);
const END_TIMEOUT_MS = 30_000;
const LINGER_MS = 2_000;
const LINES_KEPT = 30;

/** The environment of a program that must not depend on the developer's. */
export const SERVER_ENVIRONMENT = { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C" };

/** Another process took the port, or what a killed server left behind is not gone yet: worth another try. */
const TRANSIENT_FAILURE = /already in use|pre-existing shared memory block|lock file .* already exists/i;
const starting = retry(
  handleWhen((error) => TRANSIENT_FAILURE.test(String(error))),
  { maxAttempts: 100, backoff: new ConstantBackoff(100) },
);

/** Thrown when a server does not start. The message ends with the last lines of its output; `sentence` leaves them out. */
export class ServerStartError extends Error {
  override readonly name = "ServerStartError";
  readonly sentence: string;

  constructor(what: string, output: readonly string[] = []) {
    super(output.length === 0 ? what : [`${what}:`, ...output].join("\n"));
    this.sentence = `${what}.`;
  }
}

/**
 * Starts a server on a free port of 127.0.0.1 and waits until it takes connections.
 *
 * It runs in a process group of its own, so that Ctrl-C in a terminal reaches only its parent, who decides in which order
 * things stop. If the parent dies without stopping it, a {@link startKeeper keeper} does.
 *
 * @throws {ServerStartError}
 */
export async function startServerProcess(program: ServerProgram) {
  const { stopSignal = "SIGTERM" } = program;
  const keeper = startKeeper(stopSignal, program.scratch ?? (await mkdtemp(join(tmpdir(), "kyc-"))));
  const stopping = new AbortController();
  const start = (wantedPort?: number) =>
    starting.execute(async () => {
      const port = wantedPort ?? (await freePort());
      stopping.signal.throwIfAborted();
      return launch(program, keeper, port);
    });

  let running = await start(program.port).catch(async (error: unknown) => {
    await keeper.finish();
    throw error;
  });
  const { port } = running;
  const hasEnded = () => running.child.exitCode !== null || running.child.signalCode !== null;

  async function restartOnce(): Promise<void> {
    const { child, gone } = running;
    child.kill(stopSignal);
    // A frozen server ends only when it goes on.
    child.kill("SIGCONT");
    const force = setTimeout(() => child.kill("SIGKILL"), END_TIMEOUT_MS);
    await gone;
    clearTimeout(force);
    running = await start(port);
  }
  let restarted = Promise.resolve();
  /** Starts it again on the same port and data, after stopping it in order if it still runs. */
  const restart = () => (restarted = restartOnce());

  async function stopOnce(): Promise<void> {
    if (program.freesAtStart === true) {
      await Promise.allSettled([restarted]);
      if (hasEnded()) await restart();
    }
    // Otherwise a restart that nobody waits for would start the server again after its end.
    stopping.abort(new ServerStartError(`${program.name} was stopped while it was starting`));
    await keeper.finish();
    await Promise.allSettled([restarted]);
    await running.gone;
  }
  let stopped: Promise<void> | undefined;
  /** Stops it in order, by force after 10 s, and removes its scratch folder. */
  const stop = () => (stopped ??= stopOnce());

  return {
    port,
    get pid() {
      return running.pid;
    },
    /** Whether it ended, other than by `stop`. */
    get ended() {
      return hasEnded();
    },
    /** Sends a signal; resolves once the server is gone, if it is one to end it, and at once if not (SIGSTOP, SIGUSR2). */
    async kill(signal: NodeJS.Signals): Promise<void> {
      running.child.kill(signal);
      if (ENDING_SIGNALS.has(signal)) await running.gone;
    },
    restart,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Starts the program once. Resolves when it is ready. */
async function launch({ name, readyLine, log, ...program }: ServerProgram, keeper: Keeper, port: number) {
  const child = spawn(program.command, program.args(port), {
    ...program.runAs,
    cwd: program.workingDirectory ?? keeper.folder,
    env: program.environment ?? SERVER_ENVIRONMENT,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (child.pid === undefined) {
    const { message } = await new Promise<Error>((resolve) => child.once("error", resolve));
    throw new ServerStartError(`${name} cannot be run: ${message}`);
  }
  keeper.watch(child.pid);
  child.once("exit", () => keeper.forget());
  const lines: string[] = [];
  const ready = Promise.withResolvers<void>();
  const fail = (what: string) => ready.reject(new ServerStartError(`${name} ${what}`, lines));
  for (const input of [child.stdout, child.stderr])
    createInterface({ input }).on("line", (line) => {
      if (lines.push(line) > LINES_KEPT) lines.shift();
      log?.(line);
      if (readyLine.test(line)) ready.resolve();
    });
  /** Resolves when the process is gone and, if they do not linger, its children too. */
  const gone = new Promise<void>((resolve) => {
    child.once("exit", () => setTimeout(resolve, LINGER_MS).unref());
    child.once("close", () => {
      fail("stopped while it was starting");
      resolve();
    });
  });
  const timer = setTimeout(() => {
    fail(`was not ready after ${START_TIMEOUT_MS / 1000} s`);
    child.kill("SIGKILL");
  }, START_TIMEOUT_MS);
  await ready.promise.finally(() => clearTimeout(timer));
  return { child, pid: child.pid, port, gone };
}
