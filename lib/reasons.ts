/**
 * The catalogue of everything that can be wrong with a verification.
 *
 * Checks in a result name their reasons with these codes, and a failed result's `failureCode` is one of them. The class
 * of a reason says who can do what about it:
 *
 * - `retake`: the person can fix it with a better picture or the right document;
 * - `review`: a human should look; it is never the person's fault alone;
 * - `final`: another picture of the same document would not help;
 * - `system`: a fault of this service or a provider; the person is only asked to try again.
 *
 * `{image}` in a text is replaced by what the picture shows: see {@link describeReason}.
 */

import { DOCUMENT_REASONS } from "./reasons/document.ts";
import { SERVICE_REASONS } from "./reasons/service.ts";
import { PEOPLE_REASONS } from "./reasons/people.ts";
import { PICTURE_REASONS } from "./reasons/pictures.ts";
import type { Reason } from "./reasons/reason.ts";

/** The pictures a submission may carry. */
export const IMAGE_ROLES = ["passport", "selfie", "stamp"] as const;
export type ImageRole = (typeof IMAGE_ROLES)[number];

/** Every reason, by its code. */
export const REASONS = { ...PICTURE_REASONS, ...DOCUMENT_REASONS, ...PEOPLE_REASONS, ...SERVICE_REASONS } as const;

export type ReasonCode = keyof typeof REASONS;

/** Whether a text is a code of the catalogue. */
export const isReasonCode = (code: string): code is ReasonCode => Object.hasOwn(REASONS, code);

/** The codes of failures of this service or a provider, not of the person's pictures. */
export const SYSTEM_REASONS: readonly ReasonCode[] = Object.keys(REASONS)
  .filter(isReasonCode)
  .filter((code) => REASONS[code].class === "system");

const IMAGE_NAMES: Record<ImageRole, string> = { passport: "passport", selfie: "selfie", stamp: "stamp page" };

/** The class and the two texts of a reason, with `{image}` filled in. */
export function describeReason(code: ReasonCode, image: ImageRole = "passport"): Reason {
  const reason = REASONS[code];
  const fill = (text: string) => text.replaceAll("{image}", IMAGE_NAMES[image]);
  return { class: reason.class, operator: fill(reason.operator), person: fill(reason.person) };
}
