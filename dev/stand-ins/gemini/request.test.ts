/** What the stand-in of Gemini refuses, over plain HTTP. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as z from "zod/mini";
import { createGeminiServer, type GeminiServer } from "./gemini.ts";
import { samplePassport } from "../../samples/passports.ts";
import { drawTestPage } from "../test-pictures.ts";

const MODEL = "gemini-3-flash-preview";
const PATH = `/v1beta/models/${MODEL}:generateContent`;

let gemini: GeminiServer;
let image: string;

before(async () => {
  gemini = await createGeminiServer({ apiKey: "key", model: MODEL, latencyMs: 0, maxBodyBytes: 300_000 });
  image = (await drawTestPage({ passport: 3 })).toString("base64");
});
after(() => gemini.close());

const refusalSchema = z.object({
  error: z.object({
    code: z.number(),
    status: z.string(),
    message: z.string(),
    details: z.optional(z.array(z.looseObject({ reason: z.optional(z.string()) }))),
  }),
});
const answerSchema = z.object({
  candidates: z.tuple([z.object({ content: z.object({ parts: z.array(z.looseObject({ text: z.string() })) }) })]),
  usageMetadata: z.object({ promptTokensDetails: z.array(z.unknown()) }),
});

function post(body: unknown, { path = PATH, key = "key" } = {}): Promise<Response> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return fetch(gemini.url + path, { method: "POST", headers: key === "" ? {} : { "x-goog-api-key": key }, body: text });
}

async function refused(body: unknown, options = {}) {
  const response = await post(body, options);
  const { error } = refusalSchema.parse(await response.json());
  assert.equal(error.code, response.status);
  return error;
}

async function answered(body: unknown) {
  const response = await post(body);
  assert.equal(response.status, 200);
  const { candidates, usageMetadata } = answerSchema.parse(await response.json());
  return { parts: candidates[0].content.parts, usageMetadata };
}

const withPart = (part: object, generationConfig: object = {}) => ({
  contents: [{ role: "user", parts: [{ text: "Read." }, part] }],
  generationConfig,
});
const picture = (data = image, mimeType = "image/jpeg") => ({ inlineData: { mimeType, data } });

const jsonConfig = (responseSchema: object) => ({ responseMimeType: "application/json", responseSchema });

const refusals: readonly [name: string, body: () => unknown, message: string | RegExp][] = [
  ["no JSON", () => "{", /^Invalid JSON payload received\. /],
  [
    "a body over the limit",
    () => withPart({ text: "x".repeat(300_001) }),
    "Request payload size exceeds the limit: 300000 bytes.",
  ],
  ["no contents", () => ({}), "* GenerateContentRequest.contents: contents is not specified\n"],
  [
    "no parts",
    () => ({ contents: [{ parts: [] }] }),
    "* GenerateContentRequest.contents[0].parts: contents.parts must not be empty.\n",
  ],
  [
    "an empty part",
    () => withPart({}),
    "* GenerateContentRequest.contents[0].parts[1].data: required oneof field 'data' must have one initialized field\n",
  ],
  [
    "an unknown role",
    () => ({ contents: [{ role: "system", parts: [{ text: "x" }] }] }),
    "Please use a valid role: user, model.",
  ],
  [
    "an unknown field",
    () => withPart(picture(), { x: 1 }),
    `Invalid JSON payload received. Unknown name "x" at 'generation_config': Cannot find field.`,
  ],
  [
    "several unknown fields",
    () => ({ ...withPart({ ...picture(), y: 1 }), x: 1 }),
    `Invalid JSON payload received. Unknown name "y" at 'contents[0].parts[1]': Cannot find field.\nInvalid JSON payload received. Unknown name "x": Cannot find field.`,
  ],
  [
    "a schema word that Google does not know",
    () =>
      withPart(
        picture(),
        jsonConfig({
          type: "object",
          properties: { a: { type: "string" }, b: { type: "object", additionalProperties: false } },
        }),
      ),
    `Invalid JSON payload received. Unknown name "additionalProperties" at 'generation_config.response_schema.properties[1].value': Cannot find field.`,
  ],
  [
    "a list of types in a schema",
    () => withPart(picture(), jsonConfig({ type: "object", properties: { a: { type: ["string", "null"] } } })),
    `Invalid JSON payload received. Unknown name "type" at 'generation_config.response_schema.properties[0].value': Proto field is not repeating, cannot start list.`,
  ],
  [
    "an unknown media resolution",
    () => withPart(picture(), { mediaResolution: "HIGH" }),
    `Invalid value at 'generation_config.media_resolution' (type.googleapis.com/google.ai.generativelanguage.v1beta.GenerationConfig.MediaResolution), "HIGH"`,
  ],
  [
    "a data URL",
    () => withPart(picture("data:image/png;base64,iVBORw0KGgo=")),
    `Invalid value at 'contents[0].parts[1].inline_data.data' (TYPE_BYTES), Base64 decoding failed for "data:image/png;base64"`,
  ],
  ["image/jpg", () => withPart(picture(image, "image/jpg")), "Unsupported MIME type: image/jpg"],
  ["no image", () => withPart(picture("AAAA")), /^Unable to process input image\. Please retry or report in /],
  [
    "a schema without JSON",
    () => withPart(picture(), { responseSchema: { type: "object" } }),
    "Request contains an invalid argument.",
  ],
  [
    "a thinking level and a thinking budget",
    () => withPart(picture(), { thinkingConfig: { thinkingLevel: "high", thinkingBudget: 100 } }),
    "You can only set only one of thinking budget and thinking level.",
  ],
];
for (const [name, body, message] of refusals) {
  test(`refuses ${name}`, async () => {
    const error = await refused(body());
    assert.deepEqual([error.code, error.status], [400, "INVALID_ARGUMENT"]);
    if (typeof message === "string") assert.equal(error.message, message);
    else assert.match(error.message, message);
  });
}

test("checks the key, then the fields, then the model, then the contents", async () => {
  const path = "/v1beta/models/gemini-pro:generateContent";
  const withoutKey = await refused("{", { path, key: "" });
  assert.deepEqual([withoutKey.code, withoutKey.status], [403, "PERMISSION_DENIED"]);
  assert.equal((await refused("{", { path, key: "other" })).details?.[0]?.reason, "API_KEY_INVALID");
  assert.match((await refused({ x: 1 }, { path })).message, /Unknown name "x"/);
  assert.equal((await refused({}, { path })).status, "NOT_FOUND");
});

test("takes snake_case names and single values for lists, as Google does", async () => {
  const { parts, usageMetadata } = await answered({
    system_instruction: { parts: { text: "Read." } },
    contents: { parts: { inline_data: { mime_type: "image/jpeg", data: image } } },
    generation_config: { media_resolution: "MEDIA_RESOLUTION_LOW", thinking_config: { include_thoughts: true } },
  });
  assert.equal(parts[0]?.["thought"], true);
  assert.equal(JSON.parse(parts[1]?.text ?? "").mrz.line1, samplePassport(3).mrz[0]);
  assert.deepEqual(usageMetadata.promptTokensDetails[1], { modality: "IMAGE", tokenCount: 280 });
});

test("answers with the properties asked for, in their order, for either kind of schema", async () => {
  const properties = { documentKind: {}, mrz: { type: "object", properties: { line2: {}, line1: {} } } };
  for (const config of [
    { responseJsonSchema: { type: "object", properties, additionalProperties: false } },
    { responseSchema: { type: "OBJECT", properties } },
  ]) {
    const { parts } = await answered(withPart(picture(), { responseMimeType: "application/json", ...config }));
    const answer = JSON.parse(parts[0]?.text ?? "");
    assert.deepEqual(Object.keys(answer), ["documentKind", "mrz"]);
    assert.deepEqual(Object.keys(answer.mrz), ["line2", "line1"]);
  }
});

test("describes its model, and answers other paths with Google's HTML page", async () => {
  const get = (path: string): Promise<Response> => fetch(gemini.url + path, { headers: { "x-goog-api-key": "key" } });
  const described = z.object({ name: z.string() }).parse(await (await get(`/v1beta/models/${MODEL}`)).json());
  assert.equal(described.name, `models/${MODEL}`);
  assert.equal((await get("/v1beta/models/gemini-pro")).status, 404);
  const doubled = await fetch(`${gemini.url}/${PATH}`, { method: "POST", headers: { "x-goog-api-key": "key" } });
  assert.equal(doubled.status, 404);
  assert.match(doubled.headers.get("content-type") ?? "", /text\/html/);
});

test("takes a script and gives its log over HTTP", async () => {
  const script = (rules: unknown) => fetch(`${gemini.url}/__script`, { method: "POST", body: JSON.stringify(rules) });
  const rule = { match: { kind: "passport", number: 3 }, times: 1, delayMs: 1, answer: { fault: "overloaded" } };
  assert.equal((await script([rule])).status, 204);
  assert.equal((await post(withPart(picture()))).status, 503);
  assert.equal((await post(withPart(picture()))).status, 200);
  assert.deepEqual(
    gemini.requests.slice(-2).map(({ kind, numbers, fault, status }) => [kind, numbers, fault, status]),
    [
      ["passport", [3], "overloaded", 503],
      ["passport", [3], null, 200],
    ],
  );
  assert.match(gemini.requests.at(-1)?.images[0]?.sha256 ?? "", /^[0-9a-f]{64}$/);
  assert.deepEqual(await (await fetch(`${gemini.url}/__requests`)).json(), structuredClone(gemini.requests));
  assert.equal((await script([{ match: {}, times: 0, answer: { fault: "overloaded" } }])).status, 400);
  assert.equal((await script([{ match: {}, times: 1, answer: { fault: "unheard of" } }])).status, 400);
});
