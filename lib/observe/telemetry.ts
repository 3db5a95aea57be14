/**
 * The metrics of a running worker, as Prometheus text. Labels are steps, states and reason codes: never an id, an
 * object key or personal data.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Meter, ObservableResult } from "@opentelemetry/api";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { SYSTEM_REASONS } from "../reasons.ts";
import { costOf, type Call, type Prices } from "./calls.ts";

const SCOPE = "kyc-worker";

/** Upper bounds of the histograms: from a step without a provider to a record's whole time budget. */
const SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900];

/** The usual reasons of failed attempts. */
const RETRIED = [
  "ocr_rate_limited",
  "ocr_unavailable",
  "ocr_bad_output",
  "storage_unavailable",
  "face_match_unavailable",
  "database_unavailable",
  "queue_unavailable",
  "record_missing",
];

/** A job's verdict and its age. */
interface VerdictEvent {
  readonly status: string;
  /** The reason's code; `none` on success. */
  readonly reason: string;
  /** The time from the submission to the verdict. */
  readonly ageMs: number;
}

/** Receives events from the rest of the worker. */
export interface Observer {
  step(step: string, outcome: "done" | "failed" | "kept", durationMs: number): void;
  verdict(event: VerdictEvent): void;
  /** An attempt that ends without a verdict. */
  attemptFailed(reason: string): void;
  /** A request to a provider that has ended. */
  call(call: Call): void;
}

/** Ignores every event. */
export const NO_OBSERVER: Observer = { step() {}, verdict() {}, attemptFailed() {}, call() {} };

interface QueueView {
  readonly depth: () => Promise<Readonly<Record<string, number>>>;
  readonly oldestAgeMs: () => Promise<number | null>;
  readonly isPaused: () => Promise<boolean>;
}

/** Opens the worker's metrics. Measures the queue each time they are read. */
export function createMetrics({ queue, prices = {} }: { queue: QueueView; prices?: Prices }) {
  const exporter = new PrometheusExporter({
    preventServerStart: true,
    withoutScopeInfo: true,
    withoutTargetInfo: true,
  });
  const meter = new MeterProvider({ readers: [exporter] }).getMeter(SCOPE);
  observeQueue(meter, queue);
  return {
    observer: { ...observeWork(meter), call: observeCalls(meter, prices) } satisfies Observer,
    /** Answers a request for the metrics in Prometheus' text format. */
    answer: (request: IncomingMessage, response: ServerResponse) =>
      exporter.getMetricsRequestHandler(request, response),
    /** Stops collecting. */
    close: () => exporter.shutdown(),
  };
}

const createDurations = (meter: Meter, name: string, description: string) =>
  meter.createHistogram(name, { description, unit: "s", advice: { explicitBucketBoundaries: SECONDS } });

/** Observes nothing while Redis does not answer, because any figure would be made up. */
function observeQueue(meter: Meter, queue: QueueView): void {
  const gauge = (name: string, description: string, observe: (result: ObservableResult) => Promise<void>) =>
    meter.createObservableGauge(name, { description }).addCallback((result) => observe(result).catch(() => {}));

  gauge("kyc_queue_jobs", "Jobs in the queue, by state.", async (result) => {
    for (const [state, jobs] of Object.entries(await queue.depth())) result.observe(jobs, { state });
  });
  gauge("kyc_queue_oldest_age_seconds", "How long the oldest waiting job has been in the queue.", async (result) =>
    result.observe(((await queue.oldestAgeMs()) ?? 0) / 1_000),
  );
  gauge("kyc_queue_paused", "1 while an operator has paused the queue.", async (result) =>
    result.observe((await queue.isPaused()) ? 1 : 0),
  );
}

/** Counts and times steps, verdicts and failed attempts. */
function observeWork(meter: Meter): Omit<Observer, "call"> {
  const steps = createDurations(
    meter,
    "kyc_step_duration_seconds",
    "How long each step of a verification took, and how it ended.",
  );
  const verdicts = meter.createCounter("kyc_verdicts_total", {
    description: "Verdicts of jobs, by reason.",
  });
  const ages = createDurations(meter, "kyc_verdict_age_seconds", "The time from a submission to its verdict.");
  const failures = meter.createCounter("kyc_attempts_failed_total", {
    description: "Attempts that ended without a verdict, by reason: retries, rate limits, waits for the database.",
  });

  // Start the counters at 0: Prometheus misses the first event of a counter that did not exist before.
  verdicts.add(0, { status: "ocr_complete", reason: "none" });
  for (const reason of SYSTEM_REASONS) verdicts.add(0, { status: "ocr_failed", reason });
  for (const reason of RETRIED) failures.add(0, { reason });

  return {
    step: (step, outcome, durationMs) => steps.record(durationMs / 1_000, { step, outcome }),
    verdict({ status, reason, ageMs }) {
      verdicts.add(1, { status, reason });
      ages.record(ageMs / 1_000, { status });
    },
    attemptFailed: (reason) => failures.add(1, { reason }),
  };
}

function observeCalls(meter: Meter, prices: Prices): Observer["call"] {
  const requests = createDurations(
    meter,
    "kyc_provider_call_duration_seconds",
    "How long calls to the storage, the vision model and CompreFace took, and how they ended.",
  );
  const tokens = meter.createCounter("kyc_model_tokens_total", { description: "Tokens of the vision model." });
  const calls = meter.createCounter("kyc_model_calls_total", {
    description: "Answered calls to the vision model, useless answers included.",
  });
  const cost = meter.createCounter("kyc_model_cost_total", {
    description: "The cost of these calls, in the currency of the configured prices; absent if no price is set.",
  });

  return ({ provider, purpose, outcome, durationMs, tokens: charged }) => {
    requests.record(durationMs / 1_000, { provider, outcome });
    if (charged === undefined) return;
    const { model, inputTokens, outputTokens } = charged;
    const spent = costOf(charged, prices);
    if (spent !== undefined) cost.add(spent, { purpose, model });
    calls.add(1, { purpose, model });
    tokens.add(inputTokens, { purpose, model, direction: "in" });
    tokens.add(outputTokens, { purpose, model, direction: "out" });
  };
}
