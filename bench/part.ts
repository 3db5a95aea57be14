/** What a part of the benchmark is, and what it brings back. */

/** One figure, measured in several rounds. The median counts. */
export interface Figure {
  readonly what: string;
  /** What it has in common with its dependencies, which share a table of their own with it. */
  readonly group?: string;
  readonly values: readonly number[];
  /** `x` is a ratio. */
  readonly unit: "x" | "ms" | "kB" | "MB" | "round trips" | "tokens" | "requests" | "commands" | "s" | "jobs/s" | "us";
  /** What the figure must reach; a figure without a limit is there to be looked at. */
  readonly limit?: { readonly atMost: number } | { readonly atLeast: number };
}

/** One line of a curve, drawn over concurrency. */
export interface Curve {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** A picture of curves that share their axes. */
export interface Chart {
  readonly title: string;
  readonly xLabel: string;
  readonly curves: readonly Curve[];
}

export interface PartReport {
  readonly figures: readonly Figure[];
  /** Markdown that stands below the part's table. */
  readonly notes?: readonly string[];
  readonly charts?: readonly Chart[];
}

export interface PartOptions {
  /** Fewer rounds of less work: shows that a part runs, and the order of its figures. */
  readonly quick: boolean;
  readonly say: (line: string) => void;
}

export interface Part {
  readonly name: string;
  readonly title: string;
  /** One sentence that says what the part's figures mean for a user. */
  readonly meaning: string;
  readonly run: (options: PartOptions) => Promise<PartReport>;
}
