/** The ports of `npm start`. They are fixed, so that a bookmark or a setting of yesterday still works today. */
import type { Environment } from "../../lib/config.ts";
import { isPortFree } from "../servers/free-port.ts";

const HIGHEST_PORT = 65_535;

/** How many ports in a row `CONSOLE_PORT` stands for: the console's own and seven for the servers behind it. */
export const PORTS_IN_A_ROW = 8;

/** A port for each server of the stack. {@link choosePorts} */
export type StackPorts = Awaited<ReturnType<typeof choosePorts>>;

/** The variable that names the real thing; the stack then starts no server of its own. */
const REAL_THINGS: Readonly<Record<string, string>> = {
  postgres: "POSTGRES_URL",
  redis: "REDIS_URL",
  storage: "S3_ENDPOINT",
  gemini: "GEMINI_API_KEY",
  compreface: "COMPREFACE_URL",
};

/** Thrown where a port is not a number or is in use. Its message is one sentence, with what to do. */
export class PortError extends Error {
  override readonly name = "PortError";
}

/**
 * The ports that `PORT` and `CONSOLE_PORT` name, all of them free now.
 *
 * @throws {PortError}
 */
export async function choosePorts(environment: Environment) {
  const first = readPort("CONSOLE_PORT", environment["CONSOLE_PORT"] || "3100");
  const ports = {
    api: readPort("PORT", environment["PORT"] || "3000"),
    console: first,
    worker: first + 1,
    postgres: first + 2,
    redis: first + 3,
    storage: first + 4,
    gemini: first + 5,
    compreface: first + 6,
    /** Where `serverless offline` takes direct calls of a function. */
    lambda: first + 7,
  };
  const { api } = ports;
  for (const [name, port] of Object.entries(ports)) {
    if (environment[REAL_THINGS[name] ?? ""] || (await isPortFree(port))) continue;
    const [what, way] =
      name === "api"
        ? [port, `choose another: PORT=${port + 1}`]
        : [`${port} (${name})`, `move all ports behind the API's: CONSOLE_PORT=${first + 100}`];
    throw new PortError(`Port ${what} is in use. Stop what uses it, or ${way} npm start`);
  }
  const next = first + PORTS_IN_A_ROW;
  if (api < first || api >= next) return ports;
  const row = `${first} to ${next - 1}`;
  throw new PortError(
    `Port ${api} is one of the eight from CONSOLE_PORT (${row}). Choose another: PORT=${next} npm start`,
  );
}

function readPort(variable: string, value: string): number {
  const port = Number(value);
  const highest = HIGHEST_PORT - PORTS_IN_A_ROW;
  if (Number.isInteger(port) && port >= 1 && port <= highest) return port;
  throw new PortError(`${variable} must be a number from 1 to ${highest}, such as: ${variable}=3200 npm start`);
}
