/**
 * Converts our schemas to the subset of JSON Schema that Gemini's `responseSchema` takes. It leaves out bounds that
 * Gemini does not enforce (lengths, patterns): we parse the reply with the whole schema. All properties are required,
 * because Gemini writes them in the order of this list.
 */
import { SchemaType, type ResponseSchema } from "@google/generative-ai";
import * as z from "zod/mini";

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** Returns the `responseSchema` for replies of the given form. Throws if Gemini cannot express the schema. */
export function toGeminiSchema(schema: z.ZodMiniType): ResponseSchema {
  return convert(z.toJSONSchema(schema, { io: "input" }));
}

function convert(schema: JsonSchema): ResponseSchema {
  const nullable = nonNullOf(schema);
  if (nullable !== undefined) return { ...convert(nullable), nullable: true };
  switch (schema.type) {
    case "object": {
      const properties = Object.entries(schema.properties ?? {}).map(([name, property]): [string, ResponseSchema] => [
        name,
        convert(asSchema(property)),
      ]);
      return {
        type: SchemaType.OBJECT,
        properties: Object.fromEntries(properties),
        required: properties.map(([name]) => name),
      };
    }
    case "array":
      return { type: SchemaType.ARRAY, items: convert(asSchema(schema.items)) };
    case "string":
      return schema.enum === undefined
        ? { type: SchemaType.STRING }
        : { type: SchemaType.STRING, format: "enum", enum: schema.enum.map(String) };
    case "boolean":
      return { type: SchemaType.BOOLEAN };
    case "integer":
      return { type: SchemaType.INTEGER };
    case "number":
      return { type: SchemaType.NUMBER };
    default:
      throw new Error(`Gemini's responseSchema cannot express ${JSON.stringify(schema)}`);
  }
}

/** The non-null part of a nullable schema; `undefined` for any other schema. */
function nonNullOf({ anyOf = [] }: JsonSchema): JsonSchema | undefined {
  const options = anyOf.map(asSchema).filter(({ type }) => type !== "null");
  return options.length === 1 && anyOf.length === 2 ? options[0] : undefined;
}

function asSchema(schema: JsonSchema["items"]): JsonSchema {
  if (typeof schema !== "object" || Array.isArray(schema)) throw new Error("Gemini takes one schema object here.");
  return schema;
}
