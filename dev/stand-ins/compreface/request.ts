/**
 * Reads a verification call as CompreFace does. The checks come in its order: size of the body (nginx), API key,
 * multipart and file sizes, missing parts, parameters, file names of the source and then of the target.
 */
import { API_ERRORS, badExtension, missingPart, unknownKey } from "./errors.ts";
import { RefusalError, type HttpReply } from "../reply.ts";
import type { Call } from "../server.ts";

/** The only endpoint that this stand-in has. */
export const VERIFY_PATH = "/api/v1/verification/verify";

/** A call that passed every check that comes before the faces are looked for. */
export interface FaceRequest {
  /** The key that came with it, which one error echoes. */
  readonly key: string;
  /** The source and the target. */
  readonly images: readonly Buffer[];
  /** The number of faces to keep of each image, the largest first; 0 keeps all. */
  readonly limit: number;
  /** Whether to name what found and compared the faces. */
  readonly status: boolean;
}

const MIN_KEY_LENGTH = 36;
/** What Java's `UUID.fromString` takes. */
const UUID = /^[0-9a-f]+(-[0-9a-f]+){4}$/i;

/** The key filter, which runs before the path is even looked up. Throws a {@link RefusalError}. */
export function checkKey(call: Call, apiKey: string): void {
  const key = call.headers["x-api-key"];
  if (typeof key !== "string") throw new RefusalError(API_ERRORS.missingKey);
  if (key.length < MIN_KEY_LENGTH || !UUID.test(key)) throw new RefusalError(API_ERRORS.badKey);
  if (key.toLowerCase() !== apiKey.toLowerCase()) throw new RefusalError(unknownKey(key));
}

/** The rest of a call. Rejects with a {@link RefusalError}. */
export async function readFaceRequest(call: Call, maxFileBytes: number): Promise<FaceRequest> {
  const contentType = call.headers["content-type"] ?? "";
  if (!/^multipart\/form-data\b/i.test(contentType)) throw new RefusalError(API_ERRORS.unsupportedMediaType);
  const form = await parseForm(call.body, contentType, maxFileBytes);
  const uploads = ["source_image", "target_image"].map((name) => fileOf(form, name) ?? refuse(missingPart(name)));
  const parameters = readParameters((name) => call.query.get(name) ?? textOf(form, name));
  for (const { name } of uploads) checkExtension(name);
  const images = await Promise.all(uploads.map(async (upload) => Buffer.from(await upload.arrayBuffer())));
  return { key: String(call.headers["x-api-key"]), images, ...parameters };
}

function refuse(reply: HttpReply): never {
  throw new RefusalError(reply);
}

/** Parses the whole form first, as Spring does: a file that is too large fails it under any name. */
async function parseForm(body: Buffer, contentType: string, maxFileBytes: number): Promise<FormData> {
  const form = await new Response(Uint8Array.from(body), { headers: { "content-type": contentType } })
    .formData()
    .catch(() => refuse(API_ERRORS.unexpected));
  const isTooLarge = [...form.values()].some((value) => typeof value !== "string" && value.size > maxFileBytes);
  return isTooLarge ? refuse(API_ERRORS.unexpected) : form;
}

function fileOf(form: FormData, name: string) {
  // A part without a file name is text to Spring, not a file.
  return form.getAll(name).find((value) => typeof value !== "string");
}

function textOf(form: FormData, name: string): string | null {
  return form.getAll(name).find((value) => typeof value === "string") ?? null;
}

const EXTENSIONS = new Set(["tif", "tiff", "jpg", "jpeg", "png", "bmp", "ico", "gif", "webp"]);

function checkExtension(fileName: string): void {
  const extension = /\.([^.]*)$/.exec(fileName.toLowerCase())?.[1] ?? "";
  if (!EXTENSIONS.has(extension)) throw new RefusalError(badExtension(fileName));
}

function readParameters(get: (name: string) => string | null) {
  const limit = get("limit") || "0";
  if (!/^[+-]?\d+$/.test(limit)) throw new RefusalError(API_ERRORS.badParameter);
  if (Number(limit) < 0) throw new RefusalError(API_ERRORS.negativeLimit);
  return { limit: Number(limit), status: get("status") === "true" };
}
