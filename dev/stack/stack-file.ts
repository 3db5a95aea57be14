/** The settings of the stack that `npm start` runs, in a file, so that `npx kyc` finds that stack from another terminal. */
import { SECTIONS } from "../../lib/settings.ts";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** Beside `package.json`, where npm starts its scripts. Git ignores it. */
const STACK_FILE = ".local/stack.env";

const SETTINGS: readonly string[] = Object.values(SECTIONS).flatMap((section) => Object.keys(section));

/** Writes the file, for its owner only; disposing of what is returned takes it away. */
export async function writeStackFile(environment: Readonly<Record<string, string>>): Promise<AsyncDisposable> {
  const lines = SETTINGS.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [`${name}=${quote(value)}`];
  });
  const head = "# The stack that npm start runs, for npx kyc and for shells. It is taken away when the stack stops.";
  await mkdir(dirname(STACK_FILE), { recursive: true });
  await rm(STACK_FILE, { force: true });
  await writeFile(STACK_FILE, `${[head, ...lines].join("\n")}\n`, { mode: 0o600 });
  return { [Symbol.asyncDispose]: () => rm(STACK_FILE, { force: true }) };
}

/** As Node and a shell both read it. */
const quote = (value: string) => (value.includes("'") ? `"${value}"` : `'${value}'`);
