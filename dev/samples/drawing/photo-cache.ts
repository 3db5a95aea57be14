/** Finished pictures on disk: drawing one takes half a second, reading it a hundredth of that. */
import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "../../../.local/samples");
// The sample passports' dates move on with the day: what was drawn for another day is not asked for again.
const KEPT_MS = 2 * 86_400_000;

let cleaning: Promise<void> | undefined;

/** The file of this name from an earlier run, else what `make` gives, which is kept. */
export async function keptOrMade(name: string, make: () => Promise<Buffer>): Promise<Buffer> {
  const path = join(FOLDER, name);
  const kept = await readFile(path).catch(() => undefined);
  if (kept !== undefined) return kept;
  const bytes = await make();
  try {
    await (cleaning ??= removeOld());
    // Other processes may write the same file: each writes a file of its own and renames it.
    const own = `${path}.${randomUUID()}`;
    await writeFile(own, bytes);
    await rename(own, path);
  } catch {
    // Without a cache, the next run draws again: a folder that cannot be written to is no reason to fail.
  }
  return bytes;
}

/** Makes room once in a process, before it writes its first file. */
async function removeOld(): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  for (const name of await readdir(FOLDER)) {
    const path = join(FOLDER, name);
    // Another process may be quicker.
    const file = await stat(path).catch(() => undefined);
    if (file !== undefined && file.mtimeMs < Date.now() - KEPT_MS) await rm(path, { force: true });
  }
}
