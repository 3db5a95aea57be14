/** Computes and formats percentiles of durations. */

/** The median, the 95th percentile and the largest of some durations, in milliseconds. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

/** Computes the percentiles by nearest rank, so that each one is a measured duration; 0 without durations. */
export function percentilesOf(durationsMs: readonly number[]): Percentiles {
  const sorted = durationsMs.toSorted((one, other) => one - other);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), max: at(1) };
}

/** Formats a row under {@link PERCENTILES_HEAD}, such as `1.2 s  3.4 s  5.6 s`. */
export const describePercentiles = (name: string, { p50, p95, max }: Percentiles): string =>
  `  ${name.padEnd(16)} ${[p50, p95, max].map((ms) => `${(ms / 1_000).toFixed(1)} s`.padStart(9)).join("")}`;

/** The head of a table whose rows {@link describePercentiles} formats. */
export const PERCENTILES_HEAD = `  ${"".padEnd(16)} ${["median", "95 %", "longest"].map((word) => word.padStart(9)).join("")}`;
