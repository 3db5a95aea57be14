/** Preloaded into a measured process: answers its parent's questions about memory, processor time and event loop. */
import { monitorEventLoopDelay } from "node:perf_hooks";

/** What a process says about itself since it was last asked to begin. */
export interface ProcessState {
  /** The most memory it has ever had, in bytes. */
  readonly peakBytes: number;
  readonly cpuMs: number;
  /** 99th percentile of how late a timer of 10 ms comes, those 10 ms included. */
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
// The question must not keep a process that wants to end.
process.channel?.unref();
