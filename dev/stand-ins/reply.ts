/** What a stand-in answers, and every way in which an answer can break on its way. */
import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";

/** An HTTP answer. */
export interface HttpReply {
  readonly status: number;
  readonly contentType?: string;
  readonly body: string | Uint8Array;
  /** May name another `content-length` than the body's. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The body's length is not announced: it ends with the connection, as in HTTP/1.0. */
  readonly isUnannounced?: boolean;
  /** So many bytes are sent, then nothing more comes, or the connection ends, or so many bytes that are not the body's. */
  readonly cut?: { readonly afterBytes: number; readonly end: "hang" | "reset" | "close" | number };
  /** The body comes in small pieces. */
  readonly drip?: { readonly chunkBytes: number; readonly everyMs: number };
}

/** What a call gets: an answer, silence until the caller gives up, or a reset connection. */
export type Reply = HttpReply | "hang" | "reset";

/** Thrown where a call fails a check, with the answer it gets. */
class RefusalError extends Error {
  override readonly name = "RefusalError";
  readonly reply: HttpReply;

  constructor(reply: HttpReply) {
    super(`refused with HTTP ${reply.status}`);
    this.reply = reply;
  }
}

/** Refuses a call with this answer. */
export function refuse(reply: HttpReply): never {
  throw new RefusalError(reply);
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
  endlessBody: (reply) => cutInHalf(reply, Infinity),
  truncatedJson: (reply) => ({ ...reply, body: reply.body.slice(0, reply.body.length / 2) }),
} as const satisfies Record<string, (reply: HttpReply) => Reply>;

function cutInHalf(reply: HttpReply, end: "hang" | "reset" | number): HttpReply {
  return { ...reply, cut: { afterBytes: Math.ceil(reply.body.length / 2), end } };
}

/** Sends a reply. Resolves when everything is sent that ever will be. */
export async function sendReply(response: ServerResponse, reply: Reply, gone: AbortSignal): Promise<void> {
  if (reply === "hang") return;
  if (reply === "reset") return void response.socket?.resetAndDestroy();
  const { status, contentType, headers, isUnannounced = false, drip, cut } = reply;
  const body = Buffer.from(reply.body);
  if (isUnannounced) response.useChunkedEncodingByDefault = false;
  response.writeHead(status, {
    ...(contentType !== undefined && { "content-type": contentType }),
    ...(cut?.end !== Infinity && !isUnannounced && { "content-length": body.length }),
    ...headers,
  });
  if (drip !== undefined) return pipeline(inPieces(body, drip, gone), response);
  if (cut === undefined) return void response.end(body);
  await new Promise<unknown>((resolve) => response.write(body.subarray(0, cut.afterBytes), resolve));
  return endAsCut(response, cut);
}

function endAsCut(response: ServerResponse, { end }: NonNullable<HttpReply["cut"]>): Promise<void> | undefined {
  if (end === "reset") response.socket?.resetAndDestroy();
  else if (end === "close") response.destroy();
  else if (end !== "hang") return pipeline(spaces(end), response);
  return undefined;
}

async function* inPieces(body: Buffer, { chunkBytes, everyMs }: NonNullable<HttpReply["drip"]>, signal: AbortSignal) {
  for (let sent = 0; sent < body.length; sent += chunkBytes) {
    yield body.subarray(sent, sent + chunkBytes);
    await delay(everyMs, undefined, { signal });
  }
}

function* spaces(bytes: number) {
  const chunk = Buffer.alloc(256 * 1_024, " ");
  for (let left = bytes; left > 0; left -= chunk.length) yield chunk.subarray(0, left);
}
