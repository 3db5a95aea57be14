/** The faults that a script can make the stand-in of Gemini answer with. */
import * as z from "zod/mini";
import { GEMINI_ERRORS, geminiJson, quotaExhausted, quotaHelpOnly, retiredModel } from "./errors.ts";
import type { GenerateRequest } from "./request.ts";
import { answered, completeAnswer, promptBlocked } from "./response.ts";
import type { Reply } from "../server.ts";

const ERROR_FAULTS = [
  "invalidKey",
  "leakedKey",
  "permissionDenied",
  "locationUnsupported",
  "invalidArgument",
  "badImage",
  "unprocessableImage",
  "quotaBare",
  "internal",
  "highDemand",
  "overloaded",
  "deadlineExceeded",
  "badGateway",
] as const satisfies readonly (keyof typeof GEMINI_ERRORS)[];

const FINISH_REASONS = [
  "STOP",
  "MAX_TOKENS",
  "SAFETY",
  "RECITATION",
  "LANGUAGE",
  "OTHER",
  "BLOCKLIST",
  "PROHIBITED_CONTENT",
  "SPII",
  "MALFORMED_FUNCTION_CALL",
  "IMAGE_SAFETY",
  "IMAGE_PROHIBITED_CONTENT",
] as const;

const BLOCK_REASONS = ["SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY"] as const;

/** Errors that the API answers with, by their names in `GEMINI_ERRORS`. */
const errorFaultSchema = z.strictObject({ fault: z.enum(ERROR_FAULTS) });

/** What breaks the connection or the HTTP body. */
const brokenFaultSchema = z.strictObject({
  fault: z.enum(["hang", "hangMidBody", "endlessBody", "reset", "resetMidBody", "truncatedJson"]),
});

/** The schema of a fault; `genuine` answers as usual, which is of use with a rule's `delayMs`. */
export const geminiFaultSchema = z.discriminatedUnion("fault", [
  errorFaultSchema,
  z.strictObject({ fault: z.enum(["genuine", "quotaHelpOnly", "modelRetired"]) }),
  // 429 with the delay named in seconds, fractions included; without one, none is named.
  z.strictObject({ fault: z.enum(["quotaPerMinute", "quotaPerDay"]), delaySeconds: z.optional(z.number()) }),
  brokenFaultSchema,
  z.strictObject({ fault: z.literal("emptyObject") }),
  // What a proxy in between may say, and leads to somebody else.
  z.strictObject({ fault: z.literal("redirect"), location: z.string() }),
  // HTTP 200 that is no answer, or not a whole one.
  z.strictObject({ fault: z.literal("blockedPrompt"), reason: z.enum(BLOCK_REASONS) }),
  z.strictObject({
    fault: z.literal("finish"),
    reason: z.enum(FINISH_REASONS),
    // `empty` is a content without parts, `none` a candidate without content.
    text: z.enum(["whole", "half", "empty", "none"]),
  }),
  // HTTP 200 with an answer that is not what was asked for, or wrapped.
  z.strictObject({ fault: z.enum(["fenced", "thoughtPart"]) }),
  z.strictObject({ fault: z.literal("text"), text: z.string() }),
  // The genuine answer with a JSON merge patch (RFC 7386) applied: a misreading.
  z.strictObject({ fault: z.literal("edit"), patch: z.unknown() }),
]);

export type GeminiFault = z.infer<typeof geminiFaultSchema>;

function isErrorFault(fault: GeminiFault): fault is z.infer<typeof errorFaultSchema> {
  return errorFaultSchema.safeParse(fault).success;
}

function isBrokenFault(fault: GeminiFault): fault is z.infer<typeof brokenFaultSchema> {
  return brokenFaultSchema.safeParse(fault).success;
}

interface Answerable {
  readonly model: string;
  readonly request: GenerateRequest;
  /** The JSON of an answer, given an edit to the genuine one. */
  readonly say: (edit: (value: unknown) => unknown) => string;
}

/** The reply to a request under a fault; `undefined` is none. */
export function replyWith(fault: GeminiFault | undefined, { model, request, say }: Answerable): Reply {
  const genuine = () => say((value) => value);
  const complete = (text: string) => answered(request, model, completeAnswer(request, text));
  if (fault === undefined) return complete(genuine());
  if (isErrorFault(fault)) return GEMINI_ERRORS[fault.fault];
  if (isBrokenFault(fault)) return broken(fault, complete(genuine()));
  switch (fault.fault) {
    case "genuine":
      return complete(genuine());
    case "edit":
      return complete(say((value) => mergePatch(value, fault.patch)));
    case "text":
      return complete(fault.text);
    case "fenced":
      return complete(`\`\`\`json\n${genuine()}\n\`\`\``);
    case "thoughtPart":
      return answered(request, model, completeAnswer(request, genuine()), { showThought: true });
    case "finish":
      return answered(request, model, { text: part(genuine(), fault.text), finishReason: fault.reason });
    case "blockedPrompt":
      return promptBlocked(request, model, fault.reason);
    case "redirect":
      return { status: 307, contentType: undefined, body: "", headers: { location: fault.location } };
    case "emptyObject":
      return geminiJson(200, {});
    case "quotaPerMinute":
      return quotaExhausted({ model, per: "Minute", delaySeconds: fault.delaySeconds });
    case "quotaPerDay":
      return quotaExhausted({ model, per: "Day", delaySeconds: fault.delaySeconds });
    case "quotaHelpOnly":
      return quotaHelpOnly();
    case "modelRetired":
      return retiredModel(model);
  }
}

function part(text: string, kept: "whole" | "half" | "empty" | "none"): string | undefined {
  if (kept === "none") return undefined;
  if (kept === "empty") return "";
  return kept === "half" ? text.slice(0, text.length / 2) : text;
}

function broken({ fault }: z.infer<typeof brokenFaultSchema>, answer: ReturnType<typeof geminiJson>): Reply {
  switch (fault) {
    case "hang":
    case "reset":
      return fault;
    case "hangMidBody":
      return { ...answer, afterHalf: "hang" };
    case "resetMidBody":
      return { ...answer, afterHalf: "reset" };
    case "endlessBody":
      return { ...answer, afterHalf: "endless" };
    case "truncatedJson":
      return { ...answer, body: answer.body.slice(0, answer.body.length / 2) };
  }
}

/** RFC 7386. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), value));
  }
  return Object.fromEntries(merged);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
