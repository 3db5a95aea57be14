/** A stand-in of an S3 object storage, in the part of it that is needed here and in the words of Garage. */
import { hash } from "node:crypto";
import type * as z from "zod/mini";
import type { HttpReply } from "../reply.ts";
import { createScript } from "../script.ts";
import { createStandInServer, type Call } from "../server.ts";
import { authenticate, checkBody, type Credentials } from "./auth.ts";
import { badRequest, noSuchKey, StorageError } from "./errors.ts";
import { faultyReply, storageRuleSchema } from "./faults.ts";

/** A rule of a script for this stand-in. */
export type StorageRule = z.infer<typeof storageRuleSchema>;

/** Pictures are 15 MB at most; a benchmark may store more. */
const MAX_BODY_BYTES = 256 * 1024 * 1024;

interface ObjectStorageOptions extends Omit<Credentials, "now"> {
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
  const script = createScript(storageRuleSchema);
  /** The answer to a read, by the object's key. */
  const objects = new Map<string, HttpReply>();

  /** Returns the new object's tag. */
  function put(key: string, body: Uint8Array, contentType = "blob"): string {
    const etag = `"${hash("md5", body)}"`;
    const headers = { "last-modified": now().toUTCString(), etag };
    objects.set(key, { status: 200, contentType, headers, body });
    return etag;
  }

  async function answer(call: Call): Promise<HttpReply> {
    const { method, path, headers, body, log } = call;
    const [askedBucket, key] = bucketAndKey(path);
    const reads = method === "GET" || method === "HEAD";
    log.key = key;
    if (reads) log.kind = "read";
    const { payloadHash } = authenticate(call, { ...rest, now });
    if (askedBucket !== bucket) throw new StorageError(404, "NoSuchBucket", `Bucket not found: ${askedBucket}`);
    if (key === "" || !(reads || method === "PUT")) {
      throw new StorageError(501, "NotImplemented", `Unimplemented action: ${method}`);
    }
    if (reads) {
      const fault = await script.faultFor(call);
      const object = objects.get(key);
      if (object === undefined) throw noSuchKey();
      return faultyReply(fault, object);
    }
    checkBody(body, payloadHash);
    return { status: 200, body: "", headers: { etag: put(key, body, headers["content-type"]) } };
  }

  const server = await createStandInServer({
    port,
    maxBodyBytes: MAX_BODY_BYTES,
    script,
    answer: (call) => answer(call).catch((error: unknown) => errorReply(error, call.path, rest.region)),
  });
  return {
    ...server,
    put,
    remove: (key: string): boolean => objects.delete(key),
    readsOf: (key: string) => server.requests.filter((call) => call.kind === "read" && call.key === key).length,
  };
}

/** The path's first part names the bucket, the rest the object. */
function bucketAndKey(path: string) {
  const [, bucket = "", ...key] = path.split("/");
  try {
    return [decodeURIComponent(bucket), decodeURIComponent(key.join("/"))] as const;
  } catch {
    throw badRequest("Invalid UTF-8");
  }
}

/** An error's body is on one line, as Garage writes it. */
function errorReply(error: unknown, path: string, region: string): HttpReply {
  if (!(error instanceof StorageError)) throw error;
  const fields = { Code: error.code, Message: error.message, Resource: path, Region: region };
  const elements = Object.entries(fields).map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`);
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error>${elements.join("")}</Error>`;
  return { status: error.status, contentType: "application/xml", body };
}

const escapeXml = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
