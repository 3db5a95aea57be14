/**
 * What can be seen of a worker while it runs: metrics as Prometheus text, and traces by OpenTelemetry where a collector is
 * configured. Labels are steps, states and reason codes: never an id, an object key or a personal datum.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { context, propagation, SpanStatusCode, trace, type Attributes } from "@opentelemetry/api";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { costOf, type Prices, type Usage } from "./usage.ts";

const SCOPE = "kyc-worker";

/** Upper bounds in seconds: from a step of our own to a record's whole time budget. */
const SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900];

/** How a job's verdict came about. */
interface VerdictEvent {
  readonly status: string;
  /** The reason's code; `none` on success. */
  readonly reason: string;
  /** From the submission to the verdict. */
  readonly ageMs: number;
}

/** What the rest of the worker reports. */
export interface Observer {
  step(step: string, outcome: "done" | "failed" | "kept", durationMs: number): void;
  verdict(event: VerdictEvent): void;
  /** An attempt that ends without a verdict. */
  attemptFailed(reason: string): void;
  /** A request to a provider, and how it ended: `answered`, or the reason's code. */
  call(provider: string, outcome: string, durationMs: number): void;
  /** What a call to the vision model that a verdict rests on has cost. */
  tokens(purpose: string, usage: Usage): void;
}

/** Sees nothing. */
export const NO_OBSERVER: Observer = { step() {}, verdict() {}, attemptFailed() {}, call() {}, tokens() {} };

interface QueueView {
  readonly depth: () => Promise<Readonly<Record<string, number>>>;
  readonly oldestAgeMs: () => Promise<number | null>;
}

/** Opens the worker's metrics. The queue is asked when they are read. */
export function createMetrics({ queue, prices = {} }: { queue: QueueView; prices?: Prices }) {
  const exporter = new PrometheusExporter({
    preventServerStart: true,
    withoutScopeInfo: true,
    withoutTargetInfo: true,
  });
  const meter = new MeterProvider({ readers: [exporter] }).getMeter(SCOPE);
  const seconds = { unit: "s", advice: { explicitBucketBoundaries: SECONDS } };

  const steps = meter.createHistogram("kyc_step_duration_seconds", {
    description: "How long each step of a verification took, and how it ended.",
    ...seconds,
  });
  const verdicts = meter.createCounter("kyc_verdicts_total", {
    description: "Verdicts that jobs have reached, by reason.",
  });
  const ages = meter.createHistogram("kyc_verdict_age_seconds", {
    description: "From a submission to its verdict.",
    ...seconds,
  });
  const failures = meter.createCounter("kyc_attempts_failed_total", {
    description: "Attempts that ended without a verdict, by reason: retries, rate limits, waits for the database.",
  });
  const requests = meter.createHistogram("kyc_provider_call_duration_seconds", {
    description: "How long storage, vision model and CompreFace took to answer, and how it ended.",
    ...seconds,
  });
  const tokens = meter.createCounter("kyc_model_tokens_total", { description: "Tokens of the vision model." });
  const calls = meter.createCounter("kyc_model_calls_total", {
    description: "Calls to the vision model that verdicts rest on.",
  });
  const cost = meter.createCounter("kyc_model_cost_total", {
    description: "What these calls cost, in the currency of the configured prices; nothing where none are.",
  });

  const depth = meter.createObservableGauge("kyc_queue_jobs", { description: "Jobs in the queue, by state." });
  depth.addCallback(async (result) => {
    const states = await queue.depth().catch(() => ({}));
    for (const [state, jobs] of Object.entries(states)) result.observe(jobs, { state });
  });
  const oldest = meter.createObservableGauge("kyc_queue_oldest_age_seconds", {
    description: "How long the oldest waiting job has been in the queue.",
  });
  oldest.addCallback(async (result) => {
    const ageMs = await queue.oldestAgeMs().catch(() => null);
    result.observe((ageMs ?? 0) / 1_000);
  });

  const observer: Observer = {
    step: (step, outcome, durationMs) => steps.record(durationMs / 1_000, { step, outcome }),
    verdict({ status, reason, ageMs }) {
      verdicts.add(1, { status, reason });
      ages.record(ageMs / 1_000, { status });
    },
    attemptFailed: (reason) => failures.add(1, { reason }),
    call: (provider, outcome, durationMs) => requests.record(durationMs / 1_000, { provider, outcome }),
    tokens(purpose, usage) {
      const { model, inputTokens, outputTokens } = usage;
      const spent = costOf(usage, prices);
      if (spent !== undefined) cost.add(spent, { purpose, model });
      calls.add(1, { purpose, model });
      tokens.add(inputTokens, { purpose, model, direction: "in" });
      tokens.add(outputTokens, { purpose, model, direction: "out" });
    },
  };
  return {
    observer,
    /** Answers a request for the metrics in Prometheus' text format. */
    answer: (request: IncomingMessage, response: ServerResponse) =>
      exporter.getMetricsRequestHandler(request, response),
    /** Stops collecting. */
    close: () => exporter.shutdown(),
  };
}

/**
 * Sends traces to the collector at `endpoint`. Without one nothing is loaded, and {@link inSpan} costs a function call.
 *
 * @returns what flushes and stops the tracing.
 */
export async function startTracing(endpoint: string | undefined, version: string): Promise<() => Promise<void>> {
  if (endpoint === undefined) return async () => {};
  const [{ OTLPTraceExporter }, { BatchSpanProcessor, NodeTracerProvider }, { resourceFromAttributes }] =
    await Promise.all([
      import("@opentelemetry/exporter-trace-otlp-http"),
      import("@opentelemetry/sdk-trace-node"),
      import("@opentelemetry/resources"),
    ]);
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ "service.name": SCOPE, "service.version": version }),
    spanProcessors: [
      new BatchSpanProcessor(new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, "")}/v1/traces` })),
    ],
  });
  provider.register();
  return () => provider.shutdown();
}

/** Runs `work` in a span, under the current one or under the caller's, which came with the job as a W3C `traceparent`. */
export function inSpan<T>(
  { name, attributes = {}, traceparent }: { name: string; attributes?: Attributes; traceparent?: string | undefined },
  work: () => Promise<T>,
): Promise<T> {
  const parent = traceparent === undefined ? context.active() : propagation.extract(context.active(), { traceparent });
  return trace.getTracer(SCOPE).startActiveSpan(name, { attributes }, parent, async (span) => {
    try {
      return await work();
    } catch (error) {
      // The kind alone: a message may hold what no trace may.
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : "error" });
      throw error;
    } finally {
      span.end();
    }
  });
}
