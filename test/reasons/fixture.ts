/** What a fixture is: a situation, run through the service's own code, and the reasons that it produces. */
import { FinalError, RateLimitError, TransientError } from "../../lib/errors.ts";
import type { ReasonCode } from "../../lib/reasons.ts";
import type { Providers } from "./providers.ts";

/** Runs a situation and returns the codes that it produced. */
export type Fixture = (providers: Providers) => Promise<readonly string[]> | readonly string[];

/** Fixtures by the code that each must produce. */
export type Fixtures<Code extends ReasonCode = ReasonCode> = Readonly<Record<Code, Fixture>>;

/** The reason that work fails with. Rejects if the work succeeds, or fails without one. */
export async function reasonOf(work: Promise<unknown>): Promise<readonly string[]> {
  const error: unknown = await work.then(
    () => new Error("the work succeeded"),
    (failure: unknown) => failure,
  );
  const known = [FinalError, TransientError, RateLimitError].find((kind) => error instanceof kind);
  if (known === undefined || !(error instanceof known)) throw error;
  return [error.reason];
}
