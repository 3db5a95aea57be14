/** A stand-in of an S3 object storage, in the part of it that is needed here and in the words of Garage. */
import { createHash } from "node:crypto";
import type { HttpReply, Reply } from "../reply.ts";
import { createStandInServer, type Call } from "../server.ts";
import { authenticate, checkBody, type Credentials } from "./auth.ts";
import { badRequest, errorBody, noSuchBucket, noSuchKey, notImplemented, StorageError } from "./errors.ts";
import { faultyReply, type StorageFault } from "./faults.ts";

/** Pictures are 15 MB at most; a benchmark may store more. */
const MAX_BODY_BYTES = 256 * 1024 * 1024;

interface StoredObject {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly etag: string;
  readonly modifiedAt: Date;
}

/** How the storage is addressed. */
interface ObjectStorageOptions {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
  readonly bucket: string;
  /** A free one by default. */
  readonly port?: number;
  /** The clock that decides about expiry. */
  readonly now?: () => Date;
}

/** A running object storage. */
export type ObjectStorage = Awaited<ReturnType<typeof createObjectStorage>>;

/**
 * Starts a storage with one bucket on 127.0.0.1: GET, HEAD and PUT of objects by path, presigned or signed in the
 * headers, with Garage's checks, answers and words. Objects live in memory.
 *
 * `put` and `remove` do what the backend does, without a request. `requests` counts the GET and HEAD requests by key,
 * errors included. `faults` makes the reading of a key go wrong; a request without the right to read gets its refusal.
 */
export async function createObjectStorage({ bucket, port = 0, now = () => new Date(), ...rest }: ObjectStorageOptions) {
  const credentials: Credentials = { ...rest, now };
  const objects = new Map<string, StoredObject>();
  const faults = new Map<string, StorageFault>();
  const requests = new Map<string, number>();

  function put(key: string, bytes: Uint8Array, contentType = "blob"): void {
    const etag = createHash("md5").update(bytes).digest("hex");
    objects.set(key, { bytes, contentType, etag, modifiedAt: now() });
  }

  function read(key: string, signal: AbortSignal): Reply | Promise<Reply> {
    const next = (): HttpReply => {
      const object = objects.get(key);
      if (object === undefined) throw noSuchKey();
      const headers = { "last-modified": object.modifiedAt.toUTCString(), etag: `"${object.etag}"` };
      return { status: 200, contentType: object.contentType, headers, body: object.bytes };
    };
    const fault = takeFault(faults, key);
    return fault === undefined ? next() : faultyReply(fault, next, signal);
  }

  async function answer(call: Call): Promise<Reply> {
    const { method, headers, body } = call;
    const { path, query, asked } = parseTarget(call.target);
    const reads = method === "GET" || method === "HEAD";
    if (reads) requests.set(asked.key, (requests.get(asked.key) ?? 0) + 1);
    const { payloadHash } = authenticate({ method, path, query, headers }, credentials);
    if (asked.bucket !== bucket) throw noSuchBucket(asked.bucket);
    if (asked.key === "" || !(reads || method === "PUT")) throw notImplemented(method);
    if (reads) return read(asked.key, call.signal);
    checkBody(body, payloadHash);
    put(asked.key, body, headers["content-type"]);
    return { status: 200, contentType: undefined, body: "", headers: { etag: `"${objects.get(asked.key)?.etag}"` } };
  }

  const server = await createStandInServer({
    port,
    maxBodyBytes: MAX_BODY_BYTES,
    answer: (call) => answer(call).catch((error: unknown) => errorReply(error, call.target, rest.region)),
  });
  return { ...server, put, remove: (key: string): boolean => objects.delete(key), requests, faults };
}

/** The path's first part names the bucket, the rest, decoded, the object. */
function parseTarget(target: string) {
  const [path = "/", ...query] = target.split("?");
  const [, bucket = "", ...key] = path.split("/");
  try {
    const asked = { bucket: decodeURIComponent(bucket), key: decodeURIComponent(key.join("/")) };
    return { path, query: query.join("?"), asked };
  } catch {
    throw badRequest("Invalid UTF-8");
  }
}

function takeFault(faults: Map<string, StorageFault>, key: string): StorageFault | undefined {
  const fault = faults.get(key);
  if (fault?.times === undefined) return fault;
  if (fault.times <= 1) faults.delete(key);
  else faults.set(key, { ...fault, times: fault.times - 1 });
  return fault.times > 0 ? fault : undefined;
}

function errorReply(error: unknown, target: string, region: string): HttpReply {
  if (!(error instanceof StorageError)) throw error;
  const body = errorBody(error, { path: target.split("?")[0] ?? "/", region });
  return { status: error.status, contentType: "application/xml", body };
}
