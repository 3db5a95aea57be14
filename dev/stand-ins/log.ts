/** What a stand-in logs of the calls that it got: enough to count, time and compare them, without the pictures. */
import { hash } from "node:crypto";

/** A picture that came with a call. */
interface LoggedImage {
  readonly sha256: string;
  readonly bytes: number;
}

/** One call. An `open` call has no answer yet. The caller of an `aborted` one left, or a fault reset it. */
export interface LoggedCall {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly method: string;
  readonly path: string;
  kind: string;
  /** The numbers of the marks in its pictures, which a script's rules match. */
  numbers: readonly number[];
  images: readonly LoggedImage[];
  /** The key of an object, which a script's rules match. */
  key?: string;
  /** The scripted fault that answered it. */
  fault: string | null;
  status: number | null;
  outcome: "open" | "finished" | "aborted";
  durationMs: number | null;
  /** Set when the stand-in itself failed. */
  failure?: string;
}

/** The entry of a call that has just begun. */
export function openEntry(method: string, path: string): LoggedCall {
  return {
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
}

/** What the log keeps of a picture. */
export function describeImage(bytes: Uint8Array): LoggedImage {
  return { sha256: hash("sha256", bytes), bytes: bytes.length };
}
