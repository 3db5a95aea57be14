/** Counts paid calls in the logs of the providers' stand-ins. */
import type { Stage } from "../stage.ts";

/** Calls that may cost money. A provider charges for an answer even if it was useless. */
export interface Paid {
  /** The number of answers, by kind of call. */
  readonly answered: Readonly<Record<string, number>>;
  /** Calls whose caller disconnected before the answer: a provider may charge for these too. */
  readonly abandoned: number;
}

/** Counts the calls that the stand-ins have logged. */
export function countPaid({ gemini, compreface }: Pick<Stage, "gemini" | "compreface">): Paid {
  const calls = [...gemini.requests, ...compreface.requests].filter(
    ({ kind, fault }) => kind !== "page" && kind !== "probe" && (fault === null || fault === "genuine"),
  );
  const answered: Record<string, number> = {};
  for (const { kind } of calls.filter(({ outcome, status }) => outcome === "finished" && status === 200)) {
    answered[kind] = (answered[kind] ?? 0) + 1;
  }
  return { answered, abandoned: calls.filter(({ outcome }) => outcome === "aborted").length };
}
