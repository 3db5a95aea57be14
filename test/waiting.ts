/** Waiting in tests: for what comes when it comes, and for what has to come in time. */
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";

const PATIENCE_MS = 20_000;
const PAUSE_MS = 20;

/** Resolves once the condition holds; fails where it does not for 20 s. */
export async function eventually(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, `not within ${PATIENCE_MS / 1000} s: ${what}`);
    await delay(PAUSE_MS);
  }
}

/**
 * Fails where a promise is still pending after this many milliseconds. A machine that stalls does no harm: timers fire in
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
