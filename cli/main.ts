#!/usr/bin/env node
/** `npx kyc`: runs an operator's command and prints its report. Each command has a file of its own. */
import { existsSync } from "node:fs";
import { loadEnvFile } from "node:process";
import { ConfigError, processEnvironment } from "../lib/config.ts";
import { describeError } from "../lib/errors.ts";
import { asErrorData, UsageError, type Command, type Report } from "./command.ts";
import { assess } from "./commands/assess.ts";
import { doctor } from "./doctor/doctor.ts";
import { failed } from "./commands/failed.ts";
import { DependencyError, SETTING_OF } from "./doctor/dependency.ts";
import { pause, resume } from "./commands/pause.ts";
import { runProgram } from "./program.ts";
import { read } from "./commands/read.ts";
import { replay } from "./commands/replay.ts";
import { requeue } from "./commands/requeue.ts";
import { reseal } from "./commands/reseal.ts";
import { retry } from "./commands/retry.ts";
import { show } from "./commands/show.ts";
import { stats } from "./commands/stats.ts";
import { status } from "./commands/status.ts";

const COMMANDS: Readonly<Record<string, Command>> = {
  status,
  failed,
  stats,
  doctor,
  show,
  retry,
  requeue,
  pause,
  resume,
  reseal,
  replay,
  assess,
  read,
};

/** The file in which `npm start` leaves the settings of its stack, including those of `.env`. */
const STACK_FILE = ".local/stack.env";

const CONFIGURATION = `The configuration is read from the environment, from the stack that npm start runs in this
folder (${STACK_FILE}), and from .env.`;

const ABOUT = `Exit codes: 0 if all is well, 1 if something is wrong, 2 if the call is wrong.
${CONFIGURATION}`;

interface Failure {
  readonly exitCode: 1 | 2;
  readonly code: string;
  readonly message: string;
  /** Printed after the message. */
  readonly more?: string;
}

async function main(words: readonly string[]): Promise<number> {
  const asJson = words.includes("--json");
  const given = new Set(Object.keys(processEnvironment()));
  try {
    const hasStack = loadSettings();
    const show = (report: Report) => console.log(asJson ? JSON.stringify(report.data) : report.report);
    const report = await runProgram(words, { commands: COMMANDS, about: ABOUT, show }).catch((error: unknown) => {
      throw hasStack && error instanceof DependencyError && !given.has(SETTING_OF[error.dependency])
        ? new LeftBehindError(error)
        : error;
    });
    return report === undefined ? 0 : print(report, asJson);
  } catch (error) {
    const { exitCode, code, message, more } = explain(error);
    if (asJson) console.log(JSON.stringify(asErrorData(code, message), null, 2));
    else console.error(more === undefined ? message : `${message}\n\n${more}`);
    return exitCode;
  }
}

function print({ ok, report, data, notice }: Report, asJson: boolean): number {
  // Data goes into a pipe, so the notice must not be part of it.
  if (asJson && notice !== undefined) console.error(notice);
  const text = notice === undefined ? report : `${notice}\n\n${report}`;
  console.log(asJson ? JSON.stringify(data, null, 2) : text);
  return ok ? 0 : 1;
}

/** Loads the stack's settings and `.env`. The environment overrides the stack's settings, and those override `.env`. */
function loadSettings(): boolean {
  const [hasStack] = [STACK_FILE, ".env"].map((file) => {
    const isThere = existsSync(file);
    if (isThere) loadEnvFile(file);
    return isThere;
  });
  return hasStack === true;
}

/** Thrown when a dependency of the local stack fails: the stack may have ended and left its settings behind. */
class LeftBehindError extends Error {
  override readonly name = "LeftBehindError";
  readonly dependency: DependencyError;

  constructor(error: DependencyError) {
    super(`${error.message} If the stack of npm start is gone, delete ${STACK_FILE}, which it left behind.`);
    this.dependency = error;
  }
}

const DOCTOR = "To check every dependency: npx kyc doctor";

function explain(error: unknown): Failure {
  if (error instanceof UsageError) {
    const { message, usage } = error;
    return { exitCode: 2, code: "usage", message, ...(usage !== undefined && { more: usage }) };
  }
  if (error instanceof ConfigError) {
    const more = `${CONFIGURATION} To try it without a configuration: npm start, in another terminal.`;
    return { exitCode: 2, code: "configuration", message: error.message, more };
  }
  if (error instanceof DependencyError || error instanceof LeftBehindError) {
    const { code } = error instanceof DependencyError ? error : error.dependency;
    return { exitCode: 1, code, message: error.message, more: DOCTOR };
  }
  const { kind, code = "no code", at = "" } = describeError(error);
  const message = `An unexpected error (${kind}, ${code}). Please report it.`;
  return { exitCode: 1, code: "internal_error", message, more: at };
}

process.exitCode = await main(process.argv.slice(2));
