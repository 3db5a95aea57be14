/** The form that Gemini is asked to answer in. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResponseSchema } from "@google/generative-ai";
import * as z from "zod/mini";
import { createGeminiServer } from "../../../dev/stand-ins/gemini/gemini.ts";
import { drawTestPage, drawTestPicture, drawTestSelfie } from "../../../test/marked-pictures.ts";
import { faceReplySchema } from "../face-match.ts";
import { toGeminiSchema } from "./schema.ts";
import { createGemini } from "./gemini.ts";
import type { Picture } from "../../images/images.ts";
import { mrzReadingSchema, passportReadingSchema, stampReadingSchema } from "../../passport/reading.ts";

const SCHEMAS = { passportReadingSchema, mrzReadingSchema, stampReadingSchema, faceReplySchema };

/** Every object in a schema, the outermost first. */
function objectsIn(schema: ResponseSchema): { properties: Record<string, ResponseSchema>; required?: string[] }[] {
  if ("items" in schema) return objectsIn(schema.items);
  if (!("properties" in schema)) return [];
  return [schema, ...Object.values(schema.properties).flatMap(objectsIn)];
}

const topOf = (schema: z.ZodMiniType) => objectsIn(toGeminiSchema(schema))[0]?.required;

test("the schema asks for evidence before the conclusions from it", () => {
  assert.deepEqual(topOf(passportReadingSchema), [
    "mrz",
    "mrzBox",
    "quality",
    "instructionsSeen",
    "documentKind",
    "fields",
  ]);
  assert.deepEqual(topOf(mrzReadingSchema), ["line1", "line2", "unreadable"]);
  assert.deepEqual(topOf(faceReplySchema), ["facesInPassport", "facesInSelfie", "verdict"]);
  assert.deepEqual(topOf(stampReadingSchema)?.slice(0, 3), ["quality", "instructionsSeen", "stampPresent"]);
});

test("every property is required, in the order of its declaration", () => {
  for (const schema of Object.values(SCHEMAS)) {
    const objects = objectsIn(toGeminiSchema(schema));
    assert.ok(objects.length > 0);
    for (const { properties, required } of objects) assert.deepEqual(required, Object.keys(properties));
  }
});

test("optional values are nullable, and choices are enums", () => {
  const [top] = objectsIn(toGeminiSchema(passportReadingSchema));
  assert.deepEqual(top?.properties["mrzBox"], { type: "array", items: { type: "number" }, nullable: true });
  assert.deepEqual(top?.properties["instructionsSeen"], { type: "string", nullable: true });
  const [, mrz] = objectsIn(toGeminiSchema(passportReadingSchema));
  assert.deepEqual(mrz?.properties["line1"], { type: "string", nullable: true });
  assert.deepEqual(mrz?.properties["unreadable"], {
    type: "string",
    format: "enum",
    enum: ["blurred", "glare", "cropped", "occluded", "not_printed"],
    nullable: true,
  });
});

test("converting a schema that Gemini cannot express throws", () => {
  assert.throws(
    () => toGeminiSchema(z.object({ a: z.record(z.string(), z.string()), b: z.unknown() })),
    /cannot express/,
  );
  assert.throws(() => toGeminiSchema(z.null()), /cannot express/);
  assert.throws(() => toGeminiSchema(z.union([z.string(), z.number()])), /cannot express/);
});

test("the API accepts every schema and answers in its form", async () => {
  const apiKey = "key";
  const model = "gemini-3-flash-preview";
  await using server = await createGeminiServer({ apiKey, model, latencyMs: 0 });
  const gemini = createGemini({ apiKey, model, baseUrl: server.url, timeoutMs: 5_000 });
  const { signal } = new AbortController();
  const picture = (jpeg: Buffer): Picture => ({ role: "passport", jpeg, width: 1_000, height: 800 });
  const page = picture(await drawTestPage({ passport: 7, person: 1 }));
  const selfie = picture(await drawTestSelfie({ person: 1 }));
  const stamp = picture(await drawTestPicture({ marks: [{ kind: "stamp", number: 3, x: 500, y: 400 }] }));
  const ask = <T>(schema: z.ZodMiniType<T>, ...pictures: Picture[]) =>
    gemini.ask({ purpose: "passport", prompt: "Answer with JSON.", pictures, schema }, signal);

  assert.match((await ask(passportReadingSchema, page)).mrz.line1 ?? "", /^P/);
  assert.match((await ask(mrzReadingSchema, page)).line1 ?? "", /^P/);
  assert.equal((await ask(stampReadingSchema, stamp)).stampPresent, true);
  assert.deepEqual(await ask(faceReplySchema, page, selfie), {
    facesInPassport: 1,
    facesInSelfie: 1,
    verdict: "same_person",
  });
  assert.deepEqual(
    server.requests.map(({ kind, status }) => [kind, status]),
    [
      ["passport", 200],
      ["mrz", 200],
      ["stamp", 200],
      ["face", 200],
    ],
  );
});
