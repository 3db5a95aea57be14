/** What the API said when it refused a request: its own words, for the page. No I/O. */
import * as z from "zod/mini";
import type { Dated } from "./happenings.ts";

const errorSchema = z.object({
  code: z.string(),
  message: z.string(),
  fields: z._default(z.array(z.object({ path: z.string(), message: z.string() })), []),
});
const bodySchema = z.catch(z.object({ error: errorSchema }), { error: { code: "", message: "", fields: [] } });

/** A refusal, as the API worded it. */
export type Refusal = NonNullable<ReturnType<typeof readRefusal>>;

/** Reads an answer; `undefined` where it is no refusal. Code and message are empty where the answer was not the API's. */
export function readRefusal(one: Dated) {
  if (one.kind !== "answered" || one.status === 202) return undefined;
  return { status: one.status, ...bodySchema.parse(one.body).error };
}
