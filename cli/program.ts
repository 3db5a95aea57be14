/** The command line of `npx kyc`. commander parses the words, prints the help and suggests the intended command. */
import { Command as Program, type CommanderError } from "commander";
import * as z from "zod/mini";
import { VERSION } from "../lib/version.ts";
import { UsageError, type Command, type Report } from "./command.ts";

const text = z.optional(z.string());
const flag = z.optional(z.boolean());
const optionsSchema = z.object({
  since: text,
  policy: text,
  key: text,
  today: text,
  limit: text,
  reason: text,
  dryRun: flag,
  watch: flag,
});

interface ProgramOptions {
  readonly commands: Readonly<Record<string, Command>>;
  /** The text about settings and exit codes in the general help. */
  readonly about: string;
  readonly show: (report: Report) => void;
}

/**
 * Runs the command that the words name; `undefined` if they asked for help or the version. Throws {@link UsageError}.
 */
export async function runProgram(
  words: readonly string[],
  { commands, about, show }: ProgramOptions,
): Promise<Report | undefined> {
  let report: Report | undefined;
  const program = new Program("npx kyc");
  program
    .usage("<command> [options]")
    .version(VERSION)
    .option("--json", "print data instead of text")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => {} })
    .exitOverride(asUsageError(program))
    .addHelpText("after", `\n${about}`);
  for (const [name, command] of Object.entries(commands)) {
    const own = program.command(name).summary(command.summary).description(describe(command));
    own.exitOverride(asUsageError(own));
    if (command.argument !== undefined) own.argument(command.argument);
    for (const [flags, description] of command.options ?? []) own.option(flags, description);
    own.action(async () => {
      const call = { args: own.args, options: optionsSchema.parse(own.opts()), show };
      // A command can also throw before it returns its promise.
      report = await Promise.try(() => command.run(call)).catch((error: unknown) => {
        throw error instanceof UsageError ? new UsageError(error.message, own.helpInformation()) : error;
      });
    });
  }
  const isEmpty = words.every((word) => word === "--json");
  try {
    await program.parseAsync(isEmpty ? ["--help"] : words, { from: "user" });
  } catch (error) {
    if (!(error instanceof PrintedError)) throw error;
  }
  return report;
}

const describe = ({ summary, help }: Command) =>
  `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.\n\n${help.replaceAll(/(?<!\n)\n(?!\n)/g, " ")}`;

/** Thrown when commander has printed the help or the version. */
class PrintedError extends Error {
  override readonly name = "PrintedError";
}

const asUsageError = (program: Program) => (error: CommanderError) => {
  if (error.exitCode === 0) throw new PrintedError();
  const [first = "", suggestion = ""] = error.message.replace(/^error: /, "").split("\n");
  const sentence = `${first.charAt(0).toUpperCase()}${first.slice(1).replace(/\.$/, "")}.`;
  const message = suggestion === "" ? sentence : `${sentence} ${suggestion.slice(1, -1)}`;
  throw new UsageError(message, program.helpInformation());
};
