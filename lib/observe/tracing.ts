/**
 * Traces by OpenTelemetry, if a collector is configured: the request, the wait in the queue, each run of the job, its
 * steps, and the calls to providers. Attributes are ids of jobs, names, counts and reason codes: never an object key or
 * personal data.
 */
import { setTimeout as delay } from "node:timers/promises";
import {
  context,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
} from "@opentelemetry/api";
import { reasonOf } from "../errors.ts";

const SERVICE = "kyc-worker";

/** How long sending the last spans may delay the end. */
const FLUSH_MS = 2_000;

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  consumer: SpanKind.CONSUMER,
  client: SpanKind.CLIENT,
} as const;

interface SpanOptions {
  readonly name: string;
  readonly kind?: keyof typeof KINDS;
  readonly attributes?: Attributes;
  /** The parent span as a W3C `traceparent`; by default the current span. */
  readonly traceparent?: string | undefined;
}

/**
 * Sends traces to the collector at `endpoint`. Without an endpoint it loads nothing, and {@link inSpan} costs a
 * function call.
 *
 * @returns a function that flushes and stops the tracing.
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
    resource: resourceFromAttributes({ "service.name": SERVICE, "service.version": version }),
    spanProcessors: [
      new BatchSpanProcessor(new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, "")}/v1/traces` })),
    ],
  });
  provider.register();
  // A collector that does not answer must not delay the worker's exit.
  return () => Promise.race([provider.shutdown().catch(() => {}), delay(FLUSH_MS, undefined, { ref: false })]);
}

/** Runs `work` in a span. `describe` adds attributes after a success; a failure sets `outcome` to its reason's code. */
export function inSpan<T>(
  { name, kind = "internal", attributes = {}, traceparent }: SpanOptions,
  work: () => Promise<T>,
  describe: (value: T) => Attributes = () => ({}),
): Promise<T> {
  const options = { kind: KINDS[kind], attributes };
  return trace.getTracer(SERVICE).startActiveSpan(name, options, parentOf(traceparent), async (span) => {
    try {
      const value = await work();
      if (span.isRecording()) span.setAttributes(describe(value));
      return value;
    } catch (error) {
      // Kind and code only: a message may contain data that must not be in a trace.
      const kindOfError = error instanceof Error ? error.name : "error";
      span.setStatus({ code: SpanStatusCode.ERROR, message: kindOfError });
      span.setAttribute("outcome", reasonOf(error) ?? kindOfError);
      throw error;
    } finally {
      span.end();
    }
  });
}

/**
 * Records a span that has ended, with its times in milliseconds since 1970.
 *
 * @returns its `traceparent`, for its child spans; the given one if tracing is off.
 */
export function recordSpan({
  name,
  kind = "internal",
  attributes = {},
  traceparent,
  startedAt,
  endedAt,
}: SpanOptions & { readonly startedAt: number; readonly endedAt: number }): string | undefined {
  const parent = parentOf(traceparent);
  // A `Date`, because OpenTelemetry reads a small number as an offset from the process's start.
  const startTime = new Date(Math.min(startedAt, endedAt));
  const span = trace.getTracer(SERVICE).startSpan(name, { kind: KINDS[kind], attributes, startTime }, parent);
  span.end(new Date(endedAt));
  const carrier: { traceparent?: string } = {};
  propagation.inject(trace.setSpan(parent, span), carrier);
  return carrier.traceparent ?? traceparent;
}

const parentOf = (traceparent: string | undefined): Context =>
  traceparent === undefined ? context.active() : propagation.extract(context.active(), { traceparent });
