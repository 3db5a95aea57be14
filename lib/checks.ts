/** The checks that a result lists, each with its state and its reasons. */
import * as z from "zod/mini";
import { describeReason, IMAGE_ROLES, type ImageRole, type ReasonCode } from "./reasons.ts";
import { REASON_CLASSES } from "./reasons/reason.ts";

/** All checks. The result lists those that this service never does as `not_executed`. */
export const CHECK_NAMES = [
  "image_quality",
  "document_type",
  "mrz_check_digits",
  "second_reader",
  "printed_zone_against_mrz",
  "dates",
  "age",
  "state_rules",
  "face_match",
  "stamp",
  "liveness",
  "forgery",
  "sanctions",
  "chip",
] as const;

export const CHECK_STATES = ["passed", "failed", "warning", "not_executed"] as const;

const reasonSchema = z.object({
  /** A code of the catalogue of reasons. */
  code: z.string(),
  class: z.enum(REASON_CLASSES),
  image: z.enum(IMAGE_ROLES),
  /** The passport's field that the reason is about; `null` if it is about no field. */
  field: z.nullable(z.string()),
  /** For the operator: what was found. */
  message: z.string(),
  /** For the person: what to do. */
  personMessage: z.string(),
});

export const checkSchema = z.object({
  name: z.enum(CHECK_NAMES),
  state: z.enum(CHECK_STATES),
  reasons: z.array(reasonSchema),
});

export type Check = z.infer<typeof checkSchema>;

/** A check as the rules report it: with codes, before the texts of its reasons are added. */
export interface CheckFinding {
  readonly name: Check["name"];
  readonly state: Check["state"];
  readonly reasons: readonly { readonly code: ReasonCode; readonly image?: ImageRole; readonly field?: string }[];
}

/** Adds the class and the texts to each reason of a check. */
export function explainCheck({ name, state, reasons }: CheckFinding): Check {
  return {
    name,
    state,
    reasons: reasons.map(({ code, image = "passport", field = null }) => {
      const { class: reasonClass, operator, person } = describeReason(code, image);
      return { code, class: reasonClass, image, field, message: operator, personMessage: person };
    }),
  };
}
