/** The stand-in of Gemini: readings through the SDK that the service uses, refusals over plain HTTP. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { GoogleGenerativeAI, SchemaType, type ResponseSchema } from "@google/generative-ai";
import * as z from "zod/mini";
import { toGeminiSchema } from "../../../lib/providers/gemini/schema.ts";
import { mrzReadingSchema, passportReadingSchema, stampReadingSchema } from "../../../lib/passport/reading.ts";
import { createGeminiServer, type GeminiServer } from "./gemini.ts";
import { stampReadingOf } from "../../samples/stamps.ts";
import { genuineReading, samplePassport } from "../../samples/passports.ts";
import { drawTestPage, drawTestPhoto, drawTestPicture, drawTestSelfie } from "../../../test/marked-pictures.ts";

const MODEL = "gemini-3-flash-preview";
const API_KEY = "stand-in-key";
const PATH = `/v1beta/models/${MODEL}:generateContent`;

let gemini: GeminiServer;
let page: Buffer;

before(async () => {
  gemini = await createGeminiServer({ apiKey: API_KEY, model: MODEL, latencyMs: 0, maxBodyBytes: 300_000 });
  page = await drawTestPage({ passport: 7, person: 7 });
});
after(() => gemini.close());

interface Ask {
  readonly pictures?: readonly Buffer[];
  readonly schema?: ResponseSchema;
  readonly maxOutputTokens?: number;
}

async function ask({ pictures = [page], schema, maxOutputTokens }: Ask = {}) {
  const generationConfig = {
    ...(schema && { responseMimeType: "application/json", responseSchema: schema }),
    ...(maxOutputTokens && { maxOutputTokens }),
    thinkingConfig: { thinkingLevel: "low" },
    mediaResolution: "MEDIA_RESOLUTION_HIGH",
  };
  const model = new GoogleGenerativeAI(API_KEY).getGenerativeModel(
    { model: MODEL, generationConfig },
    { baseUrl: gemini.url },
  );
  const images = pictures.map((bytes) => ({ inlineData: { mimeType: "image/jpeg", data: bytes.toString("base64") } }));
  const { response } = await model.generateContent([{ text: "Answer with JSON." }, ...images]);
  return response;
}

async function read<T>(schema: z.ZodMiniType<T>, picture: Buffer): Promise<T> {
  const response = await ask({ pictures: [picture], schema: toGeminiSchema(schema) });
  return schema.parse(JSON.parse(response.text()));
}

test("Gemini's stand-in reads the sample passport whose page is shown", async () => {
  const reading = await read(passportReadingSchema, page);
  const { mrzBox, ...genuine } = genuineReading(samplePassport(7));
  assert.partialDeepStrictEqual(reading, genuine);
  assert.ok(mrzBox !== null && reading.mrzBox !== null);
});

test("Gemini's stand-in counts tokens as published: 1120 for an image of high resolution", async () => {
  const { usageMetadata } = await ask();
  assert.ok(usageMetadata);
  assert.equal(usageMetadata.promptTokenCount, 1120 + Math.ceil("Answer with JSON.\n".length / 4));
  assert.ok(usageMetadata.totalTokenCount > usageMetadata.promptTokenCount + (usageMetadata.candidatesTokenCount ?? 0));
});

test("Gemini's stand-in answers with JSON of a passport when no schema is given", async () => {
  const response = await ask();
  assert.equal(JSON.parse(response.text()).mrz.line2, samplePassport(7).mrz[1]);
});

test("Gemini's stand-in reads nothing on a page that is turned", async () => {
  const reading = await read(passportReadingSchema, await drawTestPage({ passport: 7, turn: 90 }));
  assert.equal(reading.documentKind, "passport");
  assert.deepEqual(reading.mrz, { line1: null, line2: null, unreadable: "blurred" });
});

test("Gemini's stand-in knows a driving licence, and claims nothing about a photo without marks", async () => {
  const card = await drawTestPicture({ marks: [{ kind: "card", number: 1, x: 500, y: 400 }] });
  assert.equal((await read(passportReadingSchema, card)).documentKind, "driving_licence");
  const nothing = await read(passportReadingSchema, await drawTestPhoto(1));
  assert.equal(nothing.documentKind, "unclear");
  assert.deepEqual(nothing.fields.surname, { printed: null, value: null, unreadable: null });
});

test("Gemini's stand-in reads a cut-out machine readable zone", async () => {
  const zone = await drawTestPicture({ height: 300, marks: [{ kind: "mrz", number: 9, x: 900, y: 150 }] });
  const { mrz } = samplePassport(9);
  assert.deepEqual(await read(mrzReadingSchema, zone), { line1: mrz[0], line2: mrz[1], unreadable: null });
});

test("Gemini's stand-in reads a stamp, and says if there is no stamp", async () => {
  const stamped = await drawTestPicture({ marks: [{ kind: "stamp", number: 4, x: 300, y: 400 }] });
  assert.deepEqual(await read(stampReadingSchema, stamped), stampReadingOf(4));
  assert.equal((await read(stampReadingSchema, page)).stampPresent, false);
});

const faceSchema: ResponseSchema = {
  type: SchemaType.OBJECT,
  properties: {
    facesInPassport: { type: SchemaType.INTEGER },
    facesInSelfie: { type: SchemaType.INTEGER },
    verdict: {
      type: SchemaType.STRING,
      format: "enum",
      enum: ["same_person", "different_people", "cannot_compare"],
    },
  },
  required: ["facesInPassport", "facesInSelfie", "verdict"],
};

test("Gemini's stand-in compares the largest faces and counts all", async () => {
  const compare = async (selfie: Buffer, passport = page) =>
    JSON.parse((await ask({ pictures: [passport, selfie], schema: faceSchema })).text());
  assert.deepEqual(await compare(await drawTestSelfie({ person: 7, second: 8 })), {
    facesInPassport: 1,
    facesInSelfie: 2,
    verdict: "same_person",
  });
  assert.equal((await compare(await drawTestSelfie({ person: 8, second: 7 }))).verdict, "different_people");
  const blank = await drawTestPicture({ marks: [{ kind: "blank", number: 1, x: 300, y: 300 }] });
  assert.deepEqual(await compare(blank), { facesInPassport: 1, facesInSelfie: 0, verdict: "cannot_compare" });
  const photo = await drawTestPhoto(3);
  assert.equal((await compare(photo, photo)).verdict, "cannot_compare");
});

test("Gemini's stand-in counts thinking against maxOutputTokens", async () => {
  const cut = await ask({ maxOutputTokens: 200 });
  assert.equal(cut.candidates?.[0]?.finishReason, "MAX_TOKENS");
  assert.equal(cut.text().length, (200 - 160) * 4);
  const empty = await ask({ maxOutputTokens: 100 });
  assert.equal(empty.text(), "");
  assert.equal(empty.candidates?.[0]?.content.parts, undefined);
});

test("a misreading of Gemini's stand-in is a merge patch on the genuine reading", async () => {
  gemini.script([
    {
      match: { kind: "passport", number: 7 },
      times: null,
      answer: { fault: "edit", patch: { fields: { surname: { printed: "WRONG", value: "WRONG" } } } },
    },
  ]);
  const edited = await read(passportReadingSchema, page);
  assert.deepEqual(edited.fields.surname, { printed: "WRONG", value: "WRONG", unreadable: null });
  assert.deepEqual(edited.fields.sex, genuineReading(samplePassport(7)).fields.sex);
  const other = await read(passportReadingSchema, await drawTestPage({ passport: 6 }));
  assert.equal(other.fields.surname.value, samplePassport(6).surname);
  gemini.script([]);
});

const errorSchema = z.object({
  error: z.object({ code: z.number(), status: z.string(), message: z.string() }),
});

async function refusalOf(body: unknown, { path = PATH, key = API_KEY } = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(gemini.url + path, { method: "POST", headers: { "x-goog-api-key": key }, body: text });
  const { error } = errorSchema.parse(await response.json());
  assert.equal(error.code, response.status);
  return error;
}

const withPart = (part: object, generationConfig: object = {}) => ({
  contents: [{ role: "user", parts: [{ text: "Read." }, part] }],
  generationConfig,
});
const picture = (data: string, mimeType = "image/jpeg") => ({ inlineData: { mimeType, data } });

const REFUSALS: readonly [what: string, body: unknown, message: string | RegExp][] = [
  ["a body that is not JSON", "{", /^Invalid JSON payload received\. /],
  [
    "a body over the limit",
    withPart({ text: "x".repeat(300_001) }),
    "Request payload size exceeds the limit: 300000 bytes.",
  ],
  ["no contents", {}, "* GenerateContentRequest.contents: contents is not specified\n"],
  [
    "no parts",
    { contents: [{ parts: [] }] },
    "* GenerateContentRequest.contents[0].parts: contents.parts must not be empty.\n",
  ],
  [
    "an empty part",
    withPart({}),
    "* GenerateContentRequest.contents[0].parts[1].data: required oneof field 'data' must have one initialized field\n",
  ],
  [
    "an unknown role",
    { contents: [{ role: "system", parts: [{ text: "x" }] }] },
    "Please use a valid role: user, model.",
  ],
  [
    "unknown fields",
    { ...withPart({ text: "", y: 1 }), x: 1 },
    `Invalid JSON payload received. Unknown name "y" at 'contents[0].parts[1]': Cannot find field.\nInvalid JSON payload received. Unknown name "x": Cannot find field.`,
  ],
  [
    "a schema word that Google does not know",
    withPart({ text: "" }, { responseSchema: { properties: { a: { additionalProperties: false } } } }),
    `Invalid JSON payload received. Unknown name "additionalProperties" at 'generation_config.response_schema.properties.a': Cannot find field.`,
  ],
  [
    "a value of another type",
    withPart({ text: "" }, { responseSchema: { type: "STRING", nullable: "yes" } }),
    "Invalid value at 'generation_config.response_schema.nullable'",
  ],
  [
    "an unknown media resolution",
    withPart({ text: "" }, { mediaResolution: "HIGH" }),
    "Invalid value at 'generation_config.media_resolution'",
  ],
  [
    "a data URL",
    withPart(picture("data:image/png;base64,iVBORw0KGgo=")),
    "Invalid value at 'contents[0].parts[1].inline_data.data'",
  ],
  ["image/jpg", withPart(picture("AAAA", "image/jpg")), "Unsupported MIME type: image/jpg"],
  [
    "bytes that are not a picture",
    withPart(picture("AAAA")),
    /^Unable to process input image\. Please retry or report/,
  ],
  [
    "a schema without JSON",
    withPart({ text: "" }, { responseSchema: { type: "object" } }),
    "Request contains an invalid argument.",
  ],
];
for (const [what, body, message] of REFUSALS) {
  test(`Gemini's stand-in refuses ${what}`, async () => {
    const error = await refusalOf(body);
    assert.deepEqual([error.code, error.status], [400, "INVALID_ARGUMENT"]);
    if (typeof message === "string") assert.equal(error.message, message);
    else assert.match(error.message, message);
  });
}

test("Gemini's stand-in checks the key, then the fields, then the model, then the contents", async () => {
  const path = "/v1beta/models/gemini-pro:generateContent";
  assert.match((await refusalOf("{", { path, key: "other" })).message, /^API key not valid/);
  assert.match((await refusalOf({ x: 1 }, { path })).message, /Unknown name "x"/);
  assert.equal((await refusalOf({}, { path })).status, "NOT_FOUND");
});

test("Gemini's stand-in describes its model, and answers other paths with Google's HTML page", async () => {
  const get = (path: string): Promise<Response> => fetch(gemini.url + path, { headers: { "x-goog-api-key": API_KEY } });
  const described = z.object({ name: z.string() }).parse(await (await get(`/v1beta/models/${MODEL}`)).json());
  assert.equal(described.name, `models/${MODEL}`);
  assert.equal((await get("/v1beta/models/gemini-pro")).status, 404);
  const doubled = await get(`/${PATH}`);
  assert.equal(doubled.status, 404);
  assert.match(doubled.headers.get("content-type") ?? "", /text\/html/);
});

test("another process scripts faults and reads the log over HTTP", async () => {
  const script = (rules: unknown) => fetch(`${gemini.url}/__script`, { method: "POST", body: JSON.stringify(rules) });
  const rule = { match: { kind: "passport", number: 7 }, times: 1, delayMs: 1, answer: { fault: "overloaded" } };
  assert.equal((await script([rule])).status, 204);
  await assert.rejects(ask(), /503/);
  await ask();
  assert.deepEqual(
    gemini.requests.slice(-2).map(({ kind, numbers, fault, status }) => [kind, numbers, fault, status]),
    [
      ["passport", [7], "overloaded", 503],
      ["passport", [7], null, 200],
    ],
  );
  assert.match(gemini.requests.at(-1)?.images[0]?.sha256 ?? "", /^[0-9a-f]{64}$/);
  assert.deepEqual(await (await fetch(`${gemini.url}/__requests`)).json(), structuredClone(gemini.requests));
  assert.equal((await script([{ match: {}, times: 0, answer: { fault: "overloaded" } }])).status, 400);
  assert.equal((await script([{ match: {}, times: 1, answer: { fault: "unheard of" } }])).status, 400);
});
