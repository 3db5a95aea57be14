/** The settings of the stack that `npm start` runs, in a file, so that `npx kyc` finds that stack from another terminal. */
import { SECTIONS } from "../../lib/settings.ts";
import { writePrivateFile } from "./private-file.ts";

const STACK_FILE = ".local/stack.env";

/** Writes the file; disposing of what is returned takes it away. */
export function writeStackFile(environment: Readonly<Record<string, string>>): Promise<AsyncDisposable> {
  const settings: readonly string[] = Object.values(SECTIONS).flatMap((section) => Object.keys(section));
  const lines = settings.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [`${name}=${quote(value)}`];
  });
  const head = "# The stack that npm start runs, for npx kyc and for shells. It is taken away when the stack stops.";
  return writePrivateFile(STACK_FILE, `${[head, ...lines].join("\n")}\n`);
}

/** As Node and a shell both read it. */
const quote = (value: string) => (value.includes("'") ? `"${value}"` : `'${value}'`);
