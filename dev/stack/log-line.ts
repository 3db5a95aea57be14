/** Log lines for the terminal: how a submission ended, and what is wrong. The log file has all lines. */
import * as z from "zod/mini";

const lineSchema = z.object({
  level: z.string(),
  time: z.string(),
  msg: z.string(),
  kycId: z.optional(z.number()),
  status: z.optional(z.string()),
  reason: z.optional(z.string()),
});

/** What else becomes of a submission, in the words of the API and the worker. */
const ENDINGS = new Set([
  "queued",
  "nothing to do: the record has been decided",
  "a later submission takes this one's place",
]);

/** The line as a person reads it; `undefined` if nobody has to read it. */
export function readable(source: string, printed: string): string | undefined {
  const line = parseLine(printed, lineSchema);
  // Lines that are not JSON come from serverless offline. Only its errors matter.
  if (line === undefined) return /\w*error\b|exception/i.test(printed) ? `${source}: ${printed.trim()}` : undefined;
  const what = line.kycId === undefined ? source : `record ${line.kycId}`;
  const text = describe(line);
  return text === undefined ? undefined : `${new Date(line.time).toLocaleTimeString("en-GB")}  ${what}: ${text}`;
}

function describe({ level, msg, status, reason }: z.infer<typeof lineSchema>): string | undefined {
  if (ENDINGS.has(msg)) return msg;
  const why = reason ? ` (${reason})` : "";
  if (msg === "verdict") return `${status}${why}`;
  return level === "info" || level === "debug" ? undefined : `${level}: ${msg}${why}`;
}

/** A log line in JSON; `undefined` if it is not JSON, or not of this form. */
export function parseLine<Line>(text: string, schema: z.ZodMiniType<Line>): Line | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
