/**
 * Waiting in tests: for what comes when it comes, and for what has to come in time. Patience is counted in polls, not by a
 * clock: on a loaded machine a poll takes longer, and so does what is waited for. A clock only bounds the whole, so that a
 * poll that is slow in itself does not wait for an hour.
 */
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";

/** The limit by the clock, in multiples of the patience: no loaded machine is that slow. */
const SLOWEST = 10;

/** Resolves once the condition holds; fails if it does not hold in time. */
export async function eventually(
  what: string,
  holds: () => Promise<boolean> | boolean,
  { timeoutMs = 20_000, everyMs = 10 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<void> {
  const startedAt = performance.now();
  for (let waitedMs = 0; !(await holds()); waitedMs += everyMs) {
    assert.ok(waitedMs <= timeoutMs, `not after ${timeoutMs / 1_000} s of polls: ${what}`);
    const elapsedMs = performance.now() - startedAt;
    assert.ok(elapsedMs <= SLOWEST * timeoutMs, `not after ${Math.round(elapsedMs / 1_000)} s: ${what}`);
    await delay(everyMs);
  }
}

/**
 * Fails if a promise is still pending after this many milliseconds. A machine that stalls does no harm: timers fire in
 * the order in which they are due, so what a shorter timer settles is settled before this one fires.
 */
export async function settledWithin<T>(limitMs: number, promise: Promise<T>): Promise<T> {
  const abort = new AbortController();
  const limit = delay(limitMs, undefined, { signal: abort.signal }).then(() =>
    assert.fail(`still pending after ${limitMs} ms`),
  );
  try {
    return await Promise.race([promise, limit]);
  } finally {
    abort.abort();
    limit.catch(() => {});
  }
}
