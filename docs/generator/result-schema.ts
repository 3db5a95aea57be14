/** The JSON Schema of what `"ocrResult"` holds, made from the code's own schemas. */
import * as z from "zod/mini";
import { checkSchema } from "../../lib/checks.ts";
import { faceMatchSchema } from "../../lib/providers/face-match.ts";
import { assessmentSchema } from "../../lib/passport/assessment.ts";
import { passportReadingSchema } from "../../lib/passport/reading.ts";
import { failureSchema, resultSchema, successSchema } from "../../lib/result.ts";
import { DESCRIPTIONS } from "./result-descriptions.ts";

/** The parts that get a name of their own, under which `DESCRIPTIONS` knows them too. */
const parts = z.registry<{ id: string }>();
parts.add(successSchema, { id: "success" });
parts.add(failureSchema, { id: "failure" });
parts.add(checkSchema, { id: "check" });
parts.add(faceMatchSchema, { id: "faceMatch" });
parts.add(assessmentSchema.shape.fields.shape.surname, { id: "field" });
parts.add(assessmentSchema.shape.fields.shape.birthDate, { id: "dateField" });
parts.add(assessmentSchema.shape.mrz, { id: "mrz" });
parts.add(passportReadingSchema, { id: "passportReading" });
parts.add(passportReadingSchema.shape.mrz, { id: "mrzReading" });
parts.add(passportReadingSchema.shape.fields.shape.surname, { id: "printedField" });

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** Makes the schema. Throws if a property has no description, or a description no property. */
export function resultJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(resultSchema, {
    metadata: parts,
    override: ({ jsonSchema }) => loosen(jsonSchema),
  });
  const described = new Set<string>();
  for (const [name, part] of Object.entries(schema.$defs ?? {})) describe(part, name, described);
  const unused = Object.keys(DESCRIPTIONS).filter((path) => !described.has(path));
  if (unused.length > 0)
    throw new Error(`Descriptions of nothing in docs/generator/result-descriptions.ts: ${unused.join(", ")}`);
  const { $schema, ...rest } = schema;
  return {
    ...($schema !== undefined && { $schema }),
    $id: "urn:kyc-service:result:2",
    title: "The opened result of a verification",
    description:
      'What "ocrResult" holds once it is opened. Readers must ignore properties that they do not know: they may be added without a new version.',
    ...rest,
  };
}

/** A result of a later release may have more properties, so the published schema allows them; and it leaves out rules that only the code needs. */
function loosen(schema: JsonSchema): void {
  if (schema.additionalProperties === false) delete schema.additionalProperties;
  // What a reading that breaks its rules becomes when it is parsed.
  delete schema.default;
  // Its regular expressions use classes of Unicode, which validators in other languages refuse.
  delete schema.pattern;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}

/** Adds the descriptions to a part's properties, through alternatives and the items of lists. */
function describe(schema: JsonSchema, path: string, described: Set<string>): void {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (typeof property === "boolean") continue;
    const own = `${path}.${name}`;
    const description = DESCRIPTIONS[own];
    if (description === undefined) throw new Error(`docs/generator/result-descriptions.ts does not describe ${own}`);
    described.add(own);
    property.description = description;
    describe(property, own, described);
  }
  const inner = [schema.items, ...(schema.anyOf ?? [])].flat();
  for (const part of inner) if (typeof part === "object") describe(part, path, described);
}
