/** Keeps all processors busy with other work. */
import { spawn } from "node:child_process";
import { once } from "node:events";

const LOOPS = 8;
/** The loops end after this time even if the test has died. */
const LONGEST_MS = 540_000;

/** Starts the loops. Dispose of the result to end them. */
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
