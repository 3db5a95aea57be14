/** Preloaded into a measured process: answers its parent's questions about memory, processor time and event loop. */
import { monitorEventLoopDelay } from "node:perf_hooks";

/** A process's measurements since the last "begin". */
export interface ProcessState {
  /** The peak memory since the process started, in bytes. */
  readonly peakBytes: number;
  readonly cpuMs: number;
  /** The 99th percentile of the time that a timer of 10 ms takes, including those 10 ms. */
  readonly loopDelayP99Ms: number;
}

const delays = monitorEventLoopDelay({ resolution: 10 });
let cpu = process.cpuUsage();

process.on("message", (question) => {
  if (question === "begin") {
    delays.enable();
    delays.reset();
    cpu = process.cpuUsage();
    process.send?.("begun");
    return;
  }
  const { user, system } = process.cpuUsage(cpu);
  const state: ProcessState = {
    peakBytes: process.resourceUsage().maxRSS * 1_024,
    cpuMs: (user + system) / 1_000,
    loopDelayP99Ms: delays.percentile(99) / 1e6,
  };
  process.send?.(state);
});
// The channel must not keep the process from ending.
process.channel?.unref();
