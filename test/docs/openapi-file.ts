/** `openapi.yaml` as the tests read it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parse } from "yaml";
import * as z from "zod/mini";

export const ROOT = join(import.meta.dirname, "../..");

const mediaType = z.object({
  schema: z.looseObject({}),
  examples: z.record(z.string(), z.object({ summary: z.string(), value: z.unknown() })),
});
const content = z.object({ "application/json": mediaType });
const response = z.object({
  description: z.string(),
  headers: z.optional(z.record(z.string(), z.looseObject({}))),
  content,
});
const reference = z.object({ $ref: z.string() });

const operation = z.object({
  operationId: z.string(),
  requestBody: z.optional(z.object({ content })),
  responses: z.record(z.string(), z.union([reference, response])),
});

const document = z.object({
  info: z.object({ version: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.object({
    schemas: z.looseObject({ ErrorCode: z.object({ enum: z.array(z.string()) }) }),
    responses: z.record(z.string(), response),
  }),
});

/** One documented answer. */
export interface DocumentedAnswer {
  readonly path: string;
  readonly status: number;
  readonly name: string;
  readonly body: unknown;
  readonly headers: readonly string[];
}

/** Reads the file and makes validators of its schemas. */
export async function readOpenApi() {
  const source: unknown = parse(await readFile(join(ROOT, "openapi.yaml"), "utf8"));
  const { info, paths, components } = document.parse(source);
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addSchema({ $id: "openapi", ...z.looseObject({}).parse(source) });

  const resolve = (found: z.infer<typeof reference> | z.infer<typeof response>) => {
    if (!("$ref" in found)) return found;
    const shared = components.responses[found.$ref.replace("#/components/responses/", "")];
    if (shared === undefined) throw new Error(`${found.$ref} is not in the file`);
    return shared;
  };

  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, found]) => ({ path, method, ...found })),
  );

  const answers: DocumentedAnswer[] = operations.flatMap(({ path, responses }) =>
    Object.entries(responses).flatMap(([status, found]) => {
      const {
        headers = {},
        content: { "application/json": json },
      } = resolve(found);
      return Object.entries(json.examples).map(([name, { value }]) => ({
        path,
        status: Number(status),
        name,
        body: value,
        headers: Object.keys(headers),
      }));
    }),
  );

  return {
    version: info.version,
    operations,
    answers,
    errorCodes: components.schemas.ErrorCode.enum,
    /** The examples of a path's request, by name. */
    requestExamples: (path: string) =>
      operations.flatMap((found) =>
        found.path === path ? Object.values(found.requestBody?.content["application/json"].examples ?? {}) : [],
      ),
    /** Whether a value is of the form that a component's schema describes. */
    isOf(schema: string, value: unknown): boolean {
      const validate = ajv.getSchema(`openapi#/components/schemas/${schema}`);
      if (validate === undefined) throw new Error(`There is no schema ${schema} in the file`);
      return validate(value) === true;
    },
    /** Whether a body is of the form that an answer's schema describes. */
    isAnswer({ path, status }: Pick<DocumentedAnswer, "path" | "status">, body: unknown): boolean {
      const found = operations.find((candidate) => candidate.path === path)?.responses[String(status)];
      if (found === undefined) return false;
      const { schema } = resolve(found).content["application/json"];
      return ajv.validate(rebase(schema), body);
    },
  };
}

/** The schema with its references pointing into the file that the validator knows. */
function rebase(schema: unknown): Record<string, unknown> {
  const text = JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"openapi#/');
  return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
}
