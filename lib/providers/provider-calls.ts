/**
 * The calls to providers that a run of a job has made, each with its time. They are collected beside the work rather than
 * handed through it: the clients know nothing of jobs, and a call that failed counts like one that was answered.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import * as z from "zod/mini";

export const providerCallSchema = z.object({
  /** `storage`, `gemini` or `compreface`. */
  provider: z.string(),
  /** `answered`, a reason's code, or `aborted`. */
  outcome: z.string(),
  durationMs: z.number(),
});

export type ProviderCall = z.infer<typeof providerCallSchema>;

const collectors = new AsyncLocalStorage<ProviderCall[]>();

/** Does some work, and collects in `calls` what calls it makes. */
export const collectCalls = <T>(calls: ProviderCall[], work: () => Promise<T>): Promise<T> =>
  collectors.run(calls, work);

/** Tells whoever collects of a call that has ended. */
export const tellCall = (call: ProviderCall): void => void collectors.getStore()?.push(call);
