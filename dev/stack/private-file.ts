/** A file for its owner only, that is there while the stack runs. Git ignores the folder `.local` beside `package.json`. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** Writes the file; disposing of what is returned takes it away. */
export async function writePrivateFile(path: string, text: string): Promise<AsyncDisposable> {
  await mkdir(dirname(path), { recursive: true });
  // A file that is there keeps its mode.
  await rm(path, { force: true });
  await writeFile(path, text, { mode: 0o600 });
  return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
}
