/** The ports of `npm start`. They are fixed, so that a bookmark or a setting of yesterday still works today. */
import type { Environment } from "../../lib/config.ts";
import { isPortFree } from "../servers/free-port.ts";

const HIGHEST_PORT = 65_535;

/** How many ports in a row `CONSOLE_PORT` stands for: the console's own and seven for the servers behind it. */
export const PORTS_IN_A_ROW = 8;

/** A port for each server of the stack. */
export interface StackPorts {
  readonly api: number;
  /** Where `serverless offline` takes direct calls of a function. */
  readonly lambda: number;
  readonly console: number;
  readonly worker: number;
  readonly postgres: number;
  readonly redis: number;
  readonly storage: number;
  readonly gemini: number;
  readonly compreface: number;
}

/** The variable that names the real thing; the stack then starts no server of its own. */
const REAL_THINGS = new Map([
  ["postgres", "POSTGRES_URL"],
  ["redis", "REDIS_URL"],
  ["storage", "S3_ENDPOINT"],
  ["gemini", "GEMINI_API_KEY"],
  ["compreface", "COMPREFACE_URL"],
]);

/** Thrown where a port is not a number or is in use. Its message is one sentence, with what to do. */
export class PortError extends Error {
  override readonly name = "PortError";
}

/**
 * The ports that `PORT` and `CONSOLE_PORT` name, all of them free now.
 *
 * @throws {PortError}
 */
export async function choosePorts(environment: Environment): Promise<StackPorts> {
  const first = readPort("CONSOLE_PORT", environment["CONSOLE_PORT"] || "3100");
  const ports: StackPorts = {
    api: readPort("PORT", environment["PORT"] || "3000"),
    console: first,
    worker: first + 1,
    postgres: first + 2,
    redis: first + 3,
    storage: first + 4,
    gemini: first + 5,
    compreface: first + 6,
    lambda: first + 7,
  };
  for (const [name, port] of Object.entries(ports)) {
    if (environment[REAL_THINGS.get(name) ?? ""]) continue;
    if (!(await isPortFree(port))) throw new PortError(inUse(name, port, ports));
  }
  if (ports.api >= first && ports.api < first + PORTS_IN_A_ROW) throw new PortError(inRow(ports));
  return ports;
}

function readPort(variable: string, value: string): number {
  const port = Number(value);
  const highest = HIGHEST_PORT - PORTS_IN_A_ROW;
  if (Number.isInteger(port) && port >= 1 && port <= highest) return port;
  throw new PortError(`${variable} must be a number from 1 to ${highest}, such as: ${variable}=3200 npm start`);
}

function inRow({ api, console: first }: StackPorts): string {
  const next = first + PORTS_IN_A_ROW;
  return (
    `Port ${api} is one of the eight from CONSOLE_PORT (${first} to ${next - 1}). ` +
    `Choose another: PORT=${next} npm start`
  );
}

function inUse(name: string, port: number, { api, console: first }: StackPorts): string {
  if (name === "api") return `Port ${port} is in use. Stop what uses it, or choose another: PORT=${api + 1} npm start`;
  return (
    `Port ${port} (${name}) is in use. Stop what uses it, or move all ports behind the API's: ` +
    `CONSOLE_PORT=${first + 100} npm start`
  );
}
