/** One process of this machine at a time. */
import { randomUUID } from "node:crypto";
import { link, readFile, rm, writeFile } from "node:fs/promises";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";

/**
 * Does the work while no other process of this machine does it under the same lock file, and waits for its turn. The
 * lock of a process that died counts for nothing.
 *
 * Two that find such a dead lock at the very same time may both go on: the work must bear that.
 */
export async function oneAtATime<Result>(lockFile: string, work: () => Promise<Result>): Promise<Result> {
  while (!(await take(lockFile))) {
    if (!(await holderLives(lockFile))) await rm(lockFile, { force: true });
    else await delay(100);
  }
  try {
    return await work();
  } finally {
    await rm(lockFile, { force: true });
  }
}

/** The file appears together with its content: an empty lock of a process that died would be held for ever. */
async function take(lockFile: string): Promise<boolean> {
  const own = `${lockFile}.${randomUUID()}`;
  await writeFile(own, String(process.pid));
  try {
    await link(own, lockFile);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

async function holderLives(lockFile: string): Promise<boolean> {
  try {
    const holder = Number(await readFile(lockFile, "utf8"));
    // Signal 0 to the process 0 always succeeds.
    return holder > 0 && process.kill(holder, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
