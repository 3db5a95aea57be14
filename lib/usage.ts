/** What a call to the vision model cost. */
import * as z from "zod/mini";

export const usageSchema = z.object({
  model: z.string(),
  inputTokens: z.number(),
  /** Thinking included, as it is billed. */
  outputTokens: z.number(),
  durationMs: z.number(),
});

export type Usage = z.infer<typeof usageSchema>;
