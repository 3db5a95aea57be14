import { createHash } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import { type Credentials, authenticate, checkBody } from "./auth.ts";
import { StorageError, badRequest, errorBody, noSuchBucket, noSuchKey, notImplemented } from "./errors.ts";
import { type Answer, type StorageFault, sendAnswer, sendFaulty } from "./faults.ts";
import { type StoredObject, answerWith } from "./range.ts";

export interface ObjectStorageOptions {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
  readonly bucket: string;
  /** Default: a free one. */
  readonly port?: number;
  /** What time it is for expiry. */
  readonly now?: () => Date;
}

/** A running object store. {@link createObjectStorage} */
export type ObjectStorage = Awaited<ReturnType<typeof createObjectStorage>>;

/**
 * Starts a store with one bucket that speaks, on 127.0.0.1, the part of S3 that Garage speaks and that is needed here:
 * GET, HEAD and PUT of objects by path, presigned or signed in the headers, with Garage's checks, answers and words.
 * Objects live in memory.
 *
 * `put` and `remove` do what the backend does, without a request. `requests` counts the GET and HEAD requests by key,
 * those answered with an error too. `faults` makes the reading of a key go wrong, once a request has shown its right
 * to it.
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

  function answerRead(request: IncomingMessage, key: string): Answer {
    const object = objects.get(key);
    if (object === undefined) throw noSuchKey();
    return answerWith(object, request.method === "HEAD" ? undefined : request.headers.range);
  }

  async function read(request: IncomingMessage, response: ServerResponse, key: string): Promise<void> {
    const next = () => answerRead(request, key);
    const fault = takeFault(faults, key);
    if (fault === undefined) sendAnswer(response, next());
    else await sendFaulty(fault, response, next);
  }

  async function write(request: IncomingMessage, response: ServerResponse, key: string, payloadHash?: string) {
    const body = Buffer.concat(await request.toArray());
    checkBody(body, payloadHash);
    put(key, body, request.headers["content-type"]);
    sendAnswer(response, { status: 200, headers: { etag: `"${objects.get(key)?.etag}"` }, body: Buffer.of() });
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", headers } = request;
    const { path, query, asked } = parseTarget(request);
    const reads = method === "GET" || method === "HEAD";
    if (reads) requests.set(asked.key, (requests.get(asked.key) ?? 0) + 1);
    const { payloadHash } = authenticate({ method, path, query, headers }, credentials);
    if (asked.bucket !== bucket) throw noSuchBucket(asked.bucket);
    if (asked.key === "" || !(reads || method === "PUT")) throw notImplemented(method);
    if (reads) await read(request, response, asked.key);
    else await write(request, response, asked.key, payloadHash);
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => sendError(error, request, response, rest.region));
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The object store has no port");

  const close = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  };

  return {
    url: `http://127.0.0.1:${address.port}`,
    put,
    remove: (key: string): boolean => objects.delete(key),
    requests,
    faults,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The path's first part names the bucket, the rest, decoded, the object. */
function parseTarget({ url = "/" }: IncomingMessage) {
  const [path = "/", ...query] = url.split("?");
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

function sendError(error: unknown, request: IncomingMessage, response: ServerResponse, region: string): void {
  if (response.headersSent) return void response.destroy();
  const path = request.url?.split("?")[0] ?? "/";
  const answer = error instanceof StorageError ? error : new StorageError(500, "InternalError", String(error));
  const body = Buffer.from(errorBody(answer, { path, region }));
  const headers = { "content-type": "application/xml", "content-length": body.length, ...answer.headers };
  sendAnswer(response, { status: answer.status, headers, body });
}
