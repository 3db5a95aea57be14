/** One process of this machine at a time. */
import { readFile, rm, writeFile } from "node:fs/promises";
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

async function take(lockFile: string): Promise<boolean> {
  try {
    await writeFile(lockFile, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

async function holderLives(lockFile: string): Promise<boolean> {
  try {
    const holder = Number(await readFile(lockFile, "utf8"));
    // 0 while its holder has made the file but not yet written to it: signal 0 to "0" always succeeds.
    process.kill(holder, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
