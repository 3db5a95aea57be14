/**
 * The ledger of provider calls. The clients write into it, and a run of a job collects its calls, failed ones included.
 * The clients know nothing of jobs, so an `AsyncLocalStorage` carries the ledger.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import * as z from "zod/mini";
import { reasonOf } from "../errors.ts";
import { inSpan } from "./tracing.ts";

const tokensSchema = z.object({
  model: z.string(),
  inputTokens: z.number(),
  /** Includes thinking tokens, as the bill does. */
  outputTokens: z.number(),
});

export const callSchema = z.object({
  /** `storage`, `gemini` or `compreface`. */
  provider: z.string(),
  /** A picture's role, `mrz` or `face_match`. */
  purpose: z.string(),
  /** `answered`, a reason's code, or `aborted`. */
  outcome: z.string(),
  durationMs: z.number(),
  /** The tokens that the vision model charges for; absent if it charges nothing. */
  tokens: z.optional(tokensSchema),
});

/** A call to a provider that has ended. */
export type Call = z.infer<typeof callSchema>;
export type Tokens = z.infer<typeof tokensSchema>;

type Sink = (call: Call) => void;

const sinks = new AsyncLocalStorage<Sink>();

/** Runs some work and reports each of its calls to `sink` and to the collectors around it. */
export function collectCalls<T>(sink: Sink, work: () => Promise<T>): Promise<T> {
  const outer = sinks.getStore();
  const both = (call: Call) => {
    sink(call);
    outer?.(call);
  };
  return sinks.run(both, work);
}

/** Makes a call and enters it into the ledger. `ask` reports the tokens as soon as an answer has cost any. */
export async function recordCall<T>(
  { provider, purpose }: Pick<Call, "provider" | "purpose">,
  ask: (paid: (tokens: Tokens) => void) => Promise<T>,
): Promise<T> {
  const startedAt = performance.now();
  let tokens: Tokens | undefined;
  const enter = (outcome: string) => {
    const durationMs = Math.round(performance.now() - startedAt);
    sinks.getStore()?.({ provider, purpose, outcome, durationMs, ...(tokens && { tokens }) });
  };
  const span = { name: `call ${provider}`, kind: "client", attributes: { provider } } as const;
  try {
    const answer = await inSpan(
      span,
      () => ask((charged) => void (tokens = charged)),
      () => ({ outcome: "answered" }),
    );
    enter("answered");
    return answer;
  } catch (error) {
    enter(reasonOf(error) ?? "aborted");
    throw error;
  }
}

/** The two prices of the configuration, in any currency. There is no default: a cost is never invented. */
export interface Prices {
  readonly GEMINI_PRICE_INPUT_PER_MILLION?: number | undefined;
  readonly GEMINI_PRICE_OUTPUT_PER_MILLION?: number | undefined;
}

/** The cost of tokens, in the prices' currency; `undefined` if a price is not set. */
export function costOf(
  { inputTokens, outputTokens }: Pick<Tokens, "inputTokens" | "outputTokens">,
  { GEMINI_PRICE_INPUT_PER_MILLION: input, GEMINI_PRICE_OUTPUT_PER_MILLION: output }: Prices,
): number | undefined {
  if (input === undefined || output === undefined) return undefined;
  return (inputTokens * input + outputTokens * output) / 1_000_000;
}
