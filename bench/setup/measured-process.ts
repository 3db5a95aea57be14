/** Starts a program with the probe in it, and measures its process. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import * as z from "zod/mini";
import type { ProcessState } from "./probe.ts";

const PROBE = join(import.meta.dirname, "probe.ts");

const stateSchema = z.object({ peakBytes: z.number(), cpuMs: z.number(), loopDelayP99Ms: z.number() });

interface ProgramOptions {
  readonly program: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Starts a program of this repository. Dispose of it to stop it. */
export function startMeasured({ program, environment }: ProgramOptions) {
  const child = fork(join(import.meta.dirname, "../..", program), {
    execArgv: ["--import", PROBE],
    env: { PATH: process.env["PATH"], TZ: "UTC", ...environment },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ended = once(child, "exit");

  async function ask(question: "begin" | "report"): Promise<unknown> {
    child.send(question);
    const [answer]: unknown[] = await once(child, "message");
    return answer;
  }

  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await ended;
  };

  return {
    /** Starts the measurement. */
    begin: async (): Promise<void> => void (await ask("begin")),
    /** Returns the measurements since then. */
    report: async (): Promise<ProcessState> => stateSchema.parse(await ask("report")),
    kill,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) await kill("SIGTERM");
    },
  };
}

export type Measured = ReturnType<typeof startMeasured>;
