/** What the terminal shows of a log line: what became of a submission, and what is wrong. The rest is in the log file. */
import * as z from "zod/mini";

const lineSchema = z.object({
  level: z.string(),
  time: z.string(),
  msg: z.string(),
  kycId: z.optional(z.number()),
  status: z.optional(z.string()),
  reason: z.optional(z.string()),
  outcome: z.optional(z.string()),
});

type Line = z.infer<typeof lineSchema>;

/** The line as a person reads it; `undefined` where nobody has to read it. */
export function readable(source: string, text: string): string | undefined {
  const line = lineSchema.safeParse(parseJson(text)).data;
  // What is not JSON is from serverless offline: it says much, and matters only where it fails.
  if (line === undefined) return /\w*error\b|exception/i.test(text) ? `${source}: ${text.trim()}` : undefined;
  const what = line.kycId === undefined ? source : `record ${line.kycId}`;
  const told = describe(line);
  return told === undefined ? undefined : `${new Date(line.time).toLocaleTimeString("en-GB")}  ${what}: ${told}`;
}

function describe({ level, msg, status, reason, outcome }: Line): string | undefined {
  if (msg === "queued") return "queued";
  if (msg === "verdict") return `${status}${reason ? ` (${reason})` : ""}${outcome === "saved" ? "" : `, ${outcome}`}`;
  if (level !== "info" && level !== "debug") return `${level}: ${msg}${reason ? ` (${reason})` : ""}`;
  return undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
