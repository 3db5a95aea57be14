/**
 * The request's protobuf messages, and how Google reads JSON into them: names in camelCase or snake_case, a single value
 * where a list is meant, enums in any case, and a 400 that lists every unknown name and impossible value by its path.
 */
import { invalidPayload } from "./errors.ts";
import { RefusalError } from "../reply.ts";

type Field =
  | "any"
  | "bytes"
  | { readonly message: () => Message }
  | { readonly list: () => Message }
  | { readonly map: () => Message }
  | { readonly enum: string; readonly values: readonly string[] };

interface Message {
  readonly type: string;
  readonly fields: Readonly<Record<string, Field>>;
}

const anyOf = (...names: readonly string[]): Record<string, Field> =>
  Object.fromEntries(names.map((name) => [name, "any"]));

const TYPES = ["TYPE_UNSPECIFIED", "STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"];
const RESOLUTIONS = ["UNSPECIFIED", "LOW", "MEDIUM", "HIGH"].map((level) => `MEDIA_RESOLUTION_${level}`);
const THINKING_LEVELS = ["THINKING_LEVEL_UNSPECIFIED", "MINIMAL", "LOW", "MEDIUM", "HIGH"];

const schema: Message = {
  type: "Schema",
  fields: {
    ...anyOf("format", "title", "description", "nullable", "enum", "maxItems", "minItems", "required", "minProperties"),
    ...anyOf("maxProperties", "minLength", "maxLength", "pattern", "example", "propertyOrdering", "default"),
    ...anyOf("minimum", "maximum"),
    type: { enum: "Type", values: TYPES },
    items: { message: () => schema },
    anyOf: { list: () => schema },
    properties: { map: () => schema },
  },
};

const thinkingConfig: Message = {
  type: "ThinkingConfig",
  fields: {
    ...anyOf("includeThoughts", "thinkingBudget"),
    thinkingLevel: { enum: "ThinkingConfig.ThinkingLevel", values: THINKING_LEVELS },
  },
};

const generationConfig: Message = {
  type: "GenerationConfig",
  fields: {
    ...anyOf("candidateCount", "stopSequences", "maxOutputTokens", "temperature", "topP", "topK", "seed"),
    ...anyOf("presencePenalty", "frequencyPenalty", "responseLogprobs", "logprobs", "responseModalities"),
    ...anyOf("speechConfig", "imageConfig", "enableEnhancedCivicAnswers", "responseMimeType", "responseJsonSchema"),
    responseSchema: { message: () => schema },
    thinkingConfig: { message: () => thinkingConfig },
    mediaResolution: { enum: "GenerationConfig.MediaResolution", values: RESOLUTIONS },
  },
};

const blob: Message = { type: "Blob", fields: { mimeType: "any", data: "bytes" } };

const mediaResolution: Message = {
  type: "Part.MediaResolution",
  fields: {
    numTokens: "any",
    level: { enum: "Part.MediaResolution.Level", values: [...RESOLUTIONS, "MEDIA_RESOLUTION_ULTRA_HIGH"] },
  },
};

const part: Message = {
  type: "Part",
  fields: {
    ...anyOf("text", "thought", "thoughtSignature", "fileData", "functionCall", "functionResponse"),
    ...anyOf("executableCode", "codeExecutionResult", "videoMetadata", "partMetadata"),
    inlineData: { message: () => blob },
    mediaResolution: { message: () => mediaResolution },
  },
};

const content: Message = { type: "Content", fields: { role: "any", parts: { list: () => part } } };

const generateContentRequest: Message = {
  type: "GenerateContentRequest",
  fields: {
    ...anyOf("model", "safetySettings", "tools", "toolConfig", "cachedContent"),
    contents: { list: () => content },
    systemInstruction: { message: () => content },
    generationConfig: { message: () => generationConfig },
  },
};

/** Reads parsed JSON as a GenerateContentRequest with names in camelCase. Throws a {@link RefusalError} with the 400. */
export function readGenerateContentRequest(json: unknown): unknown {
  const reader = createReader();
  const request = reader.message(json, generateContentRequest, "");
  if (reader.violations.length > 0) throw new RefusalError(invalidPayload(reader.violations));
  return request;
}

function createReader() {
  const violations: { field: string; description: string }[] = [];

  function unknownName(name: string, path: string, why: string): void {
    const at = path === "" ? "" : ` at '${path}'`;
    violations.push({
      field: path,
      description: `Invalid JSON payload received. Unknown name ${JSON.stringify(name)}${at}: ${why}`,
    });
  }

  function invalidValue(path: string, type: string, shown: string): void {
    violations.push({ field: path, description: `Invalid value at '${path}' (${type}), ${shown}` });
  }

  function message(json: unknown, { type, fields }: Message, path: string): unknown {
    if (!isObject(json)) {
      invalidValue(path, `type.googleapis.com/google.ai.generativelanguage.v1beta.${type}`, JSON.stringify(json));
      return undefined;
    }
    const read: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(json)) {
      const known = Object.keys(fields).find((key) => key === name || snakeCase(key) === name);
      const field = known === undefined ? undefined : fields[known];
      if (known === undefined || field === undefined) unknownName(name, path, "Cannot find field.");
      else if (isScalarOnly(field) && Array.isArray(value)) {
        unknownName(name, path, "Proto field is not repeating, cannot start list.");
      } else if (value !== null) read[known] = member(value, field, join(path, snakeCase(known)));
    }
    return read;
  }

  function member(value: unknown, field: Field, path: string): unknown {
    if (field === "any") return value;
    if (field === "bytes") return bytes(value, path);
    if ("message" in field) return message(value, field.message(), path);
    if ("list" in field) {
      const items = Array.isArray(value) ? value : [value];
      return items.map((item, index) => message(item, field.list(), `${path}[${index}]`));
    }
    if ("map" in field) {
      const entries = Object.entries(isObject(value) ? value : {});
      return Object.fromEntries(
        entries.map(([key, item], index) => [key, message(item, field.map(), `${path}[${index}].value`)]),
      );
    }
    const known = field.values.find((name) => name === String(value).toUpperCase());
    if (known === undefined) {
      invalidValue(
        path,
        `type.googleapis.com/google.ai.generativelanguage.v1beta.${field.enum}`,
        JSON.stringify(value),
      );
    }
    return known;
  }

  function bytes(value: unknown, path: string): Buffer {
    const text = typeof value === "string" ? value : "";
    // Either alphabet, padded or not.
    if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text) || text.replace(/=+$/, "").length % 4 === 1) {
      // Google echoes the beginning of the data.
      const shown = (/^[^,]*/.exec(text)?.[0] ?? "").slice(0, 64);
      invalidValue(path, "TYPE_BYTES", `Base64 decoding failed for ${JSON.stringify(shown)}`);
    }
    return Buffer.from(text, "base64");
  }

  return { violations, message };
}

function isScalarOnly(field: Field): boolean {
  return typeof field === "object" && ("enum" in field || "message" in field);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
