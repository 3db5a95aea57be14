/** What a call to the vision model cost. */
import * as z from "zod/mini";

export const usageSchema = z.object({
  model: z.string(),
  inputTokens: z.number(),
  /** Thinking included, as it is billed. */
  outputTokens: z.number(),
  durationMs: z.number(),
  /** Why the answer was of no use, or what it led to, as a reason's code; absent where it was used. */
  outcome: z.optional(z.string()),
});

export type Usage = z.infer<typeof usageSchema>;

/** A call as results list it; `purpose` is `passport`, `mrz`, `stamp` or `face_match`. */
export const callSchema = z.extend(usageSchema, { purpose: z.string() });

export type Call = z.infer<typeof callSchema>;

/** The two prices of the configuration, in whatever currency they are; none by default, lest a figure is invented. */
export interface Prices {
  readonly GEMINI_PRICE_INPUT_PER_MILLION?: number | undefined;
  readonly GEMINI_PRICE_OUTPUT_PER_MILLION?: number | undefined;
}

/** What tokens cost, in the prices' currency; `undefined` where a price is not set. */
export function costOf(
  { inputTokens, outputTokens }: Pick<Usage, "inputTokens" | "outputTokens">,
  { GEMINI_PRICE_INPUT_PER_MILLION: input, GEMINI_PRICE_OUTPUT_PER_MILLION: output }: Prices,
): number | undefined {
  if (input === undefined || output === undefined) return undefined;
  return (inputTokens * input + outputTokens * output) / 1_000_000;
}
