/** Runs the functions in a process with its own clock and signals. (The stage's own API runs in the test's process.) */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../dev/servers/free-port.ts";
import { startServerProcess } from "../../dev/servers/server-process.ts";

const PROGRAM = join(import.meta.dirname, "../../home/main.ts");

/** Starts the functions with the stage's variables and `variables`. */
export async function startApiProcess(
  environment: Readonly<Record<string, string>>,
  variables: Readonly<Record<string, string>> = {},
) {
  const apiPort = await freePort();
  const server = await startServerProcess({
    name: "functions",
    command: process.execPath,
    args: () => [PROGRAM],
    readyLine: /"functions ready"/,
    stopSignal: "SIGTERM",
    scratch: await mkdtemp(join(tmpdir(), "kyc-api-")),
    environment: { PATH: process.env["PATH"], ...environment, ...variables, API_PORT: String(apiPort) },
  });
  return {
    kill: server.kill,
    /** Sends `POST /api/v1/process`. Resolves with the status. */
    async submit(submission: object): Promise<number> {
      const response = await fetch(`http://127.0.0.1:${apiPort}/api/v1/process`, {
        method: "POST",
        headers: { "x-service-token": environment["KYC_SERVICE_SECRET"] ?? "" },
        body: JSON.stringify(submission),
      });
      await response.arrayBuffer();
      return response.status;
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
}
