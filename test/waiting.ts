/**
 * Waiting in tests: for what comes when it comes, and for what has to come in time. Patience is counted in polls, not by a
 * clock: on a loaded machine a poll takes longer, and so does what is waited for.
 */
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";

const POLLS = 1_000;
const PAUSE_MS = 20;

/** Resolves once the condition holds; fails where it does not hold for 20 s on a quiet machine. */
export async function eventually(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  for (let polls = 1; !(await holds()); polls++) {
    assert.ok(polls < POLLS, `not after ${POLLS} polls: ${what}`);
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
