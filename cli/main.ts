#!/usr/bin/env node
/** `npx kyc`: what an operator needs at night. Commands live in files of their own; this one only finds and runs them. */
import { existsSync } from "node:fs";
import { loadEnvFile } from "node:process";
import { parseArgs } from "node:util";
import { ConfigError } from "../lib/config.ts";
import { EnvelopeError } from "../lib/envelope.ts";
import { doctor } from "./doctor.ts";
import { replay } from "./replay.ts";
import { reseal } from "./reseal.ts";
import { retry } from "./retry.ts";
import { show } from "./show.ts";
import { stats } from "./stats.ts";
import { status } from "./status.ts";
import { UsageError, type Command } from "./command.ts";

const COMMANDS: Readonly<Record<string, Command>> = { show, status, retry, stats, reseal, replay, doctor };

/** Where `npm start` leaves the settings of the stack that it runs. They hold those of `.env`. */
const STACK_FILE = ".local/stack.env";

const CONFIGURATION = `The configuration is read from the environment, from what npm start runs in this folder (${STACK_FILE}), and from .env.`;

const USAGE = `Usage: npx kyc <command> [options]

${Object.values(COMMANDS)
  .map(({ usage, summary }) => `  ${usage.padEnd(34)} ${summary}`)
  .join("\n")}

Every command takes --json and --help. It exits with 0, with 1 where something is wrong, and with 2 where it was not called
as it must be. ${CONFIGURATION}`;

const usageOf = ({ usage, summary, help }: Command) =>
  `Usage: npx kyc ${usage} [--json]\n\n${summary}\n\n${help}\n${CONFIGURATION}`;

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  let command: Command | undefined;
  const hasStack = loadSettings();
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
    if (name === undefined) {
      console.log(USAGE);
      return 0;
    }
    command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (command === undefined) throw new UsageError(`There is no command "${name}".`);
    if (values.help) {
      console.log(usageOf(command));
      return 0;
    }
    const { ok, report, data } = await command.run({ args, options: values });
    console.log(values.json ? JSON.stringify(data, null, 2) : report);
    return ok ? 0 : 1;
  } catch (error) {
    return explain(error, command, hasStack);
  }
}

/** What the environment says already stays; the same for what the stack says against `.env`. */
function loadSettings(): boolean {
  const [hasStack] = [STACK_FILE, ".env"].map((file) => {
    const isThere = existsSync(file);
    if (isThere) loadEnvFile(file);
    return isThere;
  });
  return hasStack === true;
}

function explain(error: unknown, command: Command | undefined, hasStack: boolean): number {
  if (error instanceof UsageError || (error instanceof TypeError && "code" in error)) {
    console.error(`${error.message}\n\n${command === undefined ? USAGE : usageOf(command)}`);
    return 2;
  }
  if (error instanceof EnvelopeError) {
    console.error(error.message);
    return 1;
  }
  if (error instanceof ConfigError) {
    console.error(`${error.message}\n\n${CONFIGURATION} To try it without any: npm start, in another terminal.`);
    return 2;
  }
  const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
  const name = error instanceof Error ? error.name : "Error";
  const hint = hasStack ? ` If the stack of npm start is gone, delete ${STACK_FILE}, which it has left behind.` : "";
  console.error(
    `${name}${code}: a neighbour could not be asked. See which, and how to mend it: npx kyc doctor.${hint}`,
  );
  return 1;
}
