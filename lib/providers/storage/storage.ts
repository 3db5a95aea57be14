/**
 * Fetches the pictures from the object storage (Garage, or another S3-compatible server). It signs a URL just before it
 * fetches and fetches each picture once. No URL leaves this file, not even in an error.
 */
import { get as getPlainly, type IncomingMessage } from "node:http";
import { get as getOverTls } from "node:https";
import { S3RequestPresigner } from "@aws-sdk/s3-request-presigner";
import { buildQueryString, escapeUriPath, HttpRequest } from "@smithy/core/protocols";
import { Hash } from "@smithy/core/serde";
import type { WorkerConfig } from "../../config.ts";
import { FinalError, invalidPhoto, TransientError } from "../../errors.ts";
import { recordCall } from "../../observe/calls.ts";
import type { ImageRole } from "../../reasons.ts";
import { errorCodeOf, isAboutClocks, mayPass } from "./storage-codes.ts";

const URL_EXPIRES_SECONDS = 300;

interface StorageOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly bucket: string;
  readonly maxImageBytes: number;
  /** The timeout of one picture, from the request to its last byte. */
  readonly timeoutMs?: number;
}

type StorageConfig = Pick<
  WorkerConfig,
  "S3_ENDPOINT" | "S3_REGION" | "S3_ACCESS_KEY" | "S3_SECRET_KEY" | "S3_BUCKET" | "MAX_IMAGE_BYTES"
>;

/** Opens the storage that a configuration describes. */
export const openStorage = (config: StorageConfig, options: Pick<StorageOptions, "timeoutMs"> = {}): Storage =>
  createStorage({
    endpoint: config.S3_ENDPOINT,
    region: config.S3_REGION,
    accessKey: config.S3_ACCESS_KEY,
    secretKey: config.S3_SECRET_KEY,
    bucket: config.S3_BUCKET,
    maxImageBytes: config.MAX_IMAGE_BYTES,
    ...options,
  });

/** Opens the bucket with the pictures. */
export function createStorage({
  endpoint,
  region,
  accessKey,
  secretKey,
  bucket,
  maxImageBytes,
  timeoutMs = 30_000,
}: StorageOptions) {
  const { origin, protocol, host, pathname } = new URL(endpoint);
  const presigner = new S3RequestPresigner({
    region,
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
    sha256: Hash.bind(null, "sha256"),
  });

  /**
   * Signs the URL of an object, in path style. `S3Client` would sign the same request, but takes four times as long, and
   * 9 MB of memory.
   */
  async function sign(key: string): Promise<string> {
    const path = `${pathname.replace(/\/$/, "")}/${bucket}/${escapeUriPath(key)}`;
    const request = new HttpRequest({ protocol, hostname: host, path });
    const { query = {} } = await presigner.presign(request, { expiresIn: URL_EXPIRES_SECONDS });
    return `${origin}${path}?${buildQueryString(query)}`;
  }

  async function fetchImage(key: string, image: ImageRole, signal: AbortSignal): Promise<Buffer> {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    try {
      const response = await get(await sign(key), patience);
      if (response.statusCode !== 200) throw await refusal(response, image);
      return await readBody(response, image, maxImageBytes);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof FinalError || error instanceof TransientError) throw error;
      throw unavailable(image, { cause: patience.aborted ? "timeout" : "connection" });
    }
  }

  return {
    /**
     * Fetches a picture.
     *
     * @throws {FinalError} if the object is missing or too large, or access is refused.
     * @throws {TransientError} if the storage does not answer as it should; another attempt may help.
     */
    fetchImage: (key: string, image: ImageRole, signal: AbortSignal): Promise<Buffer> =>
      recordCall({ provider: "storage", purpose: image }, () => fetchImage(key, image, signal)),
  };
}

export type Storage = ReturnType<typeof createStorage>;

const unavailable = (image: ImageRole, facts: Record<string, string | number>) =>
  new TransientError("The object storage did not answer as it should", "storage_unavailable", { image, facts });

/**
 * Sends a GET with Node's own client, which follows no redirect. `fetch` copies every piece of a body twice and leaves
 * the copies to the garbage collector: for dozens of large pictures that costs more than all other work on them.
 */
async function get(url: string, signal: AbortSignal): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = url.startsWith("https:") ? getOverTls : getPlainly;
  request(url, { signal }, resolve)
    .on("error", reject)
    // Some answers, such as 101, end without a response and without an error.
    .on("close", () => reject(new Error("The connection ended without an answer")));
  return promise;
}

async function refusal(response: IncomingMessage, image: ImageRole): Promise<FinalError | TransientError> {
  const { statusCode: status = 0 } = response;
  const body = await readStart(response);
  const code = errorCodeOf(body);
  const facts = { status, code };
  if (status === 404 && code === "NoSuchKey") return invalidPhoto("image_not_found", image, facts);
  // An operator has to correct a clock; the storage itself works.
  if (isAboutClocks(code, body)) return unavailable(image, { ...facts, cause: "clock" });
  if (mayPass(status, code, body)) return unavailable(image, facts);
  return new FinalError(`The object storage refused access (HTTP ${status} ${code})`, "storage_refused", {
    image,
    facts,
  });
}

/**
 * Refuses an answer that is compressed or has no length. S3 sends no such answer, but a proxy may, and an answer that
 * it cuts off would look like a damaged picture.
 */
function refuseChanged(response: IncomingMessage, image: ImageRole): void {
  const { headers } = response;
  const encoding = headers["content-encoding"] ?? "identity";
  const isDelimited = headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
  // Some clients write "aws-chunked" into the object's metadata when they upload in signed chunks.
  const isPlain = ["identity", "", "aws-chunked"].includes(encoding.toLowerCase());
  if (isPlain && isDelimited) return;
  response.destroy();
  throw unavailable(image, { cause: isPlain ? "no content-length" : "content-encoding" });
}

const ERROR_BODY_BYTES = 4_096;

async function readStart(response: IncomingMessage): Promise<string> {
  let start = "";
  for await (const chunk of response.setEncoding("utf8")) {
    start += String(chunk);
    if (start.length >= ERROR_BODY_BYTES) break;
  }
  return start.slice(0, ERROR_BODY_BYTES);
}

/** Reads a body of at most `maxBytes` into memory. Rejects a body that is cut off, because the HTTP client counts. */
async function readBody(response: IncomingMessage, image: ImageRole, maxBytes: number): Promise<Buffer> {
  refuseChanged(response, image);
  const declared = Number(response.headers["content-length"]);
  const tooLarge = (bytes: number) => invalidPhoto("image_too_large", image, { bytes, maxBytes });
  if (declared > maxBytes) {
    response.destroy();
    throw tooLarge(declared);
  }
  // Allocate once if the size is known: several large pictures are fetched at once.
  const whole = declared > 0 ? Buffer.allocUnsafeSlow(declared) : undefined;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const part of response) {
    const chunk: Buffer = part;
    if (bytes + chunk.length > maxBytes) throw tooLarge(bytes + chunk.length);
    if (whole === undefined) chunks.push(chunk);
    else whole.set(chunk, bytes);
    bytes += chunk.length;
  }
  return whole ?? Buffer.concat(chunks, bytes);
}
