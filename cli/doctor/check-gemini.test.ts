/** The doctor's report about Gemini. It asks the worker's question. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { createGeminiServer, type GeminiServer } from "../../dev/stand-ins/gemini/gemini.ts";
import { readWorkerConfig } from "../../lib/config.ts";
import { assertNothingOpen } from "../../test/leaks.ts";
import { WORKER_ENVIRONMENT } from "../../test/worker-environment.ts";
import { checkGemini } from "./check-gemini.ts";

const MODEL = "gemini-3-flash-preview";

let server: GeminiServer;

before(async () => {
  server = await createGeminiServer({ apiKey: WORKER_ENVIRONMENT.GEMINI_API_KEY, model: MODEL, latencyMs: 0 });
});
after(async () => {
  await server.close();
  await assertNothingOpen();
});
beforeEach(() => server.script([]));

const configWith = (baseUrl: string) => readWorkerConfig({ ...WORKER_ENVIRONMENT, GEMINI_BASE_URL: baseUrl });

const findingsOf = async (baseUrl = server.url) =>
  (await checkGemini(configWith(baseUrl))).map(({ what, state, detail }) => `${state} ${what}: ${detail}`);

test("doctor asks Gemini the worker's question about a blank page", async () => {
  const before = server.requests.length;
  assert.deepEqual(await findingsOf(), [
    `ok Gemini: the key is valid and ${MODEL} exists`,
    "ok Gemini's reading: it answers the worker's question in the asked form",
  ]);
  const asked = server.requests.slice(before).filter(({ path }) => path.endsWith(":generateContent"));
  assert.deepEqual(
    asked.map(({ kind, images }) => [kind, images.length]),
    [["passport", 1]],
  );
});

test("doctor reports why an existing model does not answer the worker's question", async () => {
  for (const [answer, detail] of [
    [{ fault: "invalidArgument" }, `${MODEL} does not answer the worker's question (HTTP 400)`],
    [{ fault: "text", text: "A blank page." }, `${MODEL} does not answer the worker's question (not JSON)`],
    [{ fault: "quotaPerMinute", delaySeconds: 5 }, "it asks to wait: its rate limit is used up (HTTP 429)"],
    [{ fault: "quotaPerDay" }, "the quota is used up"],
    [{ fault: "overloaded" }, "it does not answer (503)"],
  ] as const) {
    server.script([{ match: {}, times: null, answer }]);
    const [known, reading] = await findingsOf();
    assert.match(String(known), /^ok Gemini: /);
    assert.equal(reading, `wrong Gemini's reading: ${detail}`);
  }
});

test("doctor asks a model that does not know thinkingLevel again without it", async () => {
  server.script([{ match: {}, times: null, answer: { fault: "thinkingLevelUnknown" } }]);
  const [, reading] = await findingsOf();
  assert.equal(reading, "ok Gemini's reading: it answers the worker's question in the asked form");
});
