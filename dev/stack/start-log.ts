/** What `npm start` prints of its processes. */

type Source = "functions" | "worker";

/** Makes the log; once `stop` was called, the functions are no longer heard. */
export function createStartLog(print: (line: string) => void) {
  let isStopping = false;
  return {
    /** Prints a line, with where it is from. */
    take(source: Source, line: string): void {
      // esbuild asks serverless each second whether it is still there; where serverless ends before it has answered, esbuild
      // calls that a deadlock and prints its goroutines. The functions end at once, so they have nothing else to say.
      if (isStopping && source === "functions") return;
      if (line.trim() !== "") print(`${source.padEnd(9)} ${line}`);
    },

    /** From now on things stop. */
    stop(): void {
      isStopping = true;
    },
  };
}
