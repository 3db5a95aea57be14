/** The faults that a script can make the stand-in of CompreFace answer with. */
import * as z from "zod/mini";
import { BROKEN, type HttpReply, type Reply } from "../reply.ts";
import { isNamed, namedFaults } from "../script.ts";
import { API_ERRORS, badExtension, GATEWAY_ERRORS, missingPart, unknownKey } from "./errors.ts";
import type { DetectedFace } from "./faces.ts";
import type { FaceRequest } from "./request.ts";

/** The API's errors that name something of the request. */
const REQUEST_ERRORS = {
  unknownKey: ({ key }) => unknownKey(key),
  missingPart: () => missingPart("source_image"),
  badExtension: () => badExtension("blob"),
} as const satisfies Record<string, (request: FaceRequest) => HttpReply>;

/** The schema of a fault; `genuine` answers as usual, which is of use with a rule's `delayMs`. */
export const comprefaceFaultSchema = z.union([
  namedFaults(GATEWAY_ERRORS),
  namedFaults(BROKEN),
  namedFaults(API_ERRORS),
  namedFaults(REQUEST_ERRORS),
  z.strictObject({ fault: z.literal("genuine") }),
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

export type ComprefaceFault = z.infer<typeof comprefaceFaultSchema>;

/** Whether a fault is in front of the API: such a fault answers any call that nginx passes on. */
export const isGatewayFault = ({ fault }: ComprefaceFault) => isNamed(GATEWAY_ERRORS, fault) || isNamed(BROKEN, fault);

/** What comes of the API's answer under a fault in front of it. */
export function gatewayReply(fault: ComprefaceFault | undefined, answer: HttpReply): Reply {
  if (fault === undefined) return answer;
  if (isNamed(GATEWAY_ERRORS, fault.fault)) return GATEWAY_ERRORS[fault.fault];
  return isNamed(BROKEN, fault.fault) ? BROKEN[fault.fault](answer) : answer;
}

/** The error that a fault makes the API answer a call with that would otherwise reach the core. */
export function apiReply(fault: ComprefaceFault | undefined, request: FaceRequest): HttpReply | undefined {
  if (fault === undefined) return undefined;
  if (isNamed(API_ERRORS, fault.fault)) return API_ERRORS[fault.fault];
  return isNamed(REQUEST_ERRORS, fault.fault) ? REQUEST_ERRORS[fault.fault](request) : undefined;
}

/** Adds strangers to the faces found in a picture, in the order of their sizes. */
export function withStrangers(
  fault: ComprefaceFault | undefined,
  image: "source" | "target",
  faces: readonly DetectedFace[],
): readonly DetectedFace[] {
  const [likeness] = faces;
  if (fault?.fault !== "strangers" || fault.image !== image || likeness === undefined) return faces;
  const { left, top, right, bottom } = likeness.box;
  const scaled = (length: number) => Math.round(length * (fault.size === "larger" ? 1.2 : 0.5));
  const box = { left, top, right: left + scaled(right - left), bottom: top + scaled(bottom - top) };
  const strangers = Array.from({ length: fault.count }, (_, index) => {
    return { ...likeness, box, identity: { person: -1 - index } };
  });
  return fault.size === "larger" ? [...strangers, ...faces] : [...faces, ...strangers];
}
