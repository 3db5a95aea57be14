/** Servers that are programs of their own: start, signals, stop. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
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
  readonly stopSignal: NodeJS.Signals;
  /** A folder of its own, which it runs in by default. It is removed when the server is stopped. */
  readonly scratch: string;
  readonly workingDirectory?: string;
  /** All of its environment. */
  readonly environment?: NodeJS.ProcessEnv;
  /** After a crash, only its next start frees what it held of the system: it is started again before it is stopped. */
  readonly freesAtStart?: boolean;
  /** The user to run as, for a server that refuses to run as root. */
  readonly runAs?: { readonly uid: number; readonly gid: number };
  readonly log?: ((line: string) => void) | undefined;
}

/** A last resort for a server that hangs. A server that fails ends, and is reported at once. A loaded machine needs minutes. */
const START_TIMEOUT_MS = 300_000;
const END_TIMEOUT_MS = 30_000;
const START_TRIES = 100;
const RETRY_DELAY_MS = 100;
const LINES_KEPT = 30;
const ENDING_SIGNALS = new Set<NodeJS.Signals>(["SIGKILL", "SIGTERM", "SIGINT", "SIGQUIT", "SIGABRT"]);

/*
 * Servers get only this environment: a PGPORT, a locale or a preloaded library of the developer must not change what they
 * do, nor the words of the lines that are looked for here.
 */
const SERVER_ENVIRONMENT = { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C" };

/** Another process took the port, or what a killed server left behind is not gone yet: worth another try. */
const TRANSIENT_FAILURE = /already in use|pre-existing shared memory block|lock file .* already exists/i;

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
  const keeper = startKeeper({ stopSignal: program.stopSignal, folder: program.scratch });
  const stopping = new AbortController();
  const launchOn = (nextPort: () => Promise<number>) => launch(program, keeper, nextPort, stopping.signal);
  let running: Running;
  try {
    running = await launchOn(async () => program.port ?? freePort());
  } catch (error) {
    await keeper.finish();
    throw error;
  }
  const { port } = running;

  const hasEnded = () => running.child.exitCode !== null || running.child.signalCode !== null;

  async function restartOnce(): Promise<void> {
    await endInOrder(running, program.stopSignal);
    running = await launchOn(async () => port);
  }
  let restarted = Promise.resolve();
  /** Starts it again on the same port and data, after stopping it in order if it still runs. */
  const restart = () => (restarted = restartOnce());
  // The caller of `restart` gets its error; to stop, it is enough that it is over.
  const restartIsOver = () => restarted.catch(() => {});

  async function stopOnce(): Promise<void> {
    if (program.freesAtStart === true) {
      await restartIsOver();
      if (hasEnded()) await restart();
    }
    // Otherwise a restart that nobody waits for would start the server again after its end.
    stopping.abort(new ServerStartError(`${program.name} was stopped while it was starting`));
    await keeper.finish();
    await restartIsOver();
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
    /** Sends a signal; resolves once the server is gone, if it is one to end it, and at once if not (SIGSTOP). */
    async kill(signal: NodeJS.Signals): Promise<void> {
      running.child.kill(signal);
      if (ENDING_SIGNALS.has(signal)) await running.gone;
    },
    restart,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly port: number;
  /** Resolves when the process is gone and, if they do not linger, its children too. */
  readonly gone: Promise<void>;
}

/** Ends a server by its signal, frozen or not; by force if it has not ended after {@link END_TIMEOUT_MS}. */
async function endInOrder({ child, gone }: Running, stopSignal: NodeJS.Signals): Promise<void> {
  child.kill(stopSignal);
  child.kill("SIGCONT");
  const force = setTimeout(() => child.kill("SIGKILL"), END_TIMEOUT_MS);
  await gone;
  clearTimeout(force);
}

async function launch(
  program: ServerProgram,
  keeper: Keeper,
  nextPort: () => Promise<number>,
  stopping: AbortSignal,
): Promise<Running> {
  for (let tries = 1; ; tries++) {
    try {
      const port = await nextPort();
      stopping.throwIfAborted();
      return await launchOnce(program, keeper, port);
    } catch (error) {
      stopping.throwIfAborted();
      if (tries === START_TRIES || !TRANSIENT_FAILURE.test(String(error))) throw error;
      await delay(RETRY_DELAY_MS);
    }
  }
}

async function launchOnce(program: ServerProgram, keeper: Keeper, port: number): Promise<Running> {
  const child = spawn(program.command, program.args(port), {
    ...program.runAs,
    cwd: program.workingDirectory ?? program.scratch,
    env: program.environment ?? SERVER_ENVIRONMENT,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (child.pid !== undefined) keeper.watch(child.pid);
  child.once("exit", () => keeper.forget());
  const closed = once(child, "close").then(() => {});
  const gone = once(child, "exit").then(() => Promise.race([closed, delay(2000, undefined, { ref: false })]));
  // A program that cannot be run rejects both of these too; the wait for readiness reports that error.
  gone.catch(() => {});
  closed.catch(() => {});
  await untilReady(child, program);
  if (child.pid === undefined) throw new Error(`${program.name} has no process id`);
  return { child, pid: child.pid, port, gone };
}

async function untilReady(child: ChildProcess, { name, readyLine, log }: ServerProgram): Promise<void> {
  const lines: string[] = [];
  const ready = Promise.withResolvers<void>();
  const fail = (what: string) => ready.reject(new ServerStartError(`${name} ${what}`, lines));
  for (const input of [child.stdout, child.stderr]) {
    if (input === null) continue;
    createInterface({ input }).on("line", (line) => {
      if (lines.push(line) > LINES_KEPT) lines.shift();
      log?.(line);
      if (readyLine.test(line)) ready.resolve();
    });
  }
  child.once("error", (error) => ready.reject(new ServerStartError(`${name} cannot be run: ${error.message}`)));
  child.once("close", () => fail("stopped while it was starting"));
  const timer = setTimeout(() => {
    fail(`was not ready after ${START_TIMEOUT_MS / 1000} s`);
    child.kill("SIGKILL");
  }, START_TIMEOUT_MS);
  try {
    await ready.promise;
  } finally {
    clearTimeout(timer);
  }
}
