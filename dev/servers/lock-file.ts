/** One process of this machine at a time. */
import { readlink, rm, symlink } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { codeOf } from "../../cli/doctor/dependency.ts";

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

/** The lock is a link to the process id, because a link appears together with its content. */
async function take(lockFile: string): Promise<boolean> {
  try {
    await symlink(String(process.pid), lockFile);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

async function holderLives(lockFile: string): Promise<boolean> {
  try {
    const holder = Number(await readlink(lockFile));
    // Signal 0 to the process 0 always succeeds.
    return holder > 0 && process.kill(holder, 0);
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}
