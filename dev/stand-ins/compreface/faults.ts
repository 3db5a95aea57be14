/** The faults that a script can make the stand-in of CompreFace answer with. */
import * as z from "zod/mini";
import { API_ERRORS, badExtension, GATEWAY_ERRORS, missingPart, unknownKey } from "./errors.ts";
import type { DetectedFace } from "./faces.ts";
import type { FaceRequest } from "./request.ts";
import type { HttpReply, Reply } from "../server.ts";

const API_FAULTS = [
  "missingKey",
  "badKey",
  "badBase64",
  "noFace",
  "manyFacesInSource",
  "negativeLimit",
  "badParameter",
  "unsupportedMediaType",
  "coreUnreachable",
  "coreConnectTimeout",
  "coreReadTimeout",
  "coreRaised",
  "coreStatusMissing",
  "unexpected",
] as const satisfies readonly (keyof typeof API_ERRORS)[];
const GATEWAY_FAULTS = [
  "bodyTooLarge",
  "badGateway",
  "gatewayTimeout",
] as const satisfies readonly (keyof typeof GATEWAY_ERRORS)[];

/** Faults of what stands before the API: they answer any call that nginx passes on, whatever is wrong with it. */
const gatewayFaultSchema = z.discriminatedUnion("fault", [
  z.strictObject({ fault: z.enum(GATEWAY_FAULTS) }),
  z.strictObject({ fault: z.enum(["hang", "hangMidBody", "endlessBody", "reset", "resetMidBody", "truncatedJson"]) }),
]);

/** Faults of the API: they answer only calls to verify and detect that would otherwise reach the core. */
const apiFaultSchema = z.discriminatedUnion("fault", [
  z.strictObject({ fault: z.enum(API_FAULTS) }),
  z.strictObject({ fault: z.enum(["unknownKey", "missingPart", "badExtension"]) }),
]);

/** Changes to what the core finds. */
const faceFaultSchema = z.discriminatedUnion("fault", [
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

/** The schema of a fault; `genuine` answers as usual, which is of use with a rule's `delayMs`. */
export const comprefaceFaultSchema = z.union([
  gatewayFaultSchema,
  apiFaultSchema,
  faceFaultSchema,
  z.strictObject({ fault: z.literal("genuine") }),
]);

type GatewayFault = z.infer<typeof gatewayFaultSchema>;
type ApiFault = z.infer<typeof apiFaultSchema>;
export type ComprefaceFault = z.infer<typeof comprefaceFaultSchema>;

/** Whether a fault is one of what stands before the API. */
export function isGatewayFault(fault: ComprefaceFault): fault is GatewayFault {
  return gatewayFaultSchema.safeParse(fault).success;
}

/** Whether a fault is one of the API itself. */
export function isApiFault(fault: ComprefaceFault): fault is ApiFault {
  return apiFaultSchema.safeParse(fault).success;
}

/** What comes instead of the answer that the API would give, or what is left of it. */
export function gatewayReply({ fault }: GatewayFault, answer: HttpReply): Reply {
  switch (fault) {
    case "hang":
    case "reset":
      return fault;
    case "hangMidBody":
      return { ...answer, afterHalf: "hang" };
    case "endlessBody":
      return { ...answer, afterHalf: "endless" };
    case "resetMidBody":
      return { ...answer, afterHalf: "reset" };
    case "truncatedJson":
      return { ...answer, body: answer.body.slice(0, answer.body.length / 2) };
    case "bodyTooLarge":
    case "badGateway":
    case "gatewayTimeout":
      return GATEWAY_ERRORS[fault];
  }
}

/** The answer of an API fault. */
export function apiReply({ fault }: ApiFault, { service, key }: FaceRequest): HttpReply {
  if (fault === "unknownKey") return unknownKey(service, key);
  if (fault === "missingPart") return missingPart("source_image");
  if (fault === "badExtension") return badExtension("blob");
  return API_ERRORS[fault];
}

/** Adds strangers to the faces found in a picture, in the order of their sizes. */
export function withStrangers(
  fault: ComprefaceFault | undefined,
  image: "source" | "target",
  faces: readonly DetectedFace[],
): readonly DetectedFace[] {
  if (fault?.fault !== "strangers" || fault.image !== image) return faces;
  const likeness = faces[0];
  if (likeness === undefined) return faces;
  const strangers = Array.from({ length: fault.count }, (_, index): DetectedFace => {
    const { left, top, right, bottom } = likeness.box;
    const scale = fault.size === "larger" ? 1.2 : 0.5;
    const box = {
      left,
      top,
      right: left + Math.round((right - left) * scale),
      bottom: top + Math.round((bottom - top) * scale),
    };
    return { ...likeness, box, identity: { person: -1 - index } };
  });
  return fault.size === "larger" ? [...strangers, ...faces] : [...faces, ...strangers];
}
