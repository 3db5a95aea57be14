#!/usr/bin/env node
/** `npx kyc`: what an operator needs at night. Commands live in files of their own; this one only finds and runs them. */
import { existsSync } from "node:fs";
import { loadEnvFile } from "node:process";
import { parseArgs } from "node:util";
import { ConfigError } from "../lib/config.ts";
import { doctor } from "./doctor.ts";
import { replay } from "./replay.ts";
import { reseal } from "./reseal.ts";
import { retry } from "./retry.ts";
import { show } from "./show.ts";
import { stats } from "./stats.ts";
import { status } from "./status.ts";
import { UsageError, type Command } from "./command.ts";

const COMMANDS: Readonly<Record<string, Command>> = { show, status, retry, stats, reseal, replay, doctor };

const USAGE = `Usage: npx kyc <command> [options]

${Object.values(COMMANDS)
  .map(({ usage, summary }) => `  ${usage.padEnd(34)} ${summary}`)
  .join("\n")}

Every command takes --json. The configuration is read from the environment and from .env, as the worker reads it.`;

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  if (existsSync(".env")) loadEnvFile(".env");
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
        policy: { type: "string" },
        hours: { type: "string" },
        key: { type: "string" },
      },
    });
    const [name, ...args] = positionals;
    const command = name === undefined ? undefined : COMMANDS[name];
    if (values.help || name === undefined) {
      console.log(USAGE);
      return 0;
    }
    if (command === undefined) throw new UsageError(`There is no command "${name}".`);
    const { ok, report, data } = await command.run({ args, options: values });
    console.log(values.json ? JSON.stringify(data, null, 2) : report);
    return ok ? 0 : 1;
  } catch (error) {
    return explain(error);
  }
}

function explain(error: unknown): number {
  if (error instanceof UsageError || (error instanceof TypeError && "code" in error)) {
    console.error(`${error.message}\n\n${USAGE}`);
    return 2;
  }
  if (error instanceof ConfigError) {
    console.error(error.message);
    return 2;
  }
  const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
  console.error(
    `${error instanceof Error ? error.name : "Error"}${code}: a neighbour could not be asked. Run: npx kyc doctor`,
  );
  return 1;
}
