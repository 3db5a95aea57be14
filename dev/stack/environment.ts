/** The settings of the person at the keyboard: the environment, and under it what `.env` says. */
import { existsSync } from "node:fs";
import { loadEnvFile } from "node:process";
import type { Environment } from "../../lib/config.ts";

/** Beside `package.json`, where npm starts its scripts. */
const ENV_FILE = ".env";

/** Reads `.env`, where there is one; what the environment says already stays. */
export function readEnvironment(): Environment {
  if (existsSync(ENV_FILE)) loadEnvFile(ENV_FILE);
  return process.env;
}
