/** The laptop's console: a page on loopback to submit pictures and to look into every step. Never part of production. */
import { readWorkerConfig } from "../../lib/config.ts";
import { openStorage } from "../../lib/providers/storage/storage.ts";
import { createBackend } from "../stack/backend.ts";
import type { Stack } from "../stack/stack.ts";
import type { Happenings } from "./happenings.ts";
import { createPictures } from "./pictures.ts";
import { watchQueue } from "./queue-watch.ts";
import { createRoutes } from "./routes.ts";
import { startConsoleServer } from "./server.ts";
import { createSubmit } from "./submit.ts";

interface ConsoleOptions {
  readonly stack: Pick<Stack, "apiUrl" | "dependencies">;
  /** What happens to records; the starter of the stack feeds it the worker's output. */
  readonly happenings: Happenings;
  /** Any free one by default. */
  readonly port?: number;
}

/** Starts the console. Disposing of it stops it. */
export async function startConsole({ stack, happenings, port = 0 }: ConsoleOptions) {
  await using started = new AsyncDisposableStack();
  const { apiUrl, dependencies } = stack;
  const { environment } = dependencies;
  const config = readWorkerConfig(environment);
  const backend = createBackend({ apiUrl, environment });
  started.defer(() => backend.close());
  const storage = openStorage(config);
  const queue = await watchQueue(config, happenings);
  started.defer(() => queue.close());
  const pictures = createPictures({ backend, storage, dependencies });
  const submit = createSubmit({ backend, dependencies, happenings });
  const { MAX_IMAGE_BYTES: maxImageBytes } = config;
  const routes = createRoutes({ backend, pictures, stack, maxImageBytes, happenings, submit });
  const server = await startConsoleServer({ port, routes, board: queue.board });
  started.defer(() => server.close());
  const resources = started.move();
  return {
    /** Where the page is. */
    url: server.url,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
