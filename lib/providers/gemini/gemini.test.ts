/** Asks Gemini, with all its known failures. The other side is a real HTTP server. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, beforeEach, describe, test, type TestContext } from "node:test";
import { text } from "node:stream/consumers";
import { inspect } from "node:util";
import * as fc from "fast-check";
import * as z from "zod/mini";
import { createGeminiServer, type GeminiRule, type GeminiServer } from "../../../dev/stand-ins/gemini/gemini.ts";
import { genuineReading, samplePassport } from "../../../dev/samples/passports.ts";
import { drawTestPage } from "../../../test/marked-pictures.ts";
import { always, startHttpServer } from "../../../test/servers/http-server.ts";
import { assertNothingOpen } from "../../../test/leaks.ts";
import { FinalError, RateLimitError, TransientError } from "../../errors.ts";
import { collectCalls, type Call } from "../../observe/calls.ts";
import { parseReply } from "./answer.ts";
import { parseDelayMs } from "./failure.ts";
import { createGemini } from "./gemini.ts";
import type { Picture } from "../../images/images.ts";
import { passportReadingSchema } from "../../passport/reading.ts";
import { OCR_PROMPT } from "./prompts.ts";

const API_KEY = "AIzaSy-canary-key";
const MODEL = "gemini-3-flash-preview";
const NEVER = new AbortController().signal;
const SAMPLE = 7;

let server: GeminiServer;
let page: Picture;
let surname: string;

before(async () => {
  server = await createGeminiServer({ apiKey: API_KEY, model: MODEL, latencyMs: 0 });
  page = { role: "passport", jpeg: await drawTestPage({ passport: SAMPLE, person: 1 }), width: 1000, height: 800 };
  surname = samplePassport(SAMPLE).surname;
});
after(async () => {
  await server.close();
  await assertNothingOpen();
});
beforeEach(() => server.script([]));

type Fault = GeminiRule["answer"];

function answerWith(answer: Fault, times: number | null = null): void {
  server.script([{ match: {}, times, answer }]);
}

function open(overrides: Partial<Parameters<typeof createGemini>[0]> = {}) {
  return createGemini({ apiKey: API_KEY, model: MODEL, baseUrl: server.url, timeoutMs: 5_000, ...overrides });
}

const question = () => ({ purpose: "passport", prompt: OCR_PROMPT, pictures: [page], schema: passportReadingSchema });
const ask = (gemini = open(), signal = NEVER) => gemini.ask(question(), signal);

/** Returns the one call that a question enters into the ledger. */
async function callOf(gemini = open()): Promise<Call> {
  const calls: Call[] = [];
  await collectCalls(
    (call) => void calls.push(call),
    () => ask(gemini).catch(() => {}),
  );
  assert.equal(calls.length, 1);
  return calls[0] ?? assert.fail("no call");
}

/** Returns the error of a question. Asserts that it contains no key, URL, picture or reading. */
async function failureOf(gemini = open(), secrets: readonly string[] = []): Promise<Error> {
  const error: unknown = await ask(gemini).then(
    () => assert.fail("it answered"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof Error);
  const everything = inspect(error, { depth: null, showHidden: true });
  const start = page.jpeg.toString("base64").slice(0, 40);
  for (const secret of [API_KEY, "127.0.0.1", "v1beta", start, surname, "MUSTERMANN", ...secrets]) {
    assert.ok(!everything.includes(secret), `the error holds ${secret}: ${everything}`);
  }
  return error;
}

async function assertTransient(reason: string, facts: object, gemini = open()): Promise<void> {
  const error = await failureOf(gemini);
  assert.ok(error instanceof TransientError, inspect(error));
  assert.equal(error.reason, reason);
  assert.deepEqual(error.facts, facts);
}

async function assertFinal(reason: string, facts: object, gemini = open()): Promise<void> {
  const error = await failureOf(gemini);
  assert.ok(error instanceof FinalError, inspect(error));
  assert.equal(error.reason, reason);
  assert.deepEqual(error.facts, facts);
}

async function delayOf(fault: Fault): Promise<number> {
  answerWith(fault);
  const error = await failureOf();
  assert.ok(error instanceof RateLimitError, inspect(error));
  assert.equal(error.message, `Gemini's rate limit: retry in ${error.retryAfterMs / 1000}s`);
  return error.retryAfterMs;
}

describe("answers", () => {
  test("the reader returns Gemini's reading and records its tokens", async () => {
    const value = await ask();
    const { mrzBox: _, ...genuine } = genuineReading(samplePassport(SAMPLE));
    const { mrzBox, ...read } = value;
    assert.deepEqual(read, genuine);
    assert.equal(mrzBox?.length, 4);
    const { durationMs, tokens, ...call } = await callOf();
    assert.deepEqual(call, { provider: "gemini", purpose: "passport", outcome: "answered" });
    assert.ok(Number.isInteger(durationMs));
    assert.equal(tokens?.model, MODEL);
    assert.ok(tokens.inputTokens > 1_120, "a picture alone has that many");
    assert.ok(tokens.outputTokens > 160, "thinking is counted, as it is billed");
  });

  test("a reading is one request, with the key in a header", async () => {
    const before = server.requests.length;
    await ask();
    const [call, ...others] = server.requests.slice(before);
    assert.deepEqual(others, []);
    assert.equal(call?.path, `/v1beta/models/${MODEL}:generateContent`);
    assert.equal(call?.images.length, 1);
  });

  test("a base URL may end in a slash", async () => {
    assert.equal((await ask(open({ baseUrl: `${server.url}/` }))).documentKind, "passport");
  });

  test("a reading in a code fence or after a thought is accepted", async () => {
    for (const fault of ["fenced", "thoughtPart"] as const) {
      answerWith({ fault });
      assert.equal((await ask()).fields.surname.value, surname);
    }
  });
});

/** Starts a server with one answer for every request. */
async function serve(t: TestContext, status: number, body: string): Promise<string> {
  const other = await startHttpServer(always(status, body));
  t.after(other.close);
  return other.url;
}

test("token counts that are not numbers are ignored, and the answer is kept", async (t) => {
  const reading = JSON.stringify(genuineReading(samplePassport(SAMPLE)));
  for (const [usageMetadata, inputTokens, outputTokens] of [
    [{ promptTokenCount: "abc", totalTokenCount: 12 }, 0, 12],
    [{ promptTokenCount: 10, totalTokenCount: null }, 10, 0],
    [{ promptTokenCount: -1, totalTokenCount: 5 }, 0, 5],
    ["none", 0, 0],
    [null, 0, 0],
  ] as const) {
    const candidates = [{ content: { role: "model", parts: [{ text: reading }] }, finishReason: "STOP" }];
    const body = JSON.stringify({ candidates, usageMetadata });
    const { outcome, tokens } = await callOf(open({ baseUrl: await serve(t, 200, body) }));
    assert.deepEqual([outcome, tokens], ["answered", { model: MODEL, inputTokens, outputTokens }]);
  }
});

test("null is accepted for a missing value", async (t) => {
  const reading = JSON.stringify(genuineReading(samplePassport(SAMPLE)));
  const candidates = [{ content: { role: "model", parts: [{ text: reading }] }, finishReason: null }];
  const body = JSON.stringify({ candidates, promptFeedback: { blockReason: null } });
  assert.equal((await ask(open({ baseUrl: await serve(t, 200, body) }))).documentKind, "passport");
});

describe("rate limits", () => {
  test("a rate limit has the delay that Gemini names, with fractions", async () => {
    assert.equal(await delayOf({ fault: "quotaPerMinute", delaySeconds: 44 }), 44_000);
    assert.equal(await delayOf({ fault: "quotaPerMinute", delaySeconds: 0.539477544 }), 540);
    assert.equal(await delayOf({ fault: "quotaPerMinute", delaySeconds: 45.123 }), 45_123);
    assert.equal(await delayOf({ fault: "quotaPerMinute", delaySeconds: 68_940 }), 68_940_000);
  });

  test("a rate limit lasts a minute if Gemini names no delay", async () => {
    for (const fault of ["quotaPerMinute", "quotaHelpOnly", "quotaBare"] as const) {
      assert.equal(await delayOf({ fault }), 60_000);
    }
  });

  test("a rate limit has the delay of the message if the details have none", async () => {
    await using other = await startHttpServer(
      always(429, {
        error: { code: 429, message: "Slow down.\nPlease retry in 900.2ms.", status: "RESOURCE_EXHAUSTED" },
      }),
    );
    const error = await failureOf(open({ baseUrl: other.url }));
    assert.ok(error instanceof RateLimitError);
    assert.equal(error.retryAfterMs, 901);
  });

  test("a used-up daily quota is final, however short the delay that Gemini names", async () => {
    for (const fault of [{ fault: "quotaPerDay", delaySeconds: 22 }, { fault: "quotaPerDay" }] as const) {
      answerWith(fault);
      await assertFinal("ocr_quota_exhausted", { status: 429, quota: "day" });
    }
  });

  test("used-up credits, a spending cap and a quota of 0 are final", async (t) => {
    for (const [quota, message] of [
      [
        "credits",
        "Your prepayment credits are depleted. Please go to AI Studio at https://ai.studio/projects to manage your project and billing.",
      ],
      [
        "credits",
        "Your project has exceeded its monthly spending cap. Please go to AI Studio at https://ai.studio/spend to manage your project spend cap.",
      ],
      [
        "none",
        "You exceeded your current quota, please check your plan and billing details.\n* Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 0, model: gemini-3-pro\nPlease retry in 24.5s.",
      ],
    ] as const) {
      const body = JSON.stringify({ error: { code: 429, message, status: "RESOURCE_EXHAUSTED" } });
      const gemini = open({ baseUrl: await serve(t, 429, body) });
      await assertFinal("ocr_quota_exhausted", { status: 429, quota }, gemini);
    }
    const body = JSON.stringify({ error: { code: 429, message: "Quota exceeded, limit: 0.5, retry in 2s" } });
    const error = await failureOf(open({ baseUrl: await serve(t, 429, body) }));
    assert.ok(error instanceof RateLimitError);
  });
});

describe("temporary failures", () => {
  test("HTTP 5xx, as JSON or as HTML, is ocr_unavailable", async () => {
    for (const [fault, status] of [
      ["internal", 500],
      ["highDemand", 503],
      ["overloaded", 503],
      ["deadlineExceeded", 504],
      ["badGateway", 502],
    ] as const) {
      answerWith({ fault });
      await assertTransient("ocr_unavailable", { status });
    }
  });

  test("a proxy's error page, or a status that asks for a retry, is ocr_unavailable", async (t) => {
    const page = "<html><title>Misdirected Request</title></html>";
    for (const [status, body] of [
      [408, page],
      [421, page],
      [425, page],
      [409, '{"error":{"code":409,"message":"The operation was aborted.","status":"ABORTED"}}'],
    ] as const) {
      await assertTransient("ocr_unavailable", { status }, open({ baseUrl: await serve(t, status, body) }));
    }
  });

  test("no answer in time, before or in the body, is a timeout", async () => {
    for (const fault of ["hang", "hangMidBody"] as const) {
      answerWith({ fault });
      await assertTransient("ocr_unavailable", { cause: "timeout" }, open({ timeoutMs: 150 }));
    }
  });

  test("a refused or reset connection is ocr_unavailable", async () => {
    for (const fault of ["reset", "resetMidBody"] as const) {
      answerWith({ fault });
      await assertTransient("ocr_unavailable", { cause: "connection" });
    }
    await assertTransient("ocr_unavailable", { cause: "connection" }, open({ baseUrl: "http://127.0.0.1:9" }));
  });

  test("an HTTP body that is not JSON, or has no answer in it, is ocr_bad_output", async () => {
    answerWith({ fault: "truncatedJson" });
    await assertTransient("ocr_bad_output", { cause: "not JSON" });
    answerWith({ fault: "emptyObject" });
    await assertTransient("ocr_bad_output", { cause: "empty" });
  });

  test("an HTTP body of another form is ocr_bad_output", async (t) => {
    for (const body of ["null", '"hi"', "[]", '{"candidates":{}}', '{"candidates":[{"content":{"parts":[null]}}]}']) {
      const error = await failureOf(open({ baseUrl: await serve(t, 200, body) }));
      assert.ok(error instanceof TransientError, inspect(error));
      assert.equal(error.reason, "ocr_bad_output", body);
    }
  });

  test("an error with malformed details keeps the meaning of its status", async (t) => {
    for (const details of ["null", '"x"', "{}", "[null]", '[{"reason":7}]']) {
      const body = `{"error":{"message":"no","details":${details}}}`;
      await assertFinal(
        "ocr_misconfigured",
        { status: 403, reason: null },
        open({ baseUrl: await serve(t, 403, body) }),
      );
      assert.ok((await failureOf(open({ baseUrl: await serve(t, 429, body) }))) instanceof RateLimitError, details);
    }
    const named = '{"error":{"message":"no","details":[null,{"retryDelay":"1.5s"}]}}';
    const error = await failureOf(open({ baseUrl: await serve(t, 429, named) }));
    assert.equal(error instanceof RateLimitError ? error.retryAfterMs : undefined, 1_500);
  });

  test("an answer that is not JSON, or does not match the schema, is ocr_bad_output", async () => {
    answerWith({ fault: "text", text: "I see a passport of a person." });
    await assertTransient("ocr_bad_output", { cause: "not JSON" });
    answerWith({ fault: "text", text: "```json\n```" });
    await assertTransient("ocr_bad_output", { cause: "empty" });
    answerWith({ fault: "text", text: '{"surname":"MUSTERMANN"}' });
    await assertTransient("ocr_bad_output", { cause: "not of the asked form", path: "mrz" });
    answerWith({ fault: "edit", patch: { documentKind: "library card" } });
    await assertTransient("ocr_bad_output", { cause: "not of the asked form", path: "documentKind" });
  });

  test("an answer that ended early is ocr_bad_output, with or without text", async () => {
    for (const reason of ["MAX_TOKENS", "LANGUAGE", "MALFORMED_FUNCTION_CALL"] as const) {
      for (const text of ["whole", "half", "empty", "none"] as const) {
        answerWith({ fault: "finish", reason, text });
        await assertTransient("ocr_bad_output", { cause: "cut off", finishReason: reason });
      }
    }
    for (const [text, cause] of [
      ["half", "not JSON"],
      ["empty", "empty"],
      ["none", "empty"],
    ] as const) {
      answerWith({ fault: "finish", reason: "STOP", text });
      await assertTransient("ocr_bad_output", { cause });
    }
  });
});

test("a refusal of one answer, or a request to retry, is retried", async (t) => {
  for (const reason of ["RECITATION", "OTHER"] as const) {
    for (const text of ["whole", "half", "empty", "none"] as const) {
      answerWith({ fault: "finish", reason, text });
      await assertTransient("ocr_refused", { finishReason: reason, blockReason: null });
    }
  }
  answerWith({ fault: "blockedPrompt", reason: "OTHER" });
  await assertTransient("ocr_refused", { finishReason: null, blockReason: "OTHER" });
  answerWith({ fault: "unprocessableImage" });
  await assertTransient("ocr_refused", { status: 400, reason: null });
  const body = JSON.stringify({ error: { code: 400, message: "Something went wrong. Please try again." } });
  await assertTransient("ocr_refused", { status: 400, reason: null }, open({ baseUrl: await serve(t, 400, body) }));
});

/** Starts a model that refuses unknown settings with Google's words. */
async function serveOldModel(t: TestContext, words: string) {
  const asked: boolean[] = [];
  const reading = JSON.stringify(genuineReading(samplePassport(SAMPLE)));
  const other = await startHttpServer(async (request, response) => {
    const hasLevel = (await text(request)).includes("thinkingLevel");
    asked.push(hasLevel);
    const candidates = [{ content: { role: "model", parts: [{ text: reading }] }, finishReason: "STOP" }];
    const refusal = { error: { code: 400, message: words, status: "INVALID_ARGUMENT" } };
    response
      .writeHead(hasLevel ? 400 : 200, { "content-type": "application/json" })
      .end(JSON.stringify(hasLevel ? refusal : { candidates }));
  });
  t.after(other.close);
  return { baseUrl: other.url, asked };
}

describe("thinkingLevel", () => {
  for (const words of [
    "Thinking level is not supported for this model.",
    "Unable to submit request because thinking_level is not supported by this model.. Learn more: https://cloud.google.com/",
    "Invalid JSON payload received. Unknown name \"thinkingLevel\" at 'generation_config.thinking_config': Cannot find field.",
  ]) {
    test(`a model that does not know thinkingLevel is asked without it, then and later: ${words.slice(0, 60)}`, async (t) => {
      const { baseUrl, asked } = await serveOldModel(t, words);
      const gemini = open({ baseUrl });
      const both = await Promise.all([ask(gemini), ask(gemini)]);
      for (const reading of both) assert.equal(reading.documentKind, "passport");
      await ask(gemini);
      // Both of the first two had asked before either was refused.
      assert.deepEqual([asked.filter(Boolean).length, asked.length, asked.at(-1)], [2, 5, false]);
    });
  }

  test("a request that is refused for another reason than thinkingLevel is not sent again", async (t) => {
    const { baseUrl, asked } = await serveOldModel(t, "Request contains an invalid argument.");
    await assertFinal("ocr_misconfigured", { status: 400, reason: null }, open({ baseUrl }));
    assert.deepEqual(asked, [true]);
  });
});

test("an unusable answer is recorded with its tokens, and a missing answer without tokens", async () => {
  for (const [fault, outcome, isPaid] of [
    [{ fault: "text", text: "I see a passport of a person." }, "ocr_bad_output", true],
    [{ fault: "finish", reason: "MAX_TOKENS", text: "half" }, "ocr_bad_output", true],
    [{ fault: "finish", reason: "SAFETY", text: "none" }, "ocr_refused", true],
    [{ fault: "overloaded" }, "ocr_unavailable", false],
    [{ fault: "badImage" }, "ocr_refused", false],
    [{ fault: "reset" }, "ocr_unavailable", false],
  ] as const) {
    answerWith(fault);
    const call = await callOf();
    assert.equal(call.outcome, outcome);
    assert.equal((call.tokens?.inputTokens ?? 0) > 0, isPaid, inspect(call));
  }
});

describe("final failures", () => {
  test("a refusal to answer is ocr_refused, with or without text", async () => {
    const reasons = [
      "SAFETY",
      "BLOCKLIST",
      "PROHIBITED_CONTENT",
      "SPII",
      "IMAGE_SAFETY",
      "IMAGE_PROHIBITED_CONTENT",
    ] as const;
    for (const reason of reasons) {
      for (const text of ["whole", "half", "empty", "none"] as const) {
        answerWith({ fault: "finish", reason, text });
        await assertFinal("ocr_refused", { finishReason: reason, blockReason: null });
      }
    }
  });

  test("a blocked prompt is ocr_refused", async () => {
    for (const reason of ["SAFETY", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY"] as const) {
      answerWith({ fault: "blockedPrompt", reason });
      await assertFinal("ocr_refused", { finishReason: null, blockReason: reason });
    }
  });

  test("a picture that Gemini cannot process is ocr_refused", async () => {
    answerWith({ fault: "badImage" });
    await assertFinal("ocr_refused", { status: 400, reason: null });
  });

  test("a wrong key, permission or model is ocr_misconfigured", async () => {
    await assertFinal("ocr_misconfigured", { status: 400, reason: "API_KEY_INVALID" }, open({ apiKey: "wrong" }));
    await assertFinal("ocr_misconfigured", { status: 404, reason: null }, open({ model: "gemini-1-retired" }));
    for (const [fault, status] of [
      ["leakedKey", 403],
      ["permissionDenied", 403],
      ["locationUnsupported", 400],
      ["invalidArgument", 400],
      ["modelRetired", 404],
    ] as const) {
      answerWith({ fault });
      await assertFinal("ocr_misconfigured", { status, reason: null });
    }
  });

  test('a model with "image" in its name does not turn every error into one about the picture', async () => {
    await using other = await startHttpServer(
      always(400, {
        error: { code: 400, message: "Request contains an invalid argument.", status: "INVALID_ARGUMENT" },
      }),
    );
    const gemini = open({ baseUrl: other.url, model: "gemini-3-pro-image-preview" });
    await assertFinal("ocr_misconfigured", { status: 400, reason: null }, gemini);
  });

  test("an error repeats nothing of Google's message", async () => {
    const repeated = "Base64 decoding failed for CANARY-PIECE-OF-PICTURE";
    await using other = await startHttpServer(
      always(400, { error: { code: 400, message: repeated, status: "INVALID_ARGUMENT" } }),
    );
    await failureOf(open({ baseUrl: other.url }), ["CANARY-PIECE-OF-PICTURE"]);
  });
});

describe("aborting", () => {
  const reason = new Error("somebody else failed");

  test("with an aborted signal, no request is sent", async () => {
    const before = server.requests.length;
    await assert.rejects(ask(open(), AbortSignal.abort(reason)), reason);
    assert.equal(server.requests.length, before);
  });

  test("an abort ends the request, before and in the body", async () => {
    for (const fault of ["hang", "hangMidBody"] as const) {
      answerWith({ fault });
      const controller = new AbortController();
      const before = server.requests.length;
      const asking = ask(open(), controller.signal);
      while (server.requests[before]?.fault !== fault) await nextTurn();
      controller.abort(reason);
      await assert.rejects(asking, reason);
      while (server.requests[before]?.outcome === "open") await nextTurn();
      assert.equal(server.requests[before]?.outcome, "aborted");
    }
  });

  test("the timeout of an answered request does not keep the process alive", async () => {
    // The time allowed is an hour: the child ends only if nothing waits for it.
    const script = `
      import { createGemini } from ${JSON.stringify(new URL("gemini.ts", import.meta.url).href)};
      import * as z from "zod/mini";
      const [apiKey, baseUrl] = process.argv.slice(1);
      const gemini = createGemini({ apiKey, baseUrl, model: ${JSON.stringify(MODEL)}, timeoutMs: 3_600_000 });
      const question = { purpose: "passport", prompt: "", pictures: [], schema: z.object({ ok: z.boolean() }) };
      console.log(JSON.stringify(await gemini.ask(question, new AbortController().signal)));`;
    answerWith({ fault: "text", text: '{"ok":true}' });
    const child = spawn(process.execPath, ["--input-type=module", "-e", script, API_KEY, server.url], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [output, [code]] = await Promise.all([child.stdout.toArray(), once(child, "exit")]);
    assert.equal(Buffer.concat(output).toString(), '{"ok":true}\n');
    assert.equal(code, 0);
  });
});

describe("parseReply", () => {
  const schema = z.object({ a: z.number() });

  test("parseReply strips any markdown code fence, and only that", () => {
    const fence = "```";
    for (const text of [
      `{"a":1}`,
      `\n  {"a":1}\n`,
      `${fence}json\n{"a":1}\n${fence}`,
      `${fence}JSON\r\n{"a":1}\r\n${fence}\n`,
      `${fence}\n{"a":1}${fence}`,
      `  ${fence}json {"a":1} ${fence}  `,
    ]) {
      assert.deepEqual(parseReply(text, schema), { a: 1 });
    }
    const quoted = z.object({ text: z.string() });
    assert.deepEqual(parseReply(`{"text":"${fence}json"}`, quoted), { text: `${fence}json` });
  });

  test("parseReply parses any JSON value, with or without a fence", () => {
    const any = z.unknown();
    const fences = fc.constantFrom(
      ["", ""],
      ["```json\n", "\n```"],
      ["```\n", "```\n\n"],
      ["\n```json\r\n", "\r\n```"],
    );
    fc.assert(
      fc.property(fc.jsonValue(), fences, (value, [open, close]) => {
        const json = JSON.stringify(value);
        assert.deepEqual(parseReply(`${open}${json}${close}`, any), JSON.parse(json));
      }),
    );
  });

  test("parseReply refuses any other text with one kind of error, and repeats nothing of it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 8 }), (text) => {
        assert.throws(
          () => parseReply(text, schema),
          (error: unknown) => {
            assert.ok(error instanceof TransientError);
            assert.equal(error.reason, "ocr_bad_output");
            return !inspect(error).includes(text);
          },
        );
      }),
    );
  });

  test("parseReply refuses megabytes of whitespace quickly", () => {
    // With a pattern that backtracks, this would take years.
    assert.throws(() => parseReply(`\`\`\`json${"\n".repeat(200_000)}x`, schema), TransientError);
    assert.throws(() => parseReply(`\`\`\`${" \n".repeat(100_000)}\`\`\`x`, schema), TransientError);
  });
});

describe("parseDelayMs", () => {
  test("parseDelayMs reads seconds and milliseconds, rounded up", () => {
    for (const [delay, milliseconds] of [
      ["0s", 0],
      ["44s", 44_000],
      ["0.539477544s", 540],
      ["900.2ms", 901],
      ["68940s", 68_940_000],
    ] as const) {
      assert.equal(parseDelayMs(delay), milliseconds);
    }
  });

  test("parseDelayMs is never shorter than the delay that was written, and less than 1 ms longer", () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(999_999_999), (seconds, nanoseconds) => {
        const said = seconds * 1_000 + nanoseconds / 1e6;
        const parsed = parseDelayMs(`${seconds}.${String(nanoseconds).padStart(9, "0")}s`) ?? Number.NaN;
        assert.ok(parsed >= said - 1e-4 && parsed < said + 1.001, `${parsed} for ${said}`);
        assert.ok(Number.isSafeInteger(parsed));
      }),
    );
  });

  test("parseDelayMs ignores any other text", () => {
    for (const delay of [
      undefined,
      null,
      44,
      "",
      "s",
      "44",
      "-1s",
      "1e3s",
      "44 s",
      "1.s",
      ".5s",
      "44S",
      "44ss",
      "19h8m",
    ]) {
      assert.equal(parseDelayMs(delay), undefined, String(delay));
    }
  });
});

const nextTurn = () => new Promise(setImmediate);
