/**
 * The one catalogue of everything that can be wrong with a verification; the entries are in `lib/reasons/`.
 *
 * Checks in a result name their reasons with these codes, and a failed result's `failureCode` is one of them. `{image}` in
 * a text is replaced by what the picture shows: see {@link describeReason}.
 */
import { DOCUMENT_REASONS } from "./reasons/document.ts";
import { FACE_AND_STAMP_REASONS } from "./reasons/faces.ts";
import { MACHINERY_REASONS } from "./reasons/machinery.ts";
import { PICTURE_REASONS } from "./reasons/pictures.ts";
import type { Reason } from "./reasons/reason.ts";

/** The pictures a submission may carry. */
export const IMAGE_ROLES = ["passport", "selfie", "stamp"] as const;
export type ImageRole = (typeof IMAGE_ROLES)[number];

/** All reasons by code, in the order of the guide. */
export const REASONS = {
  ...PICTURE_REASONS,
  ...DOCUMENT_REASONS,
  ...FACE_AND_STAMP_REASONS,
  ...MACHINERY_REASONS,
} as const;

export type ReasonCode = keyof typeof REASONS;

/** Whether a text is a code of the catalogue. */
export const isReasonCode = (code: string): code is ReasonCode => Object.hasOwn(REASONS, code);

const IMAGE_NAMES: Record<ImageRole, string> = { passport: "passport", selfie: "selfie", stamp: "stamp page" };

/** The class and the two texts of a reason, with `{image}` filled in. */
export function describeReason(code: ReasonCode, image: ImageRole = "passport"): Reason {
  const reason = REASONS[code];
  const fill = (text: string) => text.replaceAll("{image}", IMAGE_NAMES[image]);
  return { class: reason.class, operator: fill(reason.operator), person: fill(reason.person) };
}
