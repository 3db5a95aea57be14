/** How much memory a process needs. */
import { execFile } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The most memory that a process has while some work is done, in MB. */
export async function measurePeakMb(pid: number, work: () => Promise<void>): Promise<number> {
  let isDone = false;
  let peakMb = 0;
  const watching = (async () => {
    while (!isDone) {
      const { stdout } = await run("ps", ["-o", "rss=", "-p", String(pid)]).catch(() => ({ stdout: "0" }));
      peakMb = Math.max(peakMb, Number(stdout) / 1_024);
      await delay(50);
    }
  })();
  try {
    await work();
  } finally {
    isDone = true;
    await watching;
  }
  return Math.round(peakMb);
}
