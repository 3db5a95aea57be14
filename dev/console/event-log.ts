/** What happened to a record as lines of text, for the page. No I/O. */
import type { Dated } from "./happenings.ts";

/** Lists all that happened, the first event first, each with the milliseconds since that one. */
export function listEvents(happenings: readonly Dated[]) {
  const first = happenings[0]?.at ?? 0;
  return happenings.map((one) => ({ afterMs: one.at - first, from: sourceOf(one), text: textOf(one) }));
}

function sourceOf({ kind }: Dated): string {
  if (kind === "queue") return "queue";
  if (kind === "log") return "worker";
  return kind === "answered" ? "API" : "console";
}

function textOf(one: Dated): string {
  switch (one.kind) {
    case "uploaded":
      return `uploaded ${one.image}, ${Math.ceil(one.bytes / 1_024)} kB`;
    case "in_review":
      return "record set to in_review";
    case "answered":
      return `HTTP ${one.status} ${JSON.stringify(one.body)}`;
    case "queue":
      return one.reason === undefined ? one.state : `${one.state}: ${one.reason}`;
    case "trouble":
      return one.message;
    case "log": {
      const { msg, step, durationMs, reason, status, attempt, retryAfterMs } = one.line;
      const facts = { step, reason, status, attempt, ms: durationMs, retryAfterMs };
      const shown = Object.entries(facts).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
      return [msg, ...shown].join(" ");
    }
  }
}
