/** What the providers were asked, as their stand-ins have logged it. */
import type { Stage } from "./stage.ts";

/** A call that was answered as it should be costs money, whether its answer was of use or not. */
export interface Paid {
  /** Answers, by kind of call. */
  readonly answered: Readonly<Record<string, number>>;
  /** Calls whose caller went away before the answer: a provider may charge for those as well. */
  readonly abandoned: number;
}

/** Counts the calls from this one on. */
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
