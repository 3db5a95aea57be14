/**
 * Reads a generateContent call as the Gemini API does: the key first, then the fields, then the model, then the contents.
 * A field that Google does not know, or a value that it does not take, is a 400 that names its path.
 */
import * as z from "zod/mini";
import { GEMINI_ERRORS, invalidArgument, invalidPayload, unknownModel } from "./errors.ts";
import { refuse } from "../reply.ts";
import type { Call } from "../server.ts";

/** The form of an answer that a request asks for: Google's subset of JSON Schema. */
export interface Schema {
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly items?: Schema | undefined;
}

// Fields that the stand-in checks and does not use have the types that Google documents.
const text = z.optional(z.string());
const number = z.optional(z.number());
const integer = z.optional(z.int());

/** One of these names, in any case. */
const oneOf = (...names: readonly string[]) => z.optional(z.pipe(z.string().check(z.toUpperCase()), z.enum(names)));

const schemaSchema: z.ZodMiniType<Schema> = z.strictObject({
  type: oneOf("STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"),
  format: text,
  description: text,
  nullable: z.optional(z.boolean()),
  enum: z.optional(z.array(z.string())),
  required: z.optional(z.array(z.string())),
  minimum: number,
  maximum: number,
  minItems: integer,
  maxItems: integer,
  get properties() {
    return z.optional(z.record(z.string(), schemaSchema));
  },
  get items() {
    return z.optional(schemaSchema);
  },
});

const partSchema = z.strictObject({
  text: z.optional(z.string()),
  inlineData: z.optional(
    z.strictObject({
      mimeType: z._default(z.string(), ""),
      data: z.pipe(
        z.string().check(z.regex(/^[A-Za-z0-9+/]*={0,2}$/)),
        z.transform((base64: string) => Buffer.from(base64, "base64")),
      ),
    }),
  ),
});
const contentSchema = z.strictObject({
  role: z._default(z.string(), "user"),
  parts: z._default(z.array(partSchema), []),
});
const configSchema = z.strictObject({
  responseMimeType: z._default(z.string(), "text/plain"),
  responseSchema: z.optional(schemaSchema),
  mediaResolution: oneOf("MEDIA_RESOLUTION_LOW", "MEDIA_RESOLUTION_MEDIUM", "MEDIA_RESOLUTION_HIGH"),
  maxOutputTokens: z.optional(z.int().check(z.positive())),
  thinkingConfig: z.optional(z.strictObject({ thinkingLevel: oneOf("MINIMAL", "LOW", "MEDIUM", "HIGH") })),
  temperature: number,
  topP: number,
  topK: integer,
  seed: integer,
});
const requestSchema = z.strictObject({
  contents: z._default(z.array(contentSchema), []),
  systemInstruction: z.optional(contentSchema),
  generationConfig: z.prefault(configSchema, {}),
  safetySettings: z.optional(z.array(z.strictObject({ category: z.string(), threshold: z.string() }))),
});

/** A request that the API would answer. */
export type GenerateRequest = ReturnType<typeof readRequest>;

/** The API key, before anything else. Throws a refusal. */
export function checkKey(call: Call, apiKey: string): void {
  const key = call.headers["x-goog-api-key"] ?? call.query.get("key");
  if (key === null) refuse(GEMINI_ERRORS.missingKey);
  if (key !== apiKey) refuse(GEMINI_ERRORS.invalidKey);
}

/** Checks and reads the rest of a call. Throws a refusal. */
export function readRequest(call: Call, { model, maxBodyBytes }: { model: string; maxBodyBytes: number }) {
  if (call.bodyTooLarge) refuse(invalidArgument(`Request payload size exceeds the limit: ${maxBodyBytes} bytes.`));
  const parsed = requestSchema.safeParse(parseJson(call.body));
  if (!parsed.success) refuse(invalidPayload(parsed.error.issues.flatMap(violationsOf)));
  const asked = /\/models\/(.*):/.exec(call.path)?.[1] ?? "";
  if (asked !== model) refuse(unknownModel(asked));
  const { contents, systemInstruction, generationConfig } = parsed.data;
  const fault = faultIn(contents);
  if (fault !== undefined) refuse(invalidArgument(fault));
  const { responseMimeType, responseSchema, thinkingConfig, mediaResolution, maxOutputTokens } = generationConfig;
  if (responseSchema !== undefined && responseMimeType === "text/plain") refuse(GEMINI_ERRORS.invalidArgument);
  const parts = [systemInstruction, ...contents].flatMap((content) => content?.parts ?? []);
  return {
    images: parts.flatMap(({ inlineData }) => inlineData?.data ?? []),
    /** All text of the prompt, the system instruction included. */
    text: parts.map(({ text }) => text ?? "").join("\n"),
    schema: responseSchema,
    mediaResolution,
    maxOutputTokens,
    thinkingLevel: thinkingConfig?.thinkingLevel,
  };
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return refuse(invalidPayload([{ field: "", description: "Invalid JSON payload received. Unexpected token." }]));
  }
}

/** What Google says of an issue, with the path in snake_case: `contents[0].parts[1].inline_data`. */
function violationsOf(issue: z.core.$ZodIssue) {
  const field = issue.path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part).replace(/[A-Z]/g, "_$&").toLowerCase()}`))
    .join("")
    .replace(/^\./, "");
  if (issue.code !== "unrecognized_keys") return [{ field, description: `Invalid value at '${field}'` }];
  const at = field === "" ? "" : ` at '${field}'`;
  return issue.keys.map((key) => {
    return { field, description: `Invalid JSON payload received. Unknown name "${key}"${at}: Cannot find field.` };
  });
}

const MIME_TYPES = new Set(["image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"]);

/** What Google says of contents that are not as they should be. */
function faultIn(contents: readonly z.infer<typeof contentSchema>[]): string | undefined {
  if (contents.length === 0) return "* GenerateContentRequest.contents: contents is not specified\n";
  for (const [index, { role, parts }] of contents.entries()) {
    const at = `* GenerateContentRequest.contents[${index}].parts`;
    if (role !== "user" && role !== "model") return "Please use a valid role: user, model.";
    if (parts.length === 0) return `${at}: contents.parts must not be empty.\n`;
    for (const [number, { text, inlineData }] of parts.entries()) {
      if (text === undefined && inlineData === undefined) {
        return `${at}[${number}].data: required oneof field 'data' must have one initialized field\n`;
      }
      if (inlineData !== undefined && !MIME_TYPES.has(inlineData.mimeType)) {
        return `Unsupported MIME type: ${inlineData.mimeType}`;
      }
    }
  }
  return undefined;
}
