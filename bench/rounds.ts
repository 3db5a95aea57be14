/** Measures in rounds and computes medians, because a single run on a busy machine proves nothing. */

/** The median of some values: the upper one of two middle values, `NaN` without values. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value that this share of the values lies below. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

interface RoundsOptions {
  readonly rounds: number;
  /** The number of first rounds that do not count. */
  readonly warmUp?: number;
}

/** Measures the subjects in turn, round by round, so that other load on the machine disturbs all of them. */
export async function inTurn<Name extends string, Subject>(
  subjects: Readonly<Record<Name, Subject>>,
  measure: (subject: Subject) => Promise<number>,
  { rounds, warmUp = 0 }: RoundsOptions,
): Promise<(name: NoInfer<Name>) => readonly number[]> {
  const taken = new Map<string, number[]>();
  for (let round = -warmUp; round < rounds; round++) {
    for (const [name, subject] of Object.entries<Subject>(subjects)) {
      const value = await measure(subject);
      if (round >= 0) taken.set(name, [...(taken.get(name) ?? []), value]);
    }
  }
  return (name) => taken.get(name) ?? [];
}

/** Divides the values of each round, because they were measured at about the same time. */
export function ratios(over: readonly number[], under: readonly number[]): number[] {
  return over.flatMap((value, round) => {
    const base = under[round];
    return base === undefined ? [] : [value / base];
  });
}
