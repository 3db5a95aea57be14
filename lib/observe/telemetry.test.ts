import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startHttpServer } from "../../test/servers/http-server.ts";
import { createMetrics } from "./telemetry.ts";

const CHARGED = {
  provider: "gemini",
  purpose: "passport",
  outcome: "answered",
  durationMs: 9,
  tokens: { model: "m", inputTokens: 10, outputTokens: 4 },
};

const resources = new AsyncDisposableStack();
after(() => resources.disposeAsync());

/** A server that is closed after the tests; resolves with its URL. */
const serve = async (answer: Parameters<typeof startHttpServer>[0]) => resources.use(await startHttpServer(answer)).url;

test("metrics are Prometheus text, and the queue is measured when they are read", async () => {
  const queue = {
    depth: async () => ({ waiting: 3, active: 1 }),
    oldestAgeMs: async () => 2_500,
    isPaused: async () => true,
  };
  const { observer, answer, close } = createMetrics({
    queue,
    prices: { GEMINI_PRICE_INPUT_PER_MILLION: 1_000, GEMINI_PRICE_OUTPUT_PER_MILLION: 10_000 },
  });
  resources.defer(close);
  observer.step("read_passport", "done", 1_200);
  observer.verdict({ status: "ocr_failed", reason: "face_mismatch", ageMs: 4_000 });
  observer.attemptFailed("ocr_rate_limited");
  observer.call({ provider: "gemini", purpose: "passport", outcome: "ocr_rate_limited", durationMs: 300 });
  observer.call(CHARGED);
  const text = await (await fetch(await serve(answer))).text();
  for (const line of [
    'kyc_step_duration_seconds_sum{step="read_passport",outcome="done"} 1.2',
    'kyc_step_duration_seconds_bucket{step="read_passport",outcome="done",le="2.5"} 1',
    'kyc_verdicts_total{status="ocr_failed",reason="face_mismatch"} 1',
    'kyc_verdict_age_seconds_sum{status="ocr_failed"} 4',
    'kyc_attempts_failed_total{reason="ocr_rate_limited"} 1',
    'kyc_model_tokens_total{purpose="passport",model="m",direction="in"} 10',
    'kyc_model_calls_total{purpose="passport",model="m"} 1',
    'kyc_model_cost_total{purpose="passport",model="m"} 0.05',
    'kyc_provider_call_duration_seconds_count{provider="gemini",outcome="ocr_rate_limited"} 1',
    'kyc_queue_jobs{state="waiting"} 3',
    "kyc_queue_oldest_age_seconds 2.5",
    "kyc_queue_paused 1",
  ]) {
    assert.ok(text.split("\n").includes(line), `${line} is not in\n${text}`);
  }
});

test("counters exist with 0 before the first event, so that the first one shows as an increase", async () => {
  const { answer, close } = createMetrics({
    queue: { depth: async () => ({}), oldestAgeMs: async () => null, isPaused: async () => false },
  });
  resources.defer(close);
  const lines = (await (await fetch(await serve(answer))).text()).split("\n");
  for (const line of [
    'kyc_verdicts_total{status="ocr_complete",reason="none"} 0',
    'kyc_verdicts_total{status="ocr_failed",reason="ocr_unavailable"} 0',
    'kyc_attempts_failed_total{reason="record_missing"} 0',
  ])
    assert.ok(lines.includes(line), line);
});

test("without configured prices no cost is reported", async () => {
  const queue = { depth: async () => ({}), oldestAgeMs: async () => null, isPaused: async () => false };
  const { observer, answer, close } = createMetrics({ queue });
  resources.defer(close);
  observer.call(CHARGED);
  const text = await (await fetch(await serve(answer))).text();
  assert.match(text, /^kyc_model_tokens_total\{/m);
  assert.doesNotMatch(text, /^kyc_model_cost_total/m);
});

test("while Redis is down, metrics are answered without the queue's figures", async () => {
  const away = () => Promise.reject(new Error("away"));
  const { answer, close } = createMetrics({ queue: { depth: away, oldestAgeMs: away, isPaused: away } });
  resources.defer(close);
  const response = await fetch(await serve(answer));
  assert.equal(response.status, 200);
  assert.doesNotMatch(await response.text(), /^kyc_queue\w+(?:\{.*\})? /m);
});
