/** A stand-in of an S3 object storage, in the part of it that is needed here and in the words of Garage. */
import { hash } from "node:crypto";
import type { HttpReply, Reply } from "../reply.ts";
import type { FaultFor, Rule } from "../script.ts";
import { createStandInServer, type Call } from "../server.ts";
import { authenticate, checkBody, type Credentials } from "./auth.ts";
import { badRequest, errorBody, noSuchBucket, noSuchKey, notImplemented, StorageError } from "./errors.ts";
import { faultyReply, type StorageFault, storageFaultSchema } from "./faults.ts";

/** The calls that a script can break. */
const STORAGE_KINDS = ["read"] as const;
type StorageKind = (typeof STORAGE_KINDS)[number];

/** A rule of a script for this stand-in. */
export type StorageRule = Rule<StorageKind, StorageFault>;

/** Pictures are 15 MB at most; a benchmark may store more. */
const MAX_BODY_BYTES = 256 * 1024 * 1024;

/** How the storage is addressed. */
interface ObjectStorageOptions {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
  readonly bucket: string;
  /** Any free one by default. */
  readonly port?: number | undefined;
  /** The clock that decides about expiry. */
  readonly now?: () => Date;
}

/** A running object storage. */
export type ObjectStorage = Awaited<ReturnType<typeof createObjectStorage>>;

/**
 * Starts a storage with one bucket on 127.0.0.1: GET, HEAD and PUT of objects by path, presigned or signed in the
 * headers, with Garage's checks, answers and words. Objects live in memory.
 *
 * `put` and `remove` do what the backend does, without a request. `readsOf` counts the GET and HEAD requests for a key, errors
 * included. A script breaks the reading of objects; a request without the right to read gets its refusal.
 */
export async function createObjectStorage({ bucket, port, now = () => new Date(), ...rest }: ObjectStorageOptions) {
  const credentials: Credentials = { ...rest, now };
  /** The answer to a read, by the object's key. */
  const objects = new Map<string, HttpReply>();

  /** Returns the new object's tag. */
  function put(key: string, body: Uint8Array, contentType = "blob"): string {
    const etag = `"${hash("md5", body)}"`;
    const headers = { "last-modified": now().toUTCString(), etag };
    objects.set(key, { status: 200, contentType, headers, body });
    return etag;
  }

  function read(key: string): HttpReply {
    const object = objects.get(key);
    if (object === undefined) throw noSuchKey();
    return object;
  }

  async function answer(call: Call, faultFor: FaultFor<StorageKind, StorageFault>): Promise<Reply> {
    const { method, headers, body } = call;
    const { path, query, asked } = parseTarget(call.target);
    const reads = method === "GET" || method === "HEAD";
    call.log.key = asked.key;
    if (reads) call.log.kind = "read";
    const { payloadHash } = authenticate({ method, path, query, headers }, credentials);
    if (asked.bucket !== bucket) throw noSuchBucket(asked.bucket);
    if (asked.key === "" || !(reads || method === "PUT")) throw notImplemented(method);
    if (reads) return faultyReply((await faultFor(call, "read")) ?? { fault: "genuine" }, read(asked.key));
    checkBody(body, payloadHash);
    const etag = put(asked.key, body, headers["content-type"]);
    return { status: 200, contentType: undefined, body: "", headers: { etag } };
  }

  const server = await createStandInServer({
    port,
    maxBodyBytes: MAX_BODY_BYTES,
    kinds: STORAGE_KINDS,
    faultSchema: storageFaultSchema,
    answer: (call, faultFor) =>
      answer(call, faultFor).catch((error: unknown) => errorReply(error, call.target, rest.region)),
  });
  return {
    ...server,
    put,
    remove: (key: string): boolean => objects.delete(key),
    readsOf: (key: string) => server.requests.filter((call) => call.kind === "read" && call.key === key).length,
  };
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

function errorReply(error: unknown, target: string, region: string): HttpReply {
  if (!(error instanceof StorageError)) throw error;
  const body = errorBody(error, { path: target.split("?")[0] ?? "/", region });
  return { status: error.status, contentType: "application/xml", body };
}
