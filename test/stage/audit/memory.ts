/** Measures the memory of a process. */
import { execFile } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Measures the peak memory of a process while `work` runs, in MB. */
export async function measurePeakMb(pid: number, work: () => Promise<void>): Promise<number> {
  const stop = new AbortController();
  let peakMb = 0;
  const watching = (async () => {
    while (!stop.signal.aborted) {
      const { stdout } = await run("ps", ["-o", "rss=", "-p", String(pid)]).catch(() => ({ stdout: "0" }));
      peakMb = Math.max(peakMb, Number(stdout) / 1_024);
      await delay(50);
    }
  })();
  try {
    await work();
  } finally {
    stop.abort();
    await watching;
  }
  return Math.round(peakMb);
}
