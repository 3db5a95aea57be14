import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { errorWithStatus } from "./errors.ts";

/** What goes wrong with the objects of one key, for as many requests as `times` says, or for all. */
export type StorageFault = { readonly times?: number } & (
  | { readonly kind: "status"; readonly status: number }
  /** A proxy answers in the storage's place, with a page of its own. */
  | { readonly kind: "page"; readonly status: number }
  /** The whole answer comes late. */
  | { readonly kind: "slow"; readonly delayMs: number }
  /** The body comes in small pieces. */
  | { readonly kind: "drip"; readonly chunkBytes: number; readonly everyMs: number }
  /** The connection closes in the middle of the body. */
  | { readonly kind: "cut"; readonly afterBytes: number }
  /** The body has another length than the header says. */
  | { readonly kind: "wrongLength"; readonly contentLength: number }
  | { readonly kind: "redirect"; readonly location: string }
  /** A body without end, and without a length to be warned by. */
  | { readonly kind: "endless" }
  /** Says that so many bytes come, and sends them (zeros). */
  | { readonly kind: "huge"; readonly contentLength: number }
  /** Nothing comes; or the headers and so many bytes of the body, and then nothing more. */
  | { readonly kind: "hang"; readonly afterBytes?: number }
);

const CHUNK = Buffer.alloc(64 * 1024);

/** An answer as it would be without the fault. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: Uint8Array;
}

/**
 * Sends the answer of `next` with the fault in it. It ends when the client goes away, or the server is closed.
 *
 * @throws StorageError for a fault that is an error answer.
 */
export async function sendFaulty(fault: StorageFault, response: ServerResponse, next: () => Answer): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  try {
    await send(fault, response, next, gone.signal);
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  }
}

async function send(fault: StorageFault, response: ServerResponse, next: () => Answer, gone: AbortSignal) {
  switch (fault.kind) {
    case "status":
      throw errorWithStatus(fault.status);
    case "page": {
      const body = `<html>\r\n<head><title>${fault.status}</title></head>\r\n<body>nginx</body>\r\n</html>\r\n`;
      return void response.writeHead(fault.status, { "content-type": "text/html" }).end(body);
    }
    case "slow":
      await delay(fault.delayMs, undefined, { signal: gone });
      return sendAnswer(response, next());
    case "redirect":
      return void response.writeHead(307, { location: fault.location, "content-length": 0 }).end();
    case "drip":
      return drip(response, next(), fault, gone);
    case "cut":
      await sendPart(response, next(), fault.afterBytes);
      return void response.destroy();
    case "hang":
      return fault.afterBytes === undefined ? undefined : sendPart(response, next(), fault.afterBytes);
    case "wrongLength":
      return sendWrongLength(response, next(), fault.contentLength);
    case "huge":
      response.writeHead(200, { "content-type": "image/jpeg", "content-length": fault.contentLength });
      return pour(response, fault.contentLength, gone);
    case "endless":
      response.writeHead(200, { "content-type": "image/jpeg" });
      return pour(response, Infinity, gone);
  }
}

export function sendAnswer(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, headers).end(body);
}

async function sendPart(response: ServerResponse, { status, headers, body }: Answer, bytes: number): Promise<void> {
  response.writeHead(status, headers);
  const { promise, resolve } = Promise.withResolvers<void>();
  response.write(body.subarray(0, bytes), () => resolve());
  await promise;
}

async function drip(
  response: ServerResponse,
  { status, headers, body }: Answer,
  { chunkBytes, everyMs }: { chunkBytes: number; everyMs: number },
  gone: AbortSignal,
): Promise<void> {
  response.writeHead(status, headers).flushHeaders();
  for (let sent = 0; sent < body.length; sent += chunkBytes) {
    await delay(everyMs, undefined, { signal: gone });
    response.write(body.subarray(sent, sent + chunkBytes));
  }
  response.end();
}

async function sendWrongLength(response: ServerResponse, { status, headers, body }: Answer, contentLength: number) {
  response.writeHead(status, { ...headers, "content-length": contentLength, connection: "close" });
  const socket = response.socket;
  response.end(body, () => socket?.end());
}

async function pour(response: ServerResponse, bytes: number, gone: AbortSignal): Promise<void> {
  for (let left = bytes; left > 0; left -= CHUNK.length) {
    if (!response.write(CHUNK.subarray(0, Math.min(left, CHUNK.length)))) {
      await once(response, "drain", { signal: gone });
    }
  }
  response.end();
}
