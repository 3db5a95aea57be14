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
  readonly cut?: Cut;
  readonly drip?: Drip;
}

/** So many bytes of the body are sent, then nothing more comes, or the connection ends, or more than the body comes. */
interface Cut {
  readonly afterBytes: number;
  readonly end: "hang" | "reset" | "close" | { readonly pourBytes: number };
}

/** The body comes in small pieces. */
interface Drip {
  readonly chunkBytes: number;
  readonly everyMs: number;
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

/** The answer of a refusal. Any other error is thrown again. */
export function refusalOf(error: unknown): HttpReply {
  if (error instanceof RefusalError) return error.reply;
  throw error;
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

function cutInHalf(reply: HttpReply, end: Cut["end"]): HttpReply {
  return { ...reply, cut: { afterBytes: Math.ceil(reply.body.length / 2), end } };
}

/** Sends a reply. Resolves when everything is sent that ever will be. */
export async function sendReply(response: ServerResponse, reply: Reply, gone: AbortSignal): Promise<void> {
  if (reply === "hang") return;
  if (reply === "reset") return void response.socket?.resetAndDestroy();
  const body = Buffer.from(reply.body);
  if (reply.isUnannounced === true) response.useChunkedEncodingByDefault = false;
  response.writeHead(reply.status, headersOf(reply, body.length));
  if (reply.drip !== undefined) await drip(response, body, reply.drip, gone);
  if (reply.cut !== undefined) return cutOff(response, body, reply.cut);
  response.end(reply.drip === undefined ? body : undefined);
}

function headersOf({ contentType, headers, isUnannounced = false, cut }: HttpReply, bytes: number) {
  const isEndless = typeof cut?.end === "object" && cut.end.pourBytes === Infinity;
  return {
    ...(contentType !== undefined && { "content-type": contentType }),
    ...(!isEndless && !isUnannounced && { "content-length": bytes }),
    ...headers,
  };
}

/** Sends a body in small pieces. */
async function drip(response: ServerResponse, body: Buffer, { chunkBytes, everyMs }: Drip, gone: AbortSignal) {
  for (let sent = 0; sent < body.length; sent += chunkBytes) {
    response.write(body.subarray(sent, sent + chunkBytes));
    await delay(everyMs, undefined, { signal: gone });
  }
}

/** Sends the beginning of a body, and ends the connection in the scripted way. */
async function cutOff(response: ServerResponse, body: Buffer, { afterBytes, end }: Cut) {
  await write(response, body.subarray(0, afterBytes));
  if (end === "reset") response.socket?.resetAndDestroy();
  else if (end === "close") response.destroy();
  else if (end !== "hang") await pour(response, end.pourBytes);
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
