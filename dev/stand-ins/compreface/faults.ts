/** The faults that a script can make the stand-in of CompreFace answer with. */
import * as z from "zod/mini";
import { BROKEN } from "../reply.ts";
import { isNamed, namedFaults, ruleSchema } from "../script.ts";
import { API_ERRORS, badExtension, GATEWAY_ERRORS, missingPart } from "./errors.ts";
import type { DetectedFace } from "./faces.ts";

/** Errors that the API answers a call with that would otherwise reach the core. */
export const API_FAULTS = {
  ...API_ERRORS,
  missingPart: missingPart("source_image"),
  badExtension: badExtension("blob"),
} as const;

const faultSchema = z.union([
  namedFaults(GATEWAY_ERRORS),
  namedFaults(API_FAULTS),
  // The API does not know the key that came with the call.
  z.strictObject({ fault: z.literal("unknownKey") }),
  // Strangers beside the people in a picture. `larger` ones stand in front: the first match is not the best then.
  z.strictObject({
    fault: z.literal("strangers"),
    image: z.enum(["source", "target"]),
    count: z.int().check(z.positive()),
    size: z.enum(["larger", "smaller"]),
  }),
  // What the largest target face is said to resemble the source.
  z.strictObject({ fault: z.literal("similarity"), value: z.number().check(z.gte(0), z.lte(1)) }),
]);

/** The schema of a rule: calls are to compare, or to ask for anything else behind nginx. */
export const comprefaceRuleSchema = ruleSchema(["verify", "probe"], faultSchema);

export type ComprefaceFault = z.infer<typeof comprefaceRuleSchema>["answer"];

/** Whether a fault is in front of the API: such a fault answers any call that nginx passes on. */
export const isGatewayFault = ({ fault }: ComprefaceFault) => isNamed(GATEWAY_ERRORS, fault) || isNamed(BROKEN, fault);

/** Adds strangers to the faces found in a picture, in the order of their sizes. */
export function withStrangers(
  fault: ComprefaceFault,
  image: "source" | "target",
  faces: readonly DetectedFace[],
): readonly DetectedFace[] {
  const [likeness] = faces;
  if (fault.fault !== "strangers" || fault.image !== image || likeness === undefined) return faces;
  const { left, top, right, bottom } = likeness.box;
  const scaled = (length: number) => Math.round(length * (fault.size === "larger" ? 1.2 : 0.5));
  const box = { left, top, right: left + scaled(right - left), bottom: top + scaled(bottom - top) };
  const strangers = Array.from({ length: fault.count }, (_, index) => {
    return { ...likeness, box, person: -1 - index, embedding: undefined };
  });
  return fault.size === "larger" ? [...strangers, ...faces] : [...faces, ...strangers];
}
