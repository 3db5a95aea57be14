/** Brings an answer into the form that a request's schema asks for. */
import type { Schema } from "./request.ts";

/** The part of `value` that the schema asks for, its properties in the schema's order. */
export function shapedBy(schema: Schema | undefined, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => shapedBy(schema?.items, item));
  if (typeof value !== "object" || value === null || schema?.properties === undefined) return value;
  const given = new Map(Object.entries(value));
  return Object.fromEntries(
    Object.entries(schema.properties)
      .filter(([name]) => given.has(name))
      .map(([name, property]) => [name, shapedBy(property, given.get(name))]),
  );
}
