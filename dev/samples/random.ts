/** Seeded random choices: the same seed gives the same choices on every machine. */

/** A source of choices. {@link createRandom} */
export type Random = ReturnType<typeof createRandom>;

/** Mulberry32, a 32-bit generator: small, fast and good enough for samples; never for secrets. */
export function createRandom(seed: number) {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bf03635) >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  /** A whole number from 0 to `limit - 1`. */
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    /** One of the given values. Throws a RangeError for an empty list. */
    pick<Value>(values: readonly Value[]): Value {
      const value = values[below(values.length)];
      if (value === undefined) throw new RangeError("nothing to pick from");
      return value;
    },
    /** True once in `times` on average. */
    onceIn: (times: number) => below(times) === 0,
  };
}
