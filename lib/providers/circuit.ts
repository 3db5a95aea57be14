/**
 * A circuit breaker around a provider. When the last calls have all failed, it makes no call for a while. Then one call
 * at a time probes the provider. Meanwhile jobs wait and do not use up their attempts.
 */
import { circuitBreaker, CircuitState, ConsecutiveBreaker, handleWhen, isBrokenCircuitError } from "cockatiel";
import { FinalError, ProviderDownError, RateLimitError, TransientError } from "../errors.ts";
import type { ReasonCode } from "../reasons.ts";

/** High enough that one job can use up its attempts: if only one job fails, the job is the cause, not the provider. */
const FAILURES_TO_OPEN = 20;
/** How long the circuit stays open between two probes, in milliseconds. */
export const PROBE_EVERY_MS = 5_000;

interface CircuitOptions {
  /** The reasons that count as an outage. The first one is thrown while the circuit is open. */
  readonly outages: readonly [ReasonCode, ...ReasonCode[]];
  /** How long a job waits for the provider, counted from its submission. */
  readonly patienceMs: number;
  readonly onChange: (state: "open" | "closed") => void;
  readonly failuresToOpen?: number;
  readonly probeEveryMs?: number;
}

/** Puts a provider behind a circuit breaker. */
export function createCircuit({
  outages,
  patienceMs,
  onChange,
  failuresToOpen = FAILURES_TO_OPEN,
  probeEveryMs = PROBE_EVERY_MS,
}: CircuitOptions) {
  const isOutage = (error: unknown) => error instanceof TransientError && outages.includes(error.reason);
  const policy = circuitBreaker(
    // A probe that was aborted, for example at shutdown, proves nothing: the circuit stays open.
    handleWhen((error) => isOutage(error) || policy.state === CircuitState.HalfOpen),
    { halfOpenAfter: probeEveryMs, breaker: new ConsecutiveBreaker(failuresToOpen) },
  );
  let openedAt = 0;
  policy.onBreak(() => {
    openedAt = Date.now();
    onChange("open");
  });
  policy.onReset(() => onChange("closed"));

  const down = () => new ProviderDownError(outages[0], patienceMs);

  function check(): void {
    const waits = policy.state === CircuitState.Open && Date.now() - openedAt < probeEveryMs;
    if (waits || policy.state === CircuitState.HalfOpen) throw down();
  }

  return {
    /** Throws {@link ProviderDownError} while the circuit is open. */
    check,

    /** Calls the provider. Throws {@link ProviderDownError} while the circuit is open, and if this call opens it. */
    async run<T>(work: () => Promise<T>): Promise<T> {
      check();
      try {
        const outcome = await policy.execute(() =>
          work().then(
            (value) => ({ value }),
            (error: unknown) => ({ refusal: asAnswer(error, isOutage) }),
          ),
        );
        if ("value" in outcome) return outcome.value;
        throw outcome.refusal;
      } catch (error) {
        const isOpen = policy.state !== CircuitState.Closed && isOutage(error);
        throw isOpen || isBrokenCircuitError(error) ? down() : error;
      }
    },
  };
}

/** Returns an error that proves that the provider is up; throws any other error. */
function asAnswer(error: unknown, isOutage: (error: unknown) => boolean): Error {
  const answered = [FinalError, RateLimitError, TransientError].some((known) => error instanceof known);
  if (error instanceof Error && answered && !isOutage(error)) return error;
  throw error;
}
