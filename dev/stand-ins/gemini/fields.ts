/**
 * The request's protobuf messages, and how Google reads JSON into them: names in camelCase or snake_case, a single value
 * where a list is meant, enums in any case, and a 400 that lists every unknown name and impossible value by its path.
 */
import { invalidPayload } from "./errors.ts";
import { RefusalError } from "../reply.ts";

/**
 * The messages and their fields: a plain name takes anything; after a colon stands what it takes, a message or an enum,
 * with `[]` for a list and `{}` for a map of them, or `bytes`.
 */
const MESSAGES: Readonly<Record<string, string>> = {
  GenerateContentRequest:
    "model safetySettings tools toolConfig cachedContent contents:Content[] systemInstruction:Content generationConfig:GenerationConfig",
  Content: "role parts:Part[]",
  Part: "text thought thoughtSignature fileData functionCall functionResponse executableCode codeExecutionResult videoMetadata partMetadata inlineData:Blob mediaResolution:Part.MediaResolution",
  Blob: "mimeType data:bytes",
  "Part.MediaResolution": "numTokens level:Part.MediaResolution.Level",
  GenerationConfig:
    "candidateCount stopSequences maxOutputTokens temperature topP topK seed presencePenalty frequencyPenalty responseLogprobs logprobs responseModalities speechConfig imageConfig enableEnhancedCivicAnswers responseMimeType responseJsonSchema responseSchema:Schema thinkingConfig:ThinkingConfig mediaResolution:GenerationConfig.MediaResolution",
  ThinkingConfig: "includeThoughts thinkingBudget thinkingLevel:ThinkingConfig.ThinkingLevel",
  Schema:
    "format title description nullable enum maxItems minItems required minProperties maxProperties minLength maxLength pattern example propertyOrdering default minimum maximum type:Type items:Schema anyOf:Schema[] properties:Schema{}",
};

const RESOLUTIONS = "MEDIA_RESOLUTION_UNSPECIFIED MEDIA_RESOLUTION_LOW MEDIA_RESOLUTION_MEDIUM MEDIA_RESOLUTION_HIGH";
const ENUMS: Readonly<Record<string, string>> = {
  Type: "TYPE_UNSPECIFIED STRING NUMBER INTEGER BOOLEAN ARRAY OBJECT NULL",
  "ThinkingConfig.ThinkingLevel": "THINKING_LEVEL_UNSPECIFIED MINIMAL LOW MEDIUM HIGH",
  "GenerationConfig.MediaResolution": RESOLUTIONS,
  "Part.MediaResolution.Level": `${RESOLUTIONS} MEDIA_RESOLUTION_ULTRA_HIGH`,
};

const PROTO = "type.googleapis.com/google.ai.generativelanguage.v1beta";

/** Reads parsed JSON as a GenerateContentRequest with names in camelCase. Throws a {@link RefusalError} with the 400. */
export function readGenerateContentRequest(json: unknown): unknown {
  const reader = createReader();
  const request = reader.message(json, "GenerateContentRequest", "");
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

  function message(json: unknown, type: string, path: string): unknown {
    if (!isObject(json)) {
      invalidValue(path, `${PROTO}.${type}`, JSON.stringify(json));
      return undefined;
    }
    const fields = (MESSAGES[type] ?? "").split(" ").map((field) => field.split(":"));
    const read: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(json)) {
      const [known, takes = "any"] = fields.find(([key = ""]) => key === name || snakeCase(key) === name) ?? [];
      if (known === undefined) unknownName(name, path, "Cannot find field.");
      else if (Array.isArray(value) && !/^(any|bytes)$|[\]}]$/.test(takes)) {
        unknownName(name, path, "Proto field is not repeating, cannot start list.");
      } else if (value !== null) read[known] = member(value, takes, join(path, snakeCase(known)));
    }
    return read;
  }

  function member(value: unknown, takes: string, path: string): unknown {
    if (takes === "any") return value;
    if (takes === "bytes") return bytes(value, path);
    const type = takes.replace(/\[\]|\{\}/, "");
    if (takes.endsWith("[]")) {
      const items = Array.isArray(value) ? value : [value];
      return items.map((item, index) => message(item, type, `${path}[${index}]`));
    }
    if (takes.endsWith("{}")) {
      const entries = Object.entries(isObject(value) ? value : {});
      return Object.fromEntries(
        entries.map(([key, item], index) => [key, message(item, type, `${path}[${index}].value`)]),
      );
    }
    const values = ENUMS[type]?.split(" ");
    if (values === undefined) return message(value, type, path);
    const known = values.find((name) => name === String(value).toUpperCase());
    if (known === undefined) invalidValue(path, `${PROTO}.${type}`, JSON.stringify(value));
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

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
