/**
 * Metrics in CloudWatch's embedded metric format: one JSON line in the log is a data point for each of its values, without
 * a call or a permission. Elsewhere it is just another line of the log.
 */
type Unit = "Count" | "Seconds";

/** What is measured, by the name it has in CloudWatch. */
export type Measurements = Readonly<Record<string, { readonly value: number; readonly unit: Unit }>>;

interface MetricsOptions {
  readonly namespace: string;
  /** What tells these metrics from others of the same name. Each combination of values is billed. */
  readonly dimensions: Readonly<Record<string, string>>;
  readonly write?: (line: string) => void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** Publishes metrics under one namespace and one set of dimensions. */
export function createMetrics({ namespace, dimensions, write = writeLine, now = Date.now }: MetricsOptions) {
  return {
    /** Logs one line with all these measurements. */
    emit(measurements: Measurements): void {
      const entries = Object.entries(measurements);
      const directive = {
        Namespace: namespace,
        Dimensions: [Object.keys(dimensions)],
        Metrics: entries.map(([Name, { unit }]) => ({ Name, Unit: unit })),
      };
      const values = Object.fromEntries(entries.map(([name, { value }]) => [name, value]));
      const _aws = { Timestamp: now(), CloudWatchMetrics: [directive] };
      write(`${JSON.stringify({ _aws, ...dimensions, ...values })}\n`);
    },
  };
}

// Lambda's console puts a time and a request id before a line, and CloudWatch takes only lines that are JSON as a whole.
function writeLine(line: string): void {
  process.stdout.write(line);
}
