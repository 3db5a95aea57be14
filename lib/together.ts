/** Runs branches of work side by side. The first final failure aborts the others. */
import { FinalError, ProviderDownError, RateLimitError } from "./errors.ts";

type Task<T> = (signal: AbortSignal) => Promise<T>;

/**
 * Runs three tasks side by side and waits for all of them to end. A {@link FinalError} aborts the others; after any
 * other failure they may finish, because their answers are kept for the next attempt.
 *
 * @throws the most decisive failure: a final one, then a rate limit or a provider that is down, then the first other
 * one.
 */
export async function together<A, B, C>(signal: AbortSignal, a: Task<A>, b: Task<B>, c: Task<C>): Promise<[A, B, C]> {
  const siblings = new AbortController();
  const joint = AbortSignal.any([signal, siblings.signal]);

  const start = async <T>(task: Task<T>): Promise<T> => {
    try {
      return await task(joint);
    } catch (error) {
      if (error instanceof FinalError) siblings.abort();
      throw error;
    }
  };

  const branches = [start(a), start(b), start(c)] as const;
  const settled = await Promise.allSettled(branches);
  const failures = settled.filter((result) => result.status === "rejected").map(({ reason }): unknown => reason);
  if (failures.length > 0) throw mostDecisive(failures);
  return Promise.all(branches);
}

function mostDecisive(failures: readonly unknown[]): unknown {
  return (
    failures.find((failure) => failure instanceof FinalError) ??
    failures.find((failure) => failure instanceof RateLimitError || failure instanceof ProviderDownError) ??
    failures[0]
  );
}
