/** Reads a generateContent call as the Gemini API does: which requests it refuses, with which words, in which order. */
import * as z from "zod/mini";
import { GEMINI_ERRORS, invalidArgument, invalidPayload, unknownModel } from "./errors.ts";
import { readGenerateContentRequest } from "./fields.ts";
import { RefusalError } from "../reply.ts";
import type { Call } from "../server.ts";

const partSchema = z.object({
  text: z.optional(z.string()),
  inlineData: z.optional(z.object({ mimeType: z._default(z.string(), ""), data: z.instanceof(Buffer) })),
  mediaResolution: z.optional(z.object({ level: z.optional(z.string()) })),
});
const contentSchema = z.object({
  role: z._default(z.string(), "user"),
  parts: z._default(z.array(partSchema), []),
});
const thinkingSchema = z.object({
  thinkingLevel: z.optional(z.string()),
  thinkingBudget: z.optional(z.int()),
  includeThoughts: z._default(z.boolean(), false),
});
const configSchema = z.object({
  responseMimeType: z._default(z.string(), "text/plain"),
  responseSchema: z.optional(z.unknown()),
  responseJsonSchema: z.optional(z.unknown()),
  mediaResolution: z.optional(z.string()),
  maxOutputTokens: z.optional(z.int().check(z.positive())),
  thinkingConfig: z.prefault(thinkingSchema, {}),
});
const requestSchema = z.object({
  contents: z._default(z.array(contentSchema), []),
  systemInstruction: z.optional(contentSchema),
  generationConfig: z.prefault(configSchema, {}),
});

type Content = z.infer<typeof contentSchema>;

/** A request that the API would answer. */
export interface GenerateRequest {
  readonly images: readonly { readonly bytes: Buffer; readonly mediaResolution: string | undefined }[];
  /** All text of the prompt, the system instruction included. */
  readonly text: string;
  /** The form asked for: a Google Schema or a JSON Schema. */
  readonly schema: unknown;
  readonly maxOutputTokens: number | undefined;
  readonly thinkingLevel: string | undefined;
  readonly includeThoughts: boolean;
}

/** The API key, before anything else. Throws a {@link RefusalError}. */
export function checkKey(call: Call, apiKey: string): void {
  const key = call.headers["x-goog-api-key"] ?? call.query.get("key");
  if (key === null) throw new RefusalError(GEMINI_ERRORS.missingKey);
  if (key !== apiKey) throw new RefusalError(GEMINI_ERRORS.invalidKey);
}

/** Checks and reads the rest of a call. Throws a {@link RefusalError}. */
export function readRequest(call: Call, { model, maxBodyBytes }: { model: string; maxBodyBytes: number }) {
  if (call.bodyTooLarge) {
    throw new RefusalError(invalidArgument(`Request payload size exceeds the limit: ${maxBodyBytes} bytes.`));
  }
  const message = readGenerateContentRequest(parseJson(call.body));
  const asked = /\/models\/(.*):/.exec(call.path)?.[1] ?? "";
  if (asked !== model) throw new RefusalError(unknownModel(asked));
  const parsed = requestSchema.safeParse(message);
  if (!parsed.success) throw new RefusalError(GEMINI_ERRORS.invalidArgument);
  const { contents, systemInstruction, generationConfig } = parsed.data;
  checkContents(contents);
  checkConfig(generationConfig);
  return toRequest(contents, systemInstruction, generationConfig);
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    const description = "Invalid JSON payload received. Unexpected token.";
    throw new RefusalError(invalidPayload([{ field: "", description }]));
  }
}

const MIME_TYPES = new Set(["image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"]);

function checkContents(contents: readonly Content[]): void {
  if (contents.length === 0) refuse("* GenerateContentRequest.contents: contents is not specified\n");
  for (const [index, { role, parts }] of contents.entries()) {
    const at = `GenerateContentRequest.contents[${index}]`;
    if (role !== "user" && role !== "model") refuse("Please use a valid role: user, model.");
    if (parts.length === 0) refuse(`* ${at}.parts: contents.parts must not be empty.\n`);
    for (const [number, { text, inlineData }] of parts.entries()) {
      if (text === undefined && inlineData === undefined) {
        refuse(`* ${at}.parts[${number}].data: required oneof field 'data' must have one initialized field\n`);
      }
      if (inlineData !== undefined && !MIME_TYPES.has(inlineData.mimeType)) {
        refuse(`Unsupported MIME type: ${inlineData.mimeType}`);
      }
    }
  }
}

type GenerationConfig = z.infer<typeof configSchema>;

const RESPONSE_TYPES: ReadonlySet<string> = new Set([
  "text/plain",
  "application/json",
  "application/xml",
  "application/yaml",
  "text/x.enum",
]);

function checkConfig({ responseMimeType, responseSchema, responseJsonSchema, thinkingConfig }: GenerationConfig): void {
  if (!RESPONSE_TYPES.has(responseMimeType)) {
    refuse(
      "* GenerateContentRequest.generation_config.response_mime_type: allowed mimetypes are `text/plain`, `application/json`, `application/xml`, `application/yaml` and `text/x.enum`.\n",
    );
  }
  const schemas = [responseSchema, responseJsonSchema].filter((schema) => schema !== undefined);
  if (schemas.length > 1 || (schemas.length === 1 && responseMimeType === "text/plain")) {
    throw new RefusalError(GEMINI_ERRORS.invalidArgument);
  }
  if (thinkingConfig.thinkingBudget !== undefined && thinkingConfig.thinkingLevel !== undefined) {
    refuse("You can only set only one of thinking budget and thinking level.");
  }
}

function refuse(message: string): never {
  throw new RefusalError(invalidArgument(message));
}

function toRequest(
  contents: readonly Content[],
  systemInstruction: Content | undefined,
  config: GenerationConfig,
): GenerateRequest {
  const parts = [...(systemInstruction === undefined ? [] : [systemInstruction]), ...contents].flatMap(
    (content) => content.parts,
  );
  return {
    images: parts.flatMap(({ inlineData, mediaResolution }) =>
      inlineData === undefined
        ? []
        : [{ bytes: inlineData.data, mediaResolution: mediaResolution?.level ?? config.mediaResolution }],
    ),
    text: parts.map(({ text }) => text ?? "").join("\n"),
    schema: config.responseSchema ?? config.responseJsonSchema,
    maxOutputTokens: config.maxOutputTokens,
    thinkingLevel: config.thinkingConfig.thinkingLevel,
    includeThoughts: config.thinkingConfig.includeThoughts,
  };
}
