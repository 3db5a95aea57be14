/** Answers with an object, or with a part of one. */
import { StorageError } from "./errors.ts";
import type { HttpReply } from "../reply.ts";

export interface StoredObject {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly etag: string;
  readonly modifiedAt: Date;
}

/**
 * The answer with an object, or with the part of it that a Range header asks for. Garage sends all of it when several
 * parts are asked for.
 *
 * @throws StorageError when there is no such part.
 */
export function answerWith(
  { bytes, contentType, etag, modifiedAt }: StoredObject,
  range: string | undefined,
): HttpReply {
  const headers = {
    "last-modified": modifiedAt.toUTCString(),
    "accept-ranges": "bytes",
    etag: `"${etag}"`,
  };
  if (range === undefined || range.includes(",")) return { status: 200, contentType, headers, body: bytes };
  const { start, end } = parseRange(range, bytes.length);
  return {
    status: 206,
    contentType,
    headers: { ...headers, "content-range": `bytes ${start}-${end - 1}/${bytes.length}` },
    body: bytes.subarray(start, end),
  };
}

/** `bytes=from-to` with either missing; `end` is exclusive. */
function parseRange(range: string, length: number): { start: number; end: number } {
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(range.trim()) ?? [];
  const start = from === "" ? Math.max(0, length - Number(to)) : Number(from);
  const end = from === "" || to === "" ? length : Math.min(length, Number(to) + 1);
  if ((from === "" && to === "") || start >= end) {
    const headers = { "content-range": `bytes */${length}` };
    throw new StorageError(416, "InvalidRange", `Invalid HTTP range: (NoOverlap, ${length})`, headers);
  }
  return { start, end };
}
