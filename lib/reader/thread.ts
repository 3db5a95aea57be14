/** The reader's thread as seen from outside: started when needed, asked one thing at a time, ended only long after its deadline. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Pixels } from "../images/pixels.ts";
import type { Answer, Request } from "./thread-program.ts";

interface ThreadOptions {
  readonly program: URL;
  /** How long after its deadline a thread that does not answer is ended. */
  readonly graceMs: number;
}

/** Starts the thread with the first question, and again with the next one after it has ended. */
export function createReaderThread({ program, graceMs }: ThreadOptions) {
  let thread: Worker | undefined;

  function start(): Worker {
    // Options of this process, such as --input-type, are not for the thread.
    const worker = new Worker(program, { execArgv: [] });
    // An idle thread keeps no process alive.
    worker.unref();
    // Without a listener, the fault of an idle thread would end the process.
    worker.on("error", () => undefined);
    worker.once("exit", () => {
      if (thread === worker) thread = undefined;
    });
    return worker;
  }

  return {
    /** The thread's answer, or `undefined` when it ended instead. The pixels' memory goes to the thread. */
    async ask(pixels: Pixels, deadline: number): Promise<Answer | undefined> {
      const worker = (thread ??= start());
      const request: Request = { pixels, deadline };
      const { promise: answered, resolve } = Promise.withResolvers<Answer | undefined>();
      const onExit = () => resolve(undefined);
      worker.once("message", resolve).once("exit", onExit);
      // Inside the runtime's native code, terminate() would abort the whole process. No call of it takes seconds.
      const stuck = setTimeout(() => void worker.terminate(), deadline - Date.now() + graceMs);
      try {
        worker.ref();
        worker.postMessage(request, [pixels.data.buffer]);
        return await answered;
      } finally {
        clearTimeout(stuck);
        worker.unref();
        worker.off("message", resolve).off("exit", onExit);
      }
    },

    /** Ends the thread, which must be idle. */
    async close(): Promise<void> {
      const worker = thread;
      if (worker === undefined) return;
      const exit = once(worker, "exit");
      worker.ref();
      worker.postMessage("close" satisfies Request, []);
      await exit;
    },
  };
}
