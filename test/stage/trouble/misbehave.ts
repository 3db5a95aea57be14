/** Variables that make a program misbehave: they import a module before it. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const importing = (name: string) => ({
  NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, name)).href}`,
});

/** The variables for a program whose clock is wrong by this much. */
export const clockSkewedBy = (skewMs: number) => ({
  ...importing("skewed-clock.ts"),
  CLOCK_SKEW_MS: String(skewMs),
});

/** The variables for a program whose event loop blocks for this long at each SIGUSR2. */
export const blockedOnSignal = (blockMs: number) => ({
  ...importing("blocked-loop.ts"),
  BLOCK_LOOP_MS: String(blockMs),
});
