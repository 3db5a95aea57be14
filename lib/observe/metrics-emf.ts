/**
 * Metrics in CloudWatch's embedded metric format. CloudWatch reads a data point from each value of such a JSON log
 * line, without a call or a permission. Outside AWS it is an ordinary log line.
 */
type Unit = "Count" | "Seconds";

/** Separates these metrics from those of AWS and of others. */
const NAMESPACE = "Kyc";

/** Measured values, by their names in CloudWatch. */
export type Measurements = Readonly<Record<string, { readonly value: number; readonly unit: Unit }>>;

interface EmfOptions {
  /** The fields that separate these metrics from others of the same name. AWS bills each combination of values. */
  readonly dimensions: Readonly<Record<string, string>>;
  readonly measurements: Measurements;
  /** Milliseconds since 1970. */
  readonly now?: number;
}

/** Returns the fields that make a log line a data point of a metric. The line may have other fields. */
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
