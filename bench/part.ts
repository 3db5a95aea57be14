/** The form of a part of the benchmark, and of its report. */

/** One figure, measured in several rounds. The median counts. */
export interface Figure {
  readonly what: string;
  /** The title of a table of its own. Figures with the same group share it. */
  readonly group?: string;
  readonly values: readonly number[];
  /** `x` is a ratio. */
  readonly unit: "x" | "ms" | "kB" | "MB" | "round trips" | "tokens" | "requests" | "commands" | "s" | "jobs/s" | "us";
  /** The limit that the median must keep. A figure without one is for information. */
  readonly limit?: { readonly atMost: number } | { readonly atLeast: number };
}

/** One curve of a chart. */
export interface Curve {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** Curves with common axes. */
export interface Chart {
  readonly title: string;
  readonly xLabel: string;
  readonly curves: readonly Curve[];
}

export interface PartReport {
  readonly figures: readonly Figure[];
  /** Markdown below the part's table. */
  readonly notes?: readonly string[];
  readonly charts?: readonly Chart[];
}

export interface PartOptions {
  /** Fewer rounds with less work: shows that a part runs, and the size of its figures. */
  readonly quick: boolean;
  readonly say: (line: string) => void;
}

export interface Part {
  readonly name: string;
  readonly title: string;
  /** One sentence: what the part's figures mean for a user. */
  readonly meaning: string;
  readonly run: (options: PartOptions) => Promise<PartReport>;
}
