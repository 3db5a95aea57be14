/** The words behind `npx kyc`: which command with what, or what is wrong with them. */
import { parseArgs } from "node:util";
import { UsageError, type Command, type Options, type OwnOption } from "./command.ts";

/** What was asked for. */
export type Call =
  | { readonly wants: "help"; readonly command: Command | undefined }
  | { readonly wants: "version" }
  | { readonly wants: "run"; readonly command: Command; readonly args: readonly string[]; readonly options: Options };

/** An example of each option that has a value. */
const EXAMPLES: Readonly<Record<OwnOption, string>> = {
  policy: "--policy policy.json",
  hours: "--hours 24",
  key: "--key kyc/456/passport.jpg",
  today: "--today 2026-11-22",
};
const FLAGS: ReadonlySet<string> = new Set(["json", "help", "version"]);

const isOwnOption = (name: string): name is OwnOption => Object.hasOwn(EXAMPLES, name);

type Commands = Readonly<Record<string, Command>>;

/** Node's own checks are left out, since their texts are about its API. */
const parse = (words: readonly string[]) =>
  parseArgs({
    args: [...words],
    allowPositionals: true,
    strict: false,
    tokens: true,
    options: {
      json: { type: "boolean" },
      help: { type: "boolean", short: "h" },
      version: { type: "boolean" },
      policy: { type: "string" },
      hours: { type: "string" },
      key: { type: "string" },
      today: { type: "string" },
    },
  });

type Token = ReturnType<typeof parse>["tokens"][number];

/** The command that the words name, if there is such a one. */
export function findCommand(words: readonly string[], commands: Commands): Command | undefined {
  const [name, about] = parse(words).positionals;
  return commandOf(name === "help" ? about : name, commands);
}

const commandOf = (name: string | undefined, commands: Commands) =>
  name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;

/** Reads the words. Throws {@link UsageError}. */
export function readCall(words: readonly string[], commands: Commands): Call {
  const { values, positionals, tokens } = parse(words);
  const asksForHelp = positionals[0] === "help";
  const [name, ...args] = asksForHelp ? positionals.slice(1) : positionals;
  const command = commandOf(name, commands);
  if (name !== undefined && command === undefined) throw new UsageError(`There is no command "${name}".`);
  if (values["version"] === true) return { wants: "version" };
  if (asksForHelp || values["help"] === true) return { wants: "help", command };
  if (name === undefined || command === undefined) {
    const stray = optionsOf(tokens).find(({ rawName }) => rawName !== "--json");
    if (stray !== undefined) throw new UsageError(`Name a command; ${stray.rawName} alone means nothing.`);
    return { wants: "help", command: undefined };
  }
  return {
    wants: "run",
    command,
    args: checkArguments(name, command, args),
    options: readOptions(name, command, tokens),
  };
}

function checkArguments(
  name: string,
  { isAboutRecord, isAboutPicture = false }: Command,
  args: readonly string[],
): readonly string[] {
  const [first, second] = args;
  if (isAboutPicture) {
    if (first === undefined || second !== undefined)
      throw new UsageError(`"${name}" reads one picture: name its file.`);
    return args;
  }
  if (isAboutRecord && second !== undefined)
    throw new UsageError(`"${name}" is about one record: call it once for each kycId.`);
  if (!isAboutRecord && args[0] !== undefined) throw new UsageError(`"${name}" does nothing with "${args[0]}".`);
  return args;
}

const optionsOf = (tokens: readonly Token[]) => tokens.filter((token) => token.kind === "option");

function readOptions(command: string, { options: allowed }: Command, tokens: readonly Token[]): Options {
  const options: Partial<Record<OwnOption, string>> = {};
  for (const { name, rawName, value } of optionsOf(tokens)) {
    if (FLAGS.has(name)) {
      if (value !== undefined) throw new UsageError(`${rawName} takes no value.`);
      continue;
    }
    if (!isOwnOption(name)) throw new UsageError(`There is no option ${rawName}.`);
    if (!allowed.includes(name)) throw new UsageError(`"${command}" takes no ${rawName}.`);
    if (value === undefined || value === "") throw new UsageError(`${rawName} needs a value: ${EXAMPLES[name]}`);
    options[name] = value;
  }
  return options;
}
