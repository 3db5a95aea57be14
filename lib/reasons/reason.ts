/** What a reason of the catalogue is. */

/** Who can do what about it: see the catalogue. */
export const REASON_CLASSES = ["retake", "review", "final", "system"] as const;
export type ReasonClass = (typeof REASON_CLASSES)[number];

/** One reason: `{image}` in its texts stands for what the picture shows. */
export interface Reason {
  readonly class: ReasonClass;
  /** For the operator: what happened. */
  readonly operator: string;
  /** For the person: what to do. */
  readonly person: string;
}

/** What a person can do about trouble that is not theirs. */
export const TRY_AGAIN_LATER =
  "We could not finish the check. This is not your fault: please submit your pictures again later.";
