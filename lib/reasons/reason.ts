/** The form of a reason in the catalogue. */

/** Says who can do what about a reason: see the catalogue. */
export const REASON_CLASSES = ["retake", "review", "final", "system"] as const;
export type ReasonClass = (typeof REASON_CLASSES)[number];

/** One reason. `{image}` in its texts stands for what the picture shows. */
export interface Reason {
  readonly class: ReasonClass;
  /** For the operator: what happened. */
  readonly operator: string;
  /** For the person: what to do. */
  readonly person: string;
}

/** The text for a person when the service or a provider failed. */
export const TRY_AGAIN_LATER =
  "We could not finish the check. This is not your fault: please submit your pictures again later.";
