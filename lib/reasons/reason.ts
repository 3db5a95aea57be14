/** What a reason consists of. */

export const REASON_CLASSES = ["retake", "review", "final", "system"] as const;
/**
 * Who can do what about a reason:
 *
 * - `retake`: the person can fix it with a better picture or the right document;
 * - `review`: a human should look; this alone is never the person's fault;
 * - `final`: another picture of the same document would not help;
 * - `system`: the fault of the service or of a provider; the person is only asked to try again.
 */
export type ReasonClass = (typeof REASON_CLASSES)[number];

/** An entry of the catalogue. */
export interface Reason {
  readonly class: ReasonClass;
  /** For the operator: what happened. */
  readonly operator: string;
  /** For the person: what to do. */
  readonly person: string;
}

/** What the person reads when the fault is not theirs. */
export const TRY_AGAIN_LATER =
  "We could not finish the check. This is not your fault: please submit your pictures again later.";
