import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import * as z from "zod/mini";
import { createMetrics, inSpan, startTracing } from "./telemetry.ts";

const resources = new AsyncDisposableStack();
after(() => resources.disposeAsync());

/** A server on loopback that is closed after the tests; resolves with its URL. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<string> {
  const server = createServer((request, response) => void answer(request, response));
  resources.defer(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  resources.defer(() => server.closeAllConnections());
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address: AddressInfo | string | null = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return `http://127.0.0.1:${address.port}`;
}

test("metrics are Prometheus text, and the queue is asked when they are read", async () => {
  const queue = { depth: async () => ({ waiting: 3, active: 1 }), oldestAgeMs: async () => 2_500 };
  const { observer, answer, close } = createMetrics({
    queue,
    prices: { GEMINI_PRICE_INPUT_PER_MILLION: 1_000, GEMINI_PRICE_OUTPUT_PER_MILLION: 10_000 },
  });
  resources.defer(close);
  observer.step("read_passport", "done", 1_200);
  observer.verdict({ status: "ocr_failed", reason: "face_mismatch", ageMs: 4_000 });
  observer.attemptFailed("ocr_rate_limited");
  observer.call("gemini", "ocr_rate_limited", 300);
  observer.tokens("passport", { model: "m", inputTokens: 10, outputTokens: 4, durationMs: 9 });
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
  ]) {
    assert.ok(text.split("\n").includes(line), `${line} is not in\n${text}`);
  }
});

test("without prices no cost is invented", async () => {
  const queue = { depth: async () => ({}), oldestAgeMs: async () => null };
  const { observer, answer, close } = createMetrics({ queue });
  resources.defer(close);
  observer.tokens("passport", { model: "m", inputTokens: 10, outputTokens: 4, durationMs: 9 });
  const text = await (await fetch(await serve(answer))).text();
  assert.match(text, /^kyc_model_tokens_total\{/m);
  assert.doesNotMatch(text, /^kyc_model_cost_total/m);
});

test("metrics are answered while the queue is away", async () => {
  const away = () => Promise.reject(new Error("away"));
  const { answer, close } = createMetrics({ queue: { depth: away, oldestAgeMs: away } });
  resources.defer(close);
  assert.equal((await fetch(await serve(answer))).status, 200);
});

test("without a collector no span is recorded, and work runs as it would", async () => {
  const stop = await startTracing(undefined, "0");
  assert.equal(await inSpan({ name: "work" }, async () => 7), 7);
  await stop();
});

const tracesSchema = z.object({
  resourceSpans: z.array(
    z.object({
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({ traceId: z.string(), parentSpanId: z.string(), spanId: z.string(), name: z.string() }),
          ),
        }),
      ),
    }),
  ),
});

test("spans go on from the caller's trace to the collector, and an error's message stays here", async () => {
  const bodies: string[] = [];
  const collector = await serve(async (request, response) => {
    bodies.push(Buffer.concat(await request.toArray()).toString());
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  const stop = await startTracing(collector, "0");
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
  const secret = "MUELLER";
  await assert.rejects(
    inSpan({ name: "verify", traceparent }, () =>
      inSpan({ name: "read_passport" }, () => Promise.reject(new TypeError(secret))),
    ),
    TypeError,
  );
  await stop();
  const spans = bodies.flatMap((body) =>
    tracesSchema
      .parse(JSON.parse(body))
      .resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
  );
  const verify = spans.find(({ name }) => name === "verify");
  const read = spans.find(({ name }) => name === "read_passport");
  assert.deepEqual([verify?.traceId, verify?.parentSpanId], [traceId, "b7ad6b7169203331"]);
  assert.deepEqual([read?.traceId, read?.parentSpanId], [traceId, verify?.spanId]);
  assert.ok(bodies.length > 0 && !bodies.join("").includes(secret));
});
