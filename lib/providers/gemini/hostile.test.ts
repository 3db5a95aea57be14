/** Answers of a hostile Gemini, or of a hostile server instead of it, over real HTTP. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { inspect } from "node:util";
import * as fc from "fast-check";
import * as z from "zod/mini";
import { always, startHttpServer } from "../../../test/servers/http-server.ts";
import { FinalError, RateLimitError, TransientError } from "../../errors.ts";
import { boundedFetch } from "../bounded-fetch.ts";
import { collectCalls, type Call } from "../../observe/calls.ts";
import { createGemini } from "./gemini.ts";
import type { Picture } from "../../images/images.ts";
import { failureResult, resultSchema } from "../../result.ts";

/** Stands for a name, a number or a URL that an answer repeats. It looks like an API's constant. */
const CANARY = "ANNA_MUSTERMANN";
const NEVER = new AbortController().signal;
const PICTURE: Picture = { role: "passport", jpeg: Buffer.from("picture"), width: 1_000, height: 800 };
const schema = z.object({ ok: z.boolean() });

let answer = { status: 200, body: "" };
let server: Awaited<ReturnType<typeof startHttpServer>>;

before(async () => {
  server = await startHttpServer((request, response) => always(answer.status, answer.body)(request, response));
});
after(() => server.close());

/** Returns the error of a question. Asserts that it is of a known kind and makes a valid result. */
async function failureOf(status: number, body: string | object) {
  answer = { status, body: typeof body === "string" ? body : JSON.stringify(body) };
  const gemini = createGemini({
    apiKey: "key",
    model: "gemini-3-flash-preview",
    baseUrl: server.url,
    timeoutMs: 30_000,
  });
  const error: unknown = await gemini.ask({ purpose: "passport", prompt: "", pictures: [PICTURE], schema }, NEVER).then(
    () => assert.fail("it answered"),
    (reason: unknown) => reason,
  );
  assert.ok(
    error instanceof FinalError || error instanceof TransientError || error instanceof RateLimitError,
    inspect(error),
  );
  const about = { kycId: 1, submission: undefined, attempts: 1, completedAt: new Date(0), version: "1" };
  const result = failureResult(about, error);
  assert.deepEqual(resultSchema.parse(JSON.parse(JSON.stringify(result))), result);
  const everything = inspect(error, { depth: null, showHidden: true, maxStringLength: null });
  assert.ok(!everything.includes(CANARY), `the error holds text of the answer: ${everything.slice(0, 1_000)}`);
  assert.ok(everything.length < 20_000, `${everything.length} characters`);
  return error;
}

const ended = (finishReason: unknown) => ({ candidates: [{ content: { parts: [{ text: "{}" }] }, finishReason }] });
const blocked = (blockReason: unknown) => ({ promptFeedback: { blockReason } });
const refused = (message: unknown, details?: unknown) => ({ error: { code: 400, message, details } });

describe("text of an answer never gets into an error", () => {
  test("a reason that Google does not use is reported as unknown", async () => {
    for (const reason of [
      CANARY,
      `https://host/?sig=${CANARY}`,
      CANARY.repeat(8_000),
      { [CANARY]: 1 },
      [CANARY],
      7,
      "",
    ]) {
      assert.deepEqual((await failureOf(200, ended(reason))).facts, { cause: "cut off", finishReason: "unknown" });
      const prompt = await failureOf(200, blocked(reason));
      assert.equal(prompt.reason, "ocr_refused");
      assert.deepEqual(prompt.facts, { finishReason: null, blockReason: "unknown" });
    }
    const details = [{ reason: CANARY }, { reason: "API_KEY_INVALID" }];
    assert.deepEqual((await failureOf(403, refused("no", details))).facts, { status: 403, reason: "unknown" });
  });

  test("with any text in any place, an error repeats nothing of it and makes a valid result", async () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom("STOP", "SAFETY", "MAX_TOKENS", "OTHER"),
      fc.jsonValue().map((json) => [json, CANARY, { [CANARY]: CANARY }]),
      fc.constant(CANARY),
    );
    const body = fc.oneof(
      fc.record({
        candidates: fc.oneof(
          value,
          fc.array(fc.record({ finishReason: value, content: fc.record({ parts: value }) }), { maxLength: 2 }),
        ),
        promptFeedback: fc.oneof(value, fc.record({ blockReason: value })),
        usageMetadata: fc.oneof(value, fc.record({ promptTokenCount: value, totalTokenCount: value })),
      }),
      fc.record({
        error: fc.oneof(
          value,
          fc.record({
            message: value,
            details: fc.oneof(value, fc.array(fc.record({ reason: value, retryDelay: value }))),
          }),
        ),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(200, 400, 403, 404, 429, 500), body, async (status, said) => {
        await failureOf(status, said);
      }),
      { numRuns: 300 },
    );
  });

  test("a delay that is not a valid Duration is ignored", async () => {
    for (const retryDelay of [`${"9".repeat(400)}s`, `${"9".repeat(13)}s`, `1.${"1".repeat(10)}s`]) {
      const error = await failureOf(429, refused("no", [{ retryDelay }]));
      assert.equal(error instanceof RateLimitError ? error.retryAfterMs : undefined, 60_000);
    }
  });
});

describe("very long answers", () => {
  const SIZE = 120_000;
  const filled = (piece: string) => piece.repeat(SIZE / piece.length);

  test("an error message made for a backtracking pattern is parsed quickly", async () => {
    for (const piece of ["[400 ", "[400 x] ", "image", "] ", "retry in 1", "retry in ", "PerDa"]) {
      assert.ok((await failureOf(400, refused(filled(piece)))) instanceof FinalError, piece);
      assert.ok((await failureOf(429, refused(filled(piece)))) instanceof RateLimitError, piece);
    }
    assert.ok((await failureOf(429, refused(`retry in ${filled("1")}`))) instanceof RateLimitError);
  });

  test("a long error is understood by its beginning", async () => {
    const aboutPicture = await failureOf(400, refused(`Provided image is not valid. ${filled("x")}`));
    assert.equal(aboutPicture.reason, "ocr_refused");
    assert.equal((await failureOf(400, refused(`${filled("x")} image`))).reason, "ocr_misconfigured");
    const late = await failureOf(
      429,
      refused("no", [...Array.from({ length: 30_000 }, () => ({})), { retryDelay: "1s" }]),
    );
    assert.equal(late instanceof RateLimitError ? late.retryAfterMs : undefined, 60_000);
  });

  test("an error over the size limit is not read, and is retried", async () => {
    globalThis.fetch = boundedFetch;
    for (const [status, body] of [
      [200, "[".repeat(3_800_000)],
      [200, ended("STOP" + " ".repeat(200_000))],
    ] as const) {
      const error = await failureOf(status, body);
      assert.ok(error instanceof TransientError);
      assert.equal(error.reason, "ocr_bad_output");
      assert.deepEqual(error.facts, { cause: "too long" });
    }
    assert.ok((await failureOf(429, refused("x".repeat(200_000)))) instanceof RateLimitError);
  });

  test("details that are nested too deeply are ignored", async () => {
    for (let depth = 1_000; depth < 30_000; depth += 500) {
      const deep = `{"error":{"message":"no","details":[{"a":${"[".repeat(depth)}${"]".repeat(depth)}}]}}`;
      assert.ok((await failureOf(429, deep)) instanceof RateLimitError, String(depth));
    }
  });
});

test("impossible token counts are ignored", async () => {
  for (const promptTokenCount of [1.5, 1e308, 100_000_001]) {
    answer = {
      status: 200,
      body: JSON.stringify({
        candidates: [{ content: { parts: [{ text: '{"ok":true}' }] }, finishReason: "STOP" }],
        usageMetadata: { promptTokenCount, totalTokenCount: 9 },
      }),
    };
    const gemini = createGemini({
      apiKey: "key",
      model: "gemini-3-flash-preview",
      baseUrl: server.url,
      timeoutMs: 30_000,
    });
    const question = { purpose: "passport", prompt: "", pictures: [PICTURE], schema };
    const calls: Call[] = [];
    await collectCalls(
      (call) => void calls.push(call),
      () => gemini.ask(question, NEVER),
    );
    assert.deepEqual(
      calls.map(({ tokens }) => [tokens?.inputTokens, tokens?.outputTokens]),
      [[0, 9]],
    );
  }
});
