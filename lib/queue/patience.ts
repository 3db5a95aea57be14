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
  let timer: NodeJS.Timeout | undefined;
  const askAgain = async (error: unknown) => {
    if (error instanceof QueueUnavailableError) throw error;
    await delay(RECONNECT_MS);
    if (timer === undefined) throw error;
    return ask();
  };
  const patience = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      timer = undefined;
      reject(new QueueUnavailableError("Redis did not answer in time"));
    }, patienceMs);
  });
  try {
    return await Promise.race([ask().catch(askAgain), patience]);
  } catch (error) {
    if (error instanceof QueueUnavailableError) throw error;
    throw new QueueUnavailableError("Redis refused or could not be reached", { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
