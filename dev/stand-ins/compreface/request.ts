/**
 * Reads a verification call as CompreFace does. The checks come in its order: size of the body (nginx), API key,
 * multipart and file sizes, missing parts, parameters, file names of the source and then of the target.
 */
import { API_ERRORS, badExtension, missingPart, unknownKey } from "./errors.ts";
import { refuse } from "../reply.ts";
import type { Call } from "../server.ts";

/** A call that passed every check that comes before the faces are looked for: its source and its target. */
export type FaceRequest = Awaited<ReturnType<typeof readFaceRequest>>;

const MIN_KEY_LENGTH = 36;
/** What Java's `UUID.fromString` takes. */
const UUID = /^[0-9a-f]+(-[0-9a-f]+){4}$/i;

/** The key filter, which runs before the path is even looked up. Returns the key as it was sent. Throws a refusal. */
export function checkKey(call: Call, apiKey: string): string {
  const key = call.headers["x-api-key"];
  if (typeof key !== "string") refuse(API_ERRORS.missingKey);
  if (key.length < MIN_KEY_LENGTH || !UUID.test(key)) refuse(API_ERRORS.badKey);
  if (key.toLowerCase() !== apiKey.toLowerCase()) refuse(unknownKey(key));
  return key;
}

const EXTENSION = /\.(tiff?|jpe?g|png|bmp|ico|gif|webp)$/i;

/** The rest of a call. Rejects with a refusal. */
export async function readFaceRequest(call: Call, maxFileBytes: number) {
  const form = await parseForm(call, maxFileBytes);
  const uploads = ["source_image", "target_image"].map((name) => {
    // A part without a file name is text to Spring, not a file.
    return form.getAll(name).find((value) => typeof value !== "string") ?? refuse(missingPart(name));
  });
  const parameter = (name: string) =>
    call.query.get(name) ?? form.getAll(name).find((value) => typeof value === "string");
  const limit = parameter("limit") || "0";
  if (!/^[+-]?\d+$/.test(limit)) refuse(API_ERRORS.badParameter);
  if (Number(limit) < 0) refuse(API_ERRORS.negativeLimit);
  for (const { name } of uploads) if (!EXTENSION.test(name)) refuse(badExtension(name));
  return {
    images: await Promise.all(uploads.map(async (upload) => Buffer.from(await upload.arrayBuffer()))),
    /** The number of faces to keep of each image, the largest first; 0 keeps all. */
    limit: Number(limit),
    /** Whether to name what found and compared the faces. */
    status: parameter("status") === "true",
  };
}

/** Parses the whole form first, as Spring does: a file that is too large fails it under any name. */
async function parseForm({ headers, body }: Call, maxFileBytes: number): Promise<FormData> {
  const contentType = headers["content-type"] ?? "";
  if (!/^multipart\/form-data\b/i.test(contentType)) refuse(API_ERRORS.unsupportedMediaType);
  const form = await new Response(Uint8Array.from(body), { headers: { "content-type": contentType } })
    .formData()
    .catch(() => refuse(API_ERRORS.unexpected));
  const isTooLarge = [...form.values()].some((value) => typeof value !== "string" && value.size > maxFileBytes);
  return isTooLarge ? refuse(API_ERRORS.unexpected) : form;
}
