/** What can go wrong with the reading of an object. */
import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { HttpReply, Reply } from "../reply.ts";
import { errorWithStatus } from "./errors.ts";

/** The object comes, but not as it was stored. */
type Change =
  /** The body comes in small pieces. */
  | { readonly kind: "drip"; readonly chunkBytes: number; readonly everyMs: number }
  /** The connection closes in the middle of the body. */
  | { readonly kind: "cut"; readonly afterBytes: number }
  /** The body has another length than the header says. */
  | { readonly kind: "wrongLength"; readonly contentLength: number }
  /** The body ends early with the connection, and no length was announced: nothing shows that bytes are missing. */
  | { readonly kind: "cutUnannounced"; readonly afterBytes: number }
  /** A proxy compresses the body. */
  | { readonly kind: "compressed" };

/** What goes wrong with the objects of one key, for as many requests as `times` says, or for all. */
export type StorageFault = { readonly times?: number } & (
  | Change
  | { readonly kind: "status"; readonly status: number }
  /** A proxy answers in the storage's place, with a page of its own. */
  | { readonly kind: "page"; readonly status: number }
  /** The whole answer comes late. */
  | { readonly kind: "slow"; readonly delayMs: number }
  | { readonly kind: "redirect"; readonly location: string }
  /** A body without end, and without a length to be warned by. */
  | { readonly kind: "endless" }
  /** Says that so many bytes come, and sends them. */
  | { readonly kind: "huge"; readonly contentLength: number }
  /** Nothing comes; or the headers and so many bytes of the body, and then nothing more. */
  | { readonly kind: "hang"; readonly afterBytes?: number }
);

const empty = { status: 200, contentType: "image/jpeg", body: "" } as const;

/** The answer of `next` with the fault in it. Rejects with a StorageError for a fault that is an error answer. */
export async function faultyReply(fault: StorageFault, next: () => HttpReply, signal: AbortSignal): Promise<Reply> {
  switch (fault.kind) {
    case "status":
      throw errorWithStatus(fault.status);
    case "page": {
      const body = `<html>\r\n<head><title>${fault.status}</title></head>\r\n<body>nginx</body>\r\n</html>\r\n`;
      return { status: fault.status, contentType: "text/html", body };
    }
    case "slow":
      await delay(fault.delayMs, undefined, { signal });
      return next();
    case "redirect":
      return { status: 307, contentType: undefined, body: "", headers: { location: fault.location } };
    case "hang":
      return fault.afterBytes === undefined
        ? "hang"
        : { ...next(), cut: { afterBytes: fault.afterBytes, end: "hang" } };
    case "huge": {
      const headers = { "content-length": String(fault.contentLength) };
      return { ...empty, headers, cut: { afterBytes: 0, end: { pourBytes: fault.contentLength } } };
    }
    case "endless":
      return { ...empty, cut: { afterBytes: 0, end: { pourBytes: Infinity } } };
    default:
      return changed(next(), fault);
  }
}

function changed(reply: HttpReply, change: Change): HttpReply {
  switch (change.kind) {
    case "drip":
      return { ...reply, drip: change };
    case "cut":
      return { ...reply, cut: { afterBytes: change.afterBytes, end: "close" } };
    case "wrongLength": {
      const headers = { ...reply.headers, "content-length": String(change.contentLength), connection: "close" };
      return { ...reply, headers };
    }
    case "cutUnannounced":
      return { ...reply, body: Buffer.from(reply.body).subarray(0, change.afterBytes), isUnannounced: true };
    case "compressed":
      return { ...reply, body: gzipSync(reply.body), headers: { ...reply.headers, "content-encoding": "gzip" } };
  }
}
