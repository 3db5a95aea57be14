/**
 * The reader's thread: one picture at a time, as pixels. It shares nothing with the jobs, so a fault in here ends the thread
 * and no more.
 */
import { parentPort } from "node:worker_threads";
import { discard } from "../images/discard.ts";
import type { Pixels } from "../images/pixels.ts";
import { openNetworks } from "./networks.ts";
import { readPage, type PageRead } from "./read-page.ts";

/** What the thread is asked: to read a page by a moment (milliseconds since 1970), or to end. */
export type Request = { readonly pixels: Pixels; readonly deadline: number } | "close";

/** What the thread answers. */
export type Answer = { readonly page: PageRead; readonly milliseconds: number } | { readonly fault: string };

const port = parentPort;
if (port === null) throw new Error("this file is the reader's thread and does nothing alone");
const networks = openNetworks();

async function read({ pixels, deadline }: Exclude<Request, "close">): Promise<Answer> {
  try {
    const opened = await networks;
    const startedAt = performance.now();
    const page = await readPage(opened, pixels, () => Date.now() > deadline);
    return { page, milliseconds: performance.now() - startedAt };
  } catch (error) {
    // The name only: a message could hold something of the picture.
    return { fault: error instanceof Error ? error.name : "unknown" };
  } finally {
    discard(pixels.data);
  }
}

port.on("message", (request: Request) => {
  if (request === "close") port.close();
  else void read(request).then((answer) => port.postMessage(answer));
});
