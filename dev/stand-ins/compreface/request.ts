/**
 * Reads a verify or detect call as CompreFace does. The checks come in its order: size of the body (nginx), API key,
 * multipart and file sizes, missing parts, parameters, file names of the source and then of the target.
 */
import { API_ERRORS, badExtension, emptyField, missingPart, unknownKey, type ServiceType } from "./errors.ts";
import { RefusalError, type HttpReply } from "../reply.ts";
import type { Call } from "../server.ts";

/** The files that an endpoint takes: their name in a form and in JSON, and in the Java behind it. */
interface FileField {
  readonly name: string;
  readonly javaName: string;
}

/** An endpoint that takes images, and the kind of service whose key it wants. */
export interface Endpoint {
  readonly path: string;
  readonly service: ServiceType;
  readonly files: readonly FileField[];
}

export const VERIFY: Endpoint = {
  path: "/api/v1/verification/verify",
  service: "Verification",
  files: [
    { name: "source_image", javaName: "sourceImageBase64" },
    { name: "target_image", javaName: "targetImageBase64" },
  ],
};

export const DETECT: Endpoint = {
  path: "/api/v1/detection/detect",
  service: "Detection",
  files: [{ name: "file", javaName: "content" }],
};

/** The endpoint of the service that a path belongs to; the path itself may be unknown there. */
export function endpointAt(path: string): Endpoint {
  return path.startsWith("/api/v1/detection") ? DETECT : VERIFY;
}

/** A call that passed every check that comes before the faces are looked for. */
export interface FaceRequest {
  readonly service: ServiceType;
  /** The key that came with it, which one error echoes. */
  readonly key: string;
  /** In the order of the endpoint's files. */
  readonly images: readonly Buffer[];
  /** The number of faces to keep of each image, the largest first; 0 keeps all. */
  readonly limit: number;
  readonly detProbThreshold: number | undefined;
  readonly facePlugins: readonly string[];
  /** Whether to report execution times and plugin versions. */
  readonly status: boolean;
}

interface FaceRequestLimits {
  readonly maxFileBytes: number;
}

const MIN_KEY_LENGTH = 36;
/** What Java's `UUID.fromString` takes. */
const UUID = /^[0-9a-f]+(-[0-9a-f]+){4}$/i;

/** The key filter, which runs before the path is even looked up. Throws a {@link RefusalError}. */
export function checkKey(
  call: Call,
  { service }: Endpoint,
  keys: Readonly<Record<ServiceType, string | undefined>>,
): void {
  const key = call.headers["x-api-key"];
  if (typeof key !== "string") throw new RefusalError(API_ERRORS.missingKey);
  if (key.length < MIN_KEY_LENGTH || !UUID.test(key)) throw new RefusalError(API_ERRORS.badKey);
  if (key.toLowerCase() !== keys[service]?.toLowerCase()) throw new RefusalError(unknownKey(service, key));
}

/** The rest of a call. Rejects with a {@link RefusalError}. */
export async function readFaceRequest(
  call: Call,
  { service, files }: Endpoint,
  { maxFileBytes }: FaceRequestLimits,
): Promise<FaceRequest> {
  const contentType = call.headers["content-type"] ?? "";
  const caller = { service, key: String(call.headers["x-api-key"]) };
  if (/^multipart\/form-data\b/i.test(contentType)) {
    const form = await parseForm(call.body, contentType, maxFileBytes);
    const uploads = files.map(({ name }) => fileOf(form, name) ?? refuse(missingPart(name)));
    const parameters = readParameters((name) => call.query.get(name) ?? textOf(form, name));
    for (const { name } of uploads) checkExtension(name);
    const images = await Promise.all(uploads.map(async (upload) => Buffer.from(await upload.arrayBuffer())));
    return { ...caller, images, ...parameters };
  }
  if (!/^application\/json\b/i.test(contentType)) throw new RefusalError(API_ERRORS.unsupportedMediaType);
  const parameters = readParameters((name) => call.query.get(name));
  return { ...caller, images: readBase64Files(call.body, files), ...parameters };
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
  const limit = readNumber(get("limit"), /^[+-]?\d+$/) ?? 0;
  const detProbThreshold = readNumber(get("det_prob_threshold"), /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i);
  const status = get("status") || "false";
  if (!/^(true|on|yes|1|false|off|no|0)$/i.test(status)) throw new RefusalError(API_ERRORS.badParameter);
  if (limit < 0) throw new RefusalError(API_ERRORS.negativeLimit);
  return {
    limit,
    detProbThreshold,
    facePlugins: (get("face_plugins") ?? "").split(",").map((slug) => slug.trim()),
    status: /^(true|on|yes|1)$/i.test(status),
  };
}

function readNumber(text: string | null, form: RegExp): number | undefined {
  const trimmed = text?.trim() ?? "";
  if (trimmed === "") return undefined;
  if (!form.test(trimmed)) throw new RefusalError(API_ERRORS.badParameter);
  return Number(trimmed);
}

function readBase64Files(body: Buffer, files: readonly FileField[]): readonly Buffer[] {
  const given = parseObject(body);
  const texts = files.map(({ name, javaName }) => {
    const text = given.get(name);
    return typeof text === "string" && text !== "" ? text : refuse(emptyField(javaName));
  });
  return texts.map((text) => {
    if (!/^[A-Za-z0-9+/_=\s-]*$/.test(text)) throw new RefusalError(API_ERRORS.badBase64);
    return Buffer.from(text, "base64");
  });
}

function parseObject(body: Buffer): ReadonlyMap<string, unknown> {
  try {
    const json: unknown = JSON.parse(body.toString());
    if (typeof json === "object" && json !== null) return new Map(Object.entries(json));
  } catch {
    // Answered like any other body that Spring cannot read.
  }
  throw new RefusalError(API_ERRORS.badParameter);
}
