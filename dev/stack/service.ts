/** The service itself on a laptop: the functions behind `serverless offline`, and the worker, as processes of their own. */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { freePort } from "../servers/free-port.ts";
import { startServerProcess } from "../servers/server-process.ts";
import type { StackPorts } from "./ports.ts";

const HOST = "127.0.0.1";
const ROOT = join(import.meta.dirname, "../..");

interface ServiceOptions {
  /** The variables of `.env.example`, all of them set. */
  readonly environment: Readonly<Record<string, string>>;
  readonly log?: ((line: string) => void) | undefined;
  /** Any free ports by default. */
  readonly ports?: StackPorts | undefined;
}

/** What a Node program needs of this process's environment, beside its configuration. */
const inherited = () => ({ PATH: process.env["PATH"], HOME: process.env["HOME"] });

/** Starts the functions behind `serverless offline`. */
export async function startFunctions({ environment, log, ports }: ServiceOptions) {
  const lambdaPort = ports?.lambda ?? (await freePort());
  const scratch = await mkdtemp(join(tmpdir(), "kyc-"));
  const server = await startServerProcess({
    name: "serverless offline",
    command: process.execPath,
    port: ports?.api,
    args: (port) => [
      join(ROOT, "node_modules/serverless/bin/serverless.js"),
      "offline",
      `--host=${HOST}`,
      `--httpPort=${port}`,
      `--lambdaPort=${lambdaPort}`,
      // On a loaded machine a first call takes longer than the functions' timeouts, which are for AWS.
      "--noTimeout",
      "--noSponsor",
    ],
    readyLine: /Server ready/,
    scratch,
    workingDirectory: ROOT,
    environment: {
      ...inherited(),
      SLS_TELEMETRY_DISABLED: "1",
      SLS_NOTIFICATIONS_MODE: "off",
      // Two stacks that share the folder of the bundles would pull them away from under each other.
      KYC_BUILD_FOLDER: relative(ROOT, join(scratch, "bundles")),
      ...environment,
    },
    log,
  });
  const lambdaUrl = `http://${HOST}:${lambdaPort}/2015-03-31/functions`;
  return Object.assign(server, {
    url: `http://${HOST}:${server.port}`,
    lambdaUrl,
    /** Invokes a function directly, as EventBridge does; resolves with what it returns. */
    async invoke(name: string): Promise<unknown> {
      const response = await fetch(`${lambdaUrl}/kyc-dev-${name}/invocations`, { method: "POST", body: "{}" });
      if (!response.ok) throw new Error(`The function ${name} failed with HTTP ${response.status}`);
      return response.json();
    },
  });
}

/** Starts a worker. */
export async function startWorker({ environment, log, ports }: ServiceOptions) {
  const healthPort = ports?.worker ?? (await freePort());
  const server = await startServerProcess({
    name: "worker",
    command: process.execPath,
    args: () => [join(ROOT, "worker/main.ts")],
    readyLine: /"msg":"worker ready"/,
    environment: { ...inherited(), TZ: "UTC", ...environment, WORKER_HEALTH_PORT: String(healthPort) },
    log,
  });
  // Not a copy: what the process is now is asked of it each time.
  return Object.assign(server, { healthUrl: `http://${HOST}:${healthPort}/health` });
}
