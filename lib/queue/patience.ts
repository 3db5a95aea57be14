/** Limits how long a caller waits for Redis, and retries once after a failure. */
import { setTimeout as delay } from "node:timers/promises";
import { QueueUnavailableError } from "../errors.ts";

/** About as long as it takes to replace a connection. */
const RECONNECT_MS = 100;

/**
 * Asks Redis, and asks once more if that fails: a dead connection fails only when it is used. `ask` must be safe to
 * repeat.
 *
 * @throws {QueueUnavailableError} if Redis refuses twice or does not answer within `patienceMs`.
 */
export async function withinPatience<T>(patienceMs: number, ask: () => Promise<T>): Promise<T> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  let isOver = false;
  // A plain timer: every request starts one, and cancelling a timer with an AbortSignal costs more than the command
  // itself.
  const timer = setTimeout(() => {
    isOver = true;
    reject(new QueueUnavailableError("Redis did not answer in time"));
  }, patienceMs);
  try {
    return await Promise.race([askTwice(ask, () => isOver), tooLate]);
  } catch (cause) {
    if (cause instanceof QueueUnavailableError) throw cause;
    throw new QueueUnavailableError("Redis refused or could not be reached", { cause });
  } finally {
    clearTimeout(timer);
  }
}

async function askTwice<T>(ask: () => Promise<T>, isOver: () => boolean): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    await delay(RECONNECT_MS);
    // The caller already got an error, so stop: a command sent now would still take effect.
    if (isOver()) throw error;
    return ask();
  }
}
