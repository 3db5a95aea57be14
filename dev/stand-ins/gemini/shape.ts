/** The form of an answer, as a request's schema asks for it: a Google Schema or a JSON Schema. */
import * as z from "zod/mini";

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly propertyOrdering?: readonly string[] | undefined;
  readonly items?: Schema | undefined;
  readonly anyOf?: readonly Schema[] | undefined;
}

const schemaSchema: z.ZodMiniType<Schema> = z.object({
  get properties() {
    return z.optional(z.record(z.string(), schemaSchema));
  },
  propertyOrdering: z.optional(z.array(z.string())),
  get items() {
    return z.optional(schemaSchema);
  },
  get anyOf() {
    return z.optional(z.array(schemaSchema));
  },
});

/** The names of the properties asked for at the top; none when no object is asked for. */
export function propertiesOf(schema: unknown): readonly string[] {
  return Object.keys(schemaSchema.safeParse(schema).data?.properties ?? {});
}

/** The part of `value` that the schema asks for, its properties in the schema's order. */
export function shapedBy(schema: unknown, value: unknown): unknown {
  const parsed = schemaSchema.safeParse(schema);
  return parsed.success ? shape(parsed.data, value) : value;
}

function shape({ properties, propertyOrdering, items, anyOf }: Schema, value: unknown): unknown {
  if (Array.isArray(value)) return items === undefined ? value : value.map((item) => shape(items, item));
  if (typeof value !== "object" || value === null) return value;
  if (properties === undefined) {
    const object = anyOf?.find((option) => option.properties !== undefined);
    return object === undefined ? value : shape(object, value);
  }
  const given = new Map(Object.entries(value));
  const names = propertyOrdering ?? Object.keys(properties);
  return Object.fromEntries(
    names.filter((name) => given.has(name)).map((name) => [name, shape(properties[name] ?? {}, given.get(name))]),
  );
}
