/** What a stand-in answers, and every way in which an answer can break on its way. */
import { setTimeout as delay } from "node:timers/promises";
import type { ServerResponse } from "node:http";

/** An HTTP answer. */
export interface HttpReply {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: string | Uint8Array;
  /** May name another `content-length` than the body's. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The body's length is not announced: it ends with the connection, as in HTTP/1.0. */
  readonly isUnannounced?: boolean;
  /** So many bytes of the body are sent, then nothing more comes, or the connection ends, or more than the body comes. */
  readonly cut?: {
    readonly afterBytes: number;
    readonly end: "hang" | "reset" | "close" | { readonly pourBytes: number };
  };
  /** The body comes in small pieces. */
  readonly drip?: { readonly chunkBytes: number; readonly everyMs: number };
}

/** What a call gets: an answer, silence until the caller gives up, or a reset connection. */
export type Reply = HttpReply | "hang" | "reset";

/** Thrown where a call fails a check, with the answer it gets. */
export class RefusalError extends Error {
  override readonly name = "RefusalError";
  readonly reply: HttpReply;

  constructor(reply: HttpReply) {
    super(`refused with HTTP ${reply.status}`);
    this.reply = reply;
  }
}

/** Faults that break any answer: `hang` and `reset` before it, the others in the middle of its body. */
export const BROKEN = {
  hang: () => "hang",
  reset: () => "reset",
  hangMidBody: (reply) => cutInHalf(reply, "hang"),
  resetMidBody: (reply) => cutInHalf(reply, "reset"),
  endlessBody: (reply) => cutInHalf(reply, { pourBytes: Infinity }),
  truncatedJson: (reply) => ({ ...reply, body: reply.body.slice(0, reply.body.length / 2) }),
} as const satisfies Record<string, (reply: HttpReply) => Reply>;

function cutInHalf(reply: HttpReply, end: NonNullable<HttpReply["cut"]>["end"]): HttpReply {
  return { ...reply, cut: { afterBytes: Math.ceil(reply.body.length / 2), end } };
}

/** Sends a reply. Resolves when everything is sent that ever will be. */
export async function sendReply(response: ServerResponse, reply: Reply, gone: AbortSignal): Promise<void> {
  if (reply === "hang") return;
  if (reply === "reset") return void response.socket?.resetAndDestroy();
  const { status, contentType, headers, isUnannounced = false, cut, drip } = reply;
  const body = Buffer.from(reply.body);
  const isEndless = typeof cut?.end === "object" && cut.end.pourBytes === Infinity;
  if (isUnannounced) response.useChunkedEncodingByDefault = false;
  response.writeHead(status, {
    ...(contentType === undefined ? {} : { "content-type": contentType }),
    ...(isEndless || isUnannounced ? {} : { "content-length": body.length }),
    ...headers,
  });
  if (drip !== undefined) {
    for (let sent = 0; sent < body.length; sent += drip.chunkBytes) {
      response.write(body.subarray(sent, sent + drip.chunkBytes));
      await delay(drip.everyMs, undefined, { signal: gone });
    }
  }
  if (cut === undefined) return void response.end(drip === undefined ? body : undefined);
  await write(response, body.subarray(0, cut.afterBytes));
  if (cut.end === "reset") response.socket?.resetAndDestroy();
  else if (cut.end === "close") response.destroy();
  else if (cut.end !== "hang") await pour(response, cut.end.pourBytes);
}

function write(response: ServerResponse, bytes: Uint8Array): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  response.write(bytes, () => resolve());
  return promise;
}

const SPACE = Buffer.alloc(256 * 1_024, " ");

/** As much as the caller takes, until it is gone. */
async function pour(response: ServerResponse, bytes: number): Promise<void> {
  for (let left = bytes; left > 0 && !response.destroyed; left -= SPACE.length) {
    await write(response, SPACE.subarray(0, Math.min(left, SPACE.length)));
  }
  response.end();
}
