/** Programs that misbehave because of a module that is imported before them. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const importing = (name: string) => ({
  NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, name)).href}`,
});

/** The variables of a program whose clock is wrong by this much. */
export const clockSkewedBy = (skewMs: number) => ({
  ...importing("skewed-clock.ts"),
  CLOCK_SKEW_MS: String(skewMs),
});

/** The variables of a program whose event loop is blocked for this long whenever it gets SIGUSR2. */
export const blockedOnSignal = (blockMs: number) => ({
  ...importing("blocked-loop.ts"),
  BLOCK_LOOP_MS: String(blockMs),
});
