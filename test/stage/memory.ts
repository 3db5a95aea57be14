/** How much memory a process needs. */
import { execFile } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Watches how much memory a process has at most, in MB. */
export function watchMemory(pid: number) {
  const stop = new AbortController();
  let peakMb = 0;
  const watching = (async () => {
    while (!stop.signal.aborted) {
      const { stdout } = await run("ps", ["-o", "rss=", "-p", String(pid)]).catch(() => ({ stdout: "0" }));
      peakMb = Math.max(peakMb, Number(stdout) / 1_024);
      await delay(50);
    }
  })();
  return {
    /** Ends the watch. */
    async peakMb(): Promise<number> {
      stop.abort();
      await watching;
      return Math.round(peakMb);
    },
  };
}
