/** The settings of the person at the keyboard: the environment, and under it what `.env` says. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadEnvFile } from "node:process";
import type { Environment } from "../lib/config.ts";

const ENV_FILE = join(import.meta.dirname, "..", ".env");

/** Reads `.env`, where there is one; what the environment says already stays. */
export function readEnvironment(): Environment {
  if (existsSync(ENV_FILE)) loadEnvFile(ENV_FILE);
  return process.env;
}
