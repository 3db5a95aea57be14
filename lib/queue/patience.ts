/** How long somebody waits for Redis, and the second try that a dead connection deserves. */
import { setTimeout as delay } from "node:timers/promises";
import { QueueUnavailableError } from "../errors.ts";

/** About as long as it takes to replace a connection. */
const RECONNECT_MS = 100;

/**
 * Asks Redis, and asks once more if that fails: a dead connection shows at its first use. Asking twice must be harmless.
 *
 * @throws {QueueUnavailableError} if Redis refuses twice or does not answer within `patienceMs`.
 */
export async function withinPatience<T>(patienceMs: number, ask: () => Promise<T>): Promise<T> {
  const over = new AbortController();
  const tooLate = delay(patienceMs, undefined, { signal: over.signal }).then(() => {
    throw new QueueUnavailableError("Redis did not answer in time");
  });
  const askTwice = () => ask().catch(() => delay(RECONNECT_MS, undefined, { signal: over.signal }).then(ask));
  try {
    return await Promise.race([askTwice(), tooLate]);
  } catch (cause) {
    if (cause instanceof QueueUnavailableError) throw cause;
    throw new QueueUnavailableError("Redis refused or could not be reached", { cause });
  } finally {
    over.abort();
    tooLate.catch(() => {});
  }
}
