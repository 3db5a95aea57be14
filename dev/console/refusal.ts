/** What the API said when it refused a request: its own words, for the page. No I/O. */
import * as z from "zod/mini";
import type { Dated } from "./happenings.ts";

const bodySchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    fields: z.optional(z.array(z.object({ path: z.string(), message: z.string() }))),
  }),
});

/** A refusal, as the API worded it. */
export interface Refusal {
  readonly status: number;
  /** Empty where the answer was not the API's. */
  readonly code: string;
  readonly message: string;
  readonly fields: readonly { readonly path: string; readonly message: string }[];
}

/** Reads an answer; `undefined` where it is no refusal. */
export function readRefusal(one: Dated): Refusal | undefined {
  if (one.kind !== "answered" || one.status === 202) return undefined;
  const { error } = bodySchema.safeParse(one.body).data ?? { error: { code: "", message: "", fields: [] } };
  return { status: one.status, code: error.code, message: error.message, fields: error.fields ?? [] };
}
