/** What the stand-ins remember of the calls they got: enough to count, time and compare them, and no picture. */
import { createHash } from "node:crypto";

/** A picture that came with a call. */
interface LoggedImage {
  readonly sha256: string;
  readonly bytes: number;
}

/** One call. `open` is a call without an answer yet; `aborted` one whose caller left, or that was reset on purpose. */
export interface LoggedCall {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly method: string;
  readonly path: string;
  kind: string;
  /** The numbers in the marks that make out the call: see the stand-in's rules. */
  numbers: readonly number[];
  images: readonly LoggedImage[];
  /** The scripted fault that answered it. */
  fault: string | null;
  status: number | null;
  outcome: "open" | "finished" | "aborted";
  durationMs: number | null;
  /** Set when the stand-in itself failed. */
  failure?: string;
}

/** Load tests run for hours; older calls are forgotten. */
const MAX_CALLS = 20_000;

/** A log of calls, the oldest first. */
export function createCallLog() {
  const calls: LoggedCall[] = [];
  const startedAt = new WeakMap<LoggedCall, number>();
  return {
    calls,
    open(method: string, path: string): LoggedCall {
      const call: LoggedCall = {
        at: new Date().toISOString(),
        method,
        path,
        kind: "other",
        numbers: [],
        images: [],
        fault: null,
        status: null,
        outcome: "open",
        durationMs: null,
      };
      calls.push(call);
      if (calls.length > MAX_CALLS) calls.shift();
      startedAt.set(call, performance.now());
      return call;
    },
    close(call: LoggedCall, finished: boolean): void {
      call.outcome = finished ? "finished" : "aborted";
      call.durationMs = Math.round(performance.now() - (startedAt.get(call) ?? performance.now()));
    },
  };
}

/** What the log keeps of a picture. */
export function describeImage(bytes: Uint8Array): LoggedImage {
  return { sha256: createHash("sha256").update(bytes).digest("hex"), bytes: bytes.length };
}
