/** Where the log lines of the server at home go: standard output, several lines in one write. */
import pino from "pino";

/** A line waits this long at most for others to be written with it. */
const FLUSH_MS = 100;
const MIN_BYTES = 2_048;
/** A pipe takes as much in one piece, so that no line of another writer stands within one of these. */
const MAX_BYTES = 4_096;

/**
 * Returns a function that writes log lines in batches: a write for each line would be a system call in the way of a request.
 *
 * Nothing is lost when the process exits or ends with an uncaught error. Only what ends a process without its knowledge
 * (SIGKILL, out of memory) loses lines: those of the last tenth of a second, 2 kB at most.
 * They are copies: what was accepted is in Redis before its line is written.
 */
export function createBatchedOutput(): (line: string) => void {
  const output = pino.destination({
    dest: 1,
    // An asynchronous write that is under way when the process ends can be lost, or come after those that follow it.
    sync: true,
    minLength: MIN_BYTES,
    maxWrite: MAX_BYTES,
    periodicFlush: FLUSH_MS,
  });
  process.on("exit", () => output.flushSync());
  return (line) => void output.write(line);
}
