/** What happened to a record as lines of text, for the page. No I/O. */
import type { Dated } from "./happenings.ts";

/** Lists all that happened, the first event first, each with the milliseconds since that one. */
export function listEvents(happenings: readonly Dated[]) {
  const first = happenings[0]?.at ?? 0;
  return happenings.map((one) => ({ afterMs: one.at - first, ...describe(one) }));
}

function describe(one: Dated): { from: string; text: string } {
  switch (one.kind) {
    case "uploaded":
      return { from: "console", text: `uploaded ${one.image}, ${Math.ceil(one.bytes / 1_024)} kB` };
    case "in_review":
      return { from: "console", text: "record set to in_review" };
    case "answered":
      return { from: "API", text: `HTTP ${one.status} ${JSON.stringify(one.body)}` };
    case "queue":
      return { from: "queue", text: one.reason === undefined ? one.state : `${one.state}: ${one.reason}` };
    case "trouble":
      return { from: "console", text: one.message };
    case "log": {
      const { msg, step, durationMs, reason, status, attempt, retryAfterMs } = one.line;
      const facts = { step, reason, status, attempt, ms: durationMs, retryAfterMs };
      const shown = Object.entries(facts).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
      return { from: "worker", text: [msg, ...shown].join(" ") };
    }
  }
}
