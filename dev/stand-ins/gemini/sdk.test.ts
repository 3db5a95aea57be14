/** The stand-in of Gemini as the SDK that the service uses sees it. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  GoogleGenerativeAI,
  GoogleGenerativeAIAbortError,
  GoogleGenerativeAIError,
  GoogleGenerativeAIFetchError,
  GoogleGenerativeAIResponseError,
  SchemaType,
  type ResponseSchema,
} from "@google/generative-ai";
import type * as z from "zod/mini";
import { toGeminiSchema } from "../../../lib/providers/gemini/schema.ts";
import { mrzReadingSchema, passportReadingSchema, stampReadingSchema } from "../../../lib/passport/reading.ts";
import { createGeminiServer, type GeminiRule, type GeminiServer } from "./gemini.ts";
import { stampReadingOf } from "./stamps.ts";
import { genuineReading, samplePassport } from "../../samples/passports.ts";
import { drawTestPage, drawTestPhoto, drawTestPicture, drawTestSelfie } from "../test-pictures.ts";

const MODEL = "gemini-3-flash-preview";
const API_KEY = "stand-in-key";

let gemini: GeminiServer;
let page: Buffer;

before(async () => {
  gemini = await createGeminiServer({ apiKey: API_KEY, model: MODEL, latencyMs: 0 });
  page = await drawTestPage({ passport: 7, person: 7 });
});
after(() => gemini.close());

interface Ask {
  readonly pictures?: readonly Buffer[];
  readonly schema?: ResponseSchema;
  readonly apiKey?: string;
  readonly model?: string;
  readonly mimeType?: string;
  readonly maxOutputTokens?: number;
  readonly signal?: AbortSignal;
}

async function ask({ pictures = [page], schema, apiKey = API_KEY, mimeType = "image/jpeg", ...rest }: Ask = {}) {
  const generationConfig = {
    ...(schema === undefined ? {} : { responseMimeType: "application/json", responseSchema: schema }),
    ...(rest.maxOutputTokens === undefined ? {} : { maxOutputTokens: rest.maxOutputTokens }),
    thinkingConfig: { thinkingLevel: "low" },
    mediaResolution: "MEDIA_RESOLUTION_HIGH",
  };
  const model = new GoogleGenerativeAI(apiKey).getGenerativeModel(
    { model: rest.model ?? MODEL, generationConfig },
    { baseUrl: gemini.url },
  );
  const images = pictures.map((bytes) => ({ inlineData: { mimeType, data: bytes.toString("base64") } }));
  const { signal } = rest;
  const { response } = await model.generateContent(
    [{ text: "Answer with JSON." }, ...images],
    signal === undefined ? {} : { signal },
  );
  return response;
}

async function read<T>(schema: z.ZodMiniType<T>, picture: Buffer): Promise<T> {
  const response = await ask({ pictures: [picture], schema: toGeminiSchema(schema) });
  return schema.parse(JSON.parse(response.text()));
}

const once = (answer: GeminiRule["answer"]): GeminiRule[] => [{ match: {}, times: 1, answer }];

test("reads the sample passport whose page is shown", async () => {
  const reading = await read(passportReadingSchema, page);
  const { mrzBox, ...genuine } = genuineReading(samplePassport(7));
  assert.partialDeepStrictEqual(reading, genuine);
  assert.ok(mrzBox !== null && reading.mrzBox !== null);
});

test("counts tokens as published: 1120 for an image of high resolution", async () => {
  const { usageMetadata } = await ask();
  assert.ok(usageMetadata);
  assert.equal(usageMetadata.promptTokenCount, 1120 + Math.ceil("Answer with JSON.\n".length / 4));
  assert.ok(usageMetadata.totalTokenCount > usageMetadata.promptTokenCount + (usageMetadata.candidatesTokenCount ?? 0));
});

test("answers with JSON of a passport when no schema is given", async () => {
  const response = await ask();
  assert.equal(JSON.parse(response.text()).mrz.line2, samplePassport(7).mrz[1]);
});

test("sees nothing legible on a page that is turned", async () => {
  const reading = await read(passportReadingSchema, await drawTestPage({ passport: 7, turn: 90 }));
  assert.equal(reading.documentKind, "passport");
  assert.deepEqual(reading.mrz, { line1: null, line2: null, unreadable: "blurred" });
});

test("tells a licence from a passport, and claims nothing about a photo without marks", async () => {
  const card = await drawTestPicture({ marks: [{ kind: "card", number: 1, x: 500, y: 400 }] });
  assert.equal((await read(passportReadingSchema, card)).documentKind, "driving_licence");
  const nothing = await read(passportReadingSchema, await drawTestPhoto(1));
  assert.equal(nothing.documentKind, "unclear");
  assert.deepEqual(nothing.fields.surname, { printed: null, value: null, unreadable: null });
});

test("copies the machine readable zone alone", async () => {
  const zone = await drawTestPicture({ height: 300, marks: [{ kind: "mrz", number: 9, x: 900, y: 150 }] });
  const { mrz } = samplePassport(9);
  assert.deepEqual(await read(mrzReadingSchema, zone), { line1: mrz[0], line2: mrz[1], unreadable: null });
});

test("reads a stamp, and says if there is no stamp", async () => {
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

test("compares the largest faces and counts all", async () => {
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

const errors: readonly [GeminiRule["answer"], number, RegExp][] = [
  [{ fault: "quotaPerMinute", delaySeconds: 12.5 }, 429, /limit: 10.*Please retry in 12\.5s\..*"retryDelay":"12\.5s"/s],
  [
    { fault: "quotaPerMinute", delaySeconds: 0.539477544 },
    429,
    /retry in 539\.477544ms.*"retryDelay":"0\.539477544s"/s,
  ],
  [{ fault: "quotaPerMinute" }, 429, /PerMinutePerProject(?!.*RetryInfo)/s],
  [{ fault: "quotaPerDay", delaySeconds: 44 }, 429, /GenerateRequestsPerDayPerProjectPerModel.*"retryDelay":"44s"/s],
  [{ fault: "quotaBare" }, 429, /Resource has been exhausted \(e\.g\. check quota\)\.$/],
  [{ fault: "quotaHelpOnly" }, 429, /google\.rpc\.Help(?!.*QuotaFailure)/s],
  [{ fault: "internal" }, 500, /An internal error has occurred\./],
  [{ fault: "highDemand" }, 503, /currently experiencing high demand/],
  [{ fault: "overloaded" }, 503, /The model is overloaded\./],
  [{ fault: "deadlineExceeded" }, 504, /./],
  [{ fault: "badGateway" }, 502, /\[502 Bad Gateway\] $/],
  [{ fault: "modelRetired" }, 404, /models\/gemini-3-flash-preview is no longer available/],
  [{ fault: "badImage" }, 400, /Provided image is not valid$/],
  [{ fault: "leakedKey" }, 403, /reported as leaked/],
  [{ fault: "permissionDenied" }, 403, /The caller does not have permission/],
  [{ fault: "locationUnsupported" }, 400, /location is not supported/],
];
for (const [answer, status, message] of errors) {
  test(`a scripted ${JSON.stringify(answer)} is a fetch error with status ${status}`, async () => {
    gemini.script(once(answer));
    await assert.rejects(ask(), (error) => {
      assert.ok(error instanceof GoogleGenerativeAIFetchError);
      assert.equal(error.status, status);
      assert.match(error.message, message);
      return true;
    });
    assert.match((await ask()).text(), /documentKind/);
  });
}

test("a wrong key and an unknown model are refused", async () => {
  await assert.rejects(ask({ apiKey: "other" }), (error) => {
    assert.ok(error instanceof GoogleGenerativeAIFetchError);
    assert.equal(error.status, 400);
    assert.equal(error.errorDetails?.[0]?.reason, "API_KEY_INVALID");
    return true;
  });
  await assert.rejects(ask({ model: "gemini-pro" }), /404 Not Found\] models\/gemini-pro is not found for API version/);
});

test("image/jpg and what is no picture are refused", async () => {
  await assert.rejects(ask({ mimeType: "image/jpg" }), /400 Bad Request\] Unsupported MIME type: image\/jpg/);
  await assert.rejects(ask({ pictures: [Buffer.from("not a picture")] }), /400 Bad Request\] Unable to process input/);
});

test("connections that break are what the SDK makes of them", async () => {
  gemini.script(once({ fault: "reset" }));
  await assert.rejects(ask(), (error) => {
    assert.ok(error instanceof GoogleGenerativeAIError && !(error instanceof GoogleGenerativeAIFetchError));
    assert.match(error.message, /fetch failed$/);
    return true;
  });
  gemini.script(once({ fault: "truncatedJson" }));
  await assert.rejects(ask(), SyntaxError);
  gemini.script(once({ fault: "resetMidBody" }));
  await assert.rejects(ask(), TypeError);
});

test("a hang lasts until the caller gives up, and the log says so", { timeout: 10_000 }, async () => {
  gemini.script([{ match: { number: 7 }, times: 2, answer: { fault: "hang" } }]);
  await assert.rejects(ask({ signal: AbortSignal.timeout(50) }), GoogleGenerativeAIAbortError);
  const controller = new AbortController();
  const hanging = ask({ signal: controller.signal });
  const isOpen = () => gemini.requests.at(-1)?.outcome === "open" && gemini.requests.at(-1)?.fault === "hang";
  while (!isOpen()) await new Promise((resolve) => setImmediate(resolve));
  controller.abort();
  await assert.rejects(hanging, GoogleGenerativeAIAbortError);
  while (isOpen()) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(gemini.requests.at(-1)?.outcome, "aborted");
});

test("a hang in the middle of the body is an AbortError that the SDK does not wrap", async () => {
  gemini.script(once({ fault: "hangMidBody" }));
  await assert.rejects(ask({ signal: AbortSignal.timeout(200) }), (error) => {
    assert.ok(error instanceof DOMException && !(error instanceof GoogleGenerativeAIError));
    return true;
  });
});

test("a blocked prompt has no candidate", async () => {
  gemini.script(once({ fault: "blockedPrompt", reason: "SAFETY" }));
  const response = await ask();
  assert.equal(response.candidates, undefined);
  assert.equal(response.promptFeedback?.blockReason, "SAFETY");
  assert.throws(() => response.text(), GoogleGenerativeAIResponseError);
});

for (const reason of ["SAFETY", "RECITATION", "LANGUAGE"] as const) {
  test(`text() throws for a candidate that ended with ${reason}, with parts or without`, async () => {
    for (const text of ["half", "none"] as const) {
      gemini.script(once({ fault: "finish", reason, text }));
      const response = await ask();
      assert.throws(() => response.text(), new RegExp(`Candidate was blocked due to ${reason}`));
    }
  });
}

for (const reason of ["MAX_TOKENS", "OTHER", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "IMAGE_SAFETY"] as const) {
  test(`text() is partial or empty for a candidate that ended with ${reason}`, async () => {
    gemini.script(once({ fault: "finish", reason, text: "half" }));
    const half = await ask();
    assert.equal(half.candidates?.[0]?.finishReason, reason);
    assert.throws(() => JSON.parse(half.text()), SyntaxError);
    for (const text of ["empty", "none"] as const) {
      gemini.script(once({ fault: "finish", reason, text }));
      assert.equal((await ask()).text(), "");
    }
  });
}

test("thinking counts against maxOutputTokens", async () => {
  const cut = await ask({ maxOutputTokens: 200 });
  assert.equal(cut.candidates?.[0]?.finishReason, "MAX_TOKENS");
  assert.equal(cut.text().length, (200 - 160) * 4);
  const empty = await ask({ maxOutputTokens: 100 });
  assert.equal(empty.text(), "");
  assert.equal(empty.candidates?.[0]?.content.parts, undefined);
});

test("fences, thoughts, nonsense and nothing", async () => {
  gemini.script(once({ fault: "fenced" }));
  assert.match((await ask()).text(), /^```json\n\{[\s\S]*\}\n```$/);
  gemini.script(once({ fault: "thoughtPart" }));
  assert.match((await ask()).text(), /^\*\*Looking[^{]*\{/);
  gemini.script(once({ fault: "text", text: "I cannot help with that." }));
  assert.equal((await ask()).text(), "I cannot help with that.");
  gemini.script(once({ fault: "emptyObject" }));
  assert.equal((await ask()).text(), "");
});

test("a misreading is a merge patch on the genuine reading", async () => {
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
