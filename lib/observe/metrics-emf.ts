/**
 * Metrics in CloudWatch's embedded metric format: one JSON line in the log is a data point for each of its values, without
 * a call or a permission. Elsewhere it is just another line of the log.
 */
type Unit = "Count" | "Seconds";

/** Tells these metrics from those of AWS and of others. */
const NAMESPACE = "Kyc";

/** What is measured, by the name it has in CloudWatch. */
export type Measurements = Readonly<Record<string, { readonly value: number; readonly unit: Unit }>>;

interface EmfOptions {
  /** What tells these metrics from others of the same name. Each combination of values is billed. */
  readonly dimensions: Readonly<Record<string, string>>;
  readonly measurements: Measurements;
  /** Milliseconds since 1970. */
  readonly now?: number;
}

/** The fields that make a log line a data point of a metric. The line may have other fields. */
export function emfFields({ dimensions, measurements, now = Date.now() }: EmfOptions) {
  const entries = Object.entries(measurements);
  const directive = {
    Namespace: NAMESPACE,
    Dimensions: [Object.keys(dimensions)],
    Metrics: entries.map(([Name, { unit }]) => ({ Name, Unit: unit })),
  };
  const values = Object.fromEntries(entries.map(([name, { value }]) => [name, value]));
  return { _aws: { Timestamp: now, CloudWatchMetrics: [directive] }, ...dimensions, ...values };
}
