/** Other work that keeps all processors busy. */
import { spawn } from "node:child_process";
import { once } from "node:events";

const LOOPS = 8;
/** They end on their own if the test is gone. */
const LONGEST_MS = 540_000;

/** Starts the loops; disposing of what is returned ends them. */
export function keepBusy(): AsyncDisposable {
  const script = `const end = Date.now() + ${LONGEST_MS}; while (Date.now() < end);`;
  const loops = Array.from({ length: LOOPS }, () => spawn(process.execPath, ["-e", script], { stdio: "ignore" }));
  return {
    async [Symbol.asyncDispose]() {
      const ended = loops.map((loop) => once(loop, "exit"));
      for (const loop of loops) loop.kill("SIGKILL");
      await Promise.all(ended);
    },
  };
}
