/** The laptop's console: a page on loopback to submit pictures and to look into every step. Never part of production. */
import type { Stack } from "../stack/stack.ts";
import { openContext } from "./context.ts";
import type { Happenings } from "./happenings.ts";
import { watchQueue } from "./queue-watch.ts";
import { startConsoleServer } from "./server.ts";

interface ConsoleOptions {
  readonly stack: Pick<Stack, "apiUrl" | "dependencies">;
  /** What happens to records; the starter of the stack feeds it the worker's output. */
  readonly happenings: Happenings;
  /** Any free one by default. */
  readonly port?: number;
}

/** Starts the console, with its page at `url`. Disposing of it stops it. */
export async function startConsole({ stack, happenings, port }: ConsoleOptions) {
  await using started = new AsyncDisposableStack();
  const context = openContext(stack, happenings);
  started.defer(() => context.backend.close());
  const queue = await watchQueue(context);
  started.defer(() => queue.close());
  const { url } = started.use(await startConsoleServer(context, queue.board, port));
  const resources = started.move();
  return { url, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}
