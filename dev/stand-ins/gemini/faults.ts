/** The faults that a script can make the stand-in of Gemini answer with. */
import * as z from "zod/mini";
import type { HttpReply } from "../reply.ts";
import { isNamed, namedFaults, ruleSchema } from "../script.ts";
import { GEMINI_ERRORS, geminiJson, invalidArgument, quotaExhausted, retiredModel } from "./errors.ts";
import { GEMINI_KINDS } from "./readings.ts";
import type { GenerateRequest } from "./request.ts";
import { answered, completeAnswer, promptBlocked } from "./response.ts";

const FINISH_REASONS =
  "STOP MAX_TOKENS SAFETY RECITATION LANGUAGE OTHER BLOCKLIST PROHIBITED_CONTENT SPII MALFORMED_FUNCTION_CALL IMAGE_SAFETY IMAGE_PROHIBITED_CONTENT";
const BLOCK_REASONS = "SAFETY OTHER BLOCKLIST PROHIBITED_CONTENT IMAGE_SAFETY";

const faultSchema = z.union([
  namedFaults(GEMINI_ERRORS),
  z.strictObject({ fault: z.enum(["modelRetired", "emptyObject"]) }),
  // 429. `delaySeconds` is the delay that the answer names; by default it names no delay.
  z.strictObject({ fault: z.enum(["quotaPerMinute", "quotaPerDay"]), delaySeconds: z.optional(z.number()) }),
  // A proxy in between sends the caller to another host.
  z.strictObject({ fault: z.literal("redirect"), location: z.string() }),
  // HTTP 200 without an answer, or with a part of one.
  z.strictObject({ fault: z.literal("blockedPrompt"), reason: z.enum(BLOCK_REASONS.split(" ")) }),
  // `empty` is a content without parts, `none` a candidate without content.
  z.strictObject({
    fault: z.literal("finish"),
    reason: z.enum(FINISH_REASONS.split(" ")),
    text: z.enum(["whole", "half", "empty", "none"]),
  }),
  // HTTP 200 with an answer in a wrapper, or another answer than the one asked for.
  z.strictObject({ fault: z.enum(["fenced", "thoughtPart"]) }),
  z.strictObject({ fault: z.literal("text"), text: z.string() }),
  // HTTP 200 with any body in the place of Google's.
  z.strictObject({ fault: z.literal("body"), body: z.string() }),
  // An older model: it refuses a request that names a thinking level, and answers any other.
  z.strictObject({ fault: z.literal("thinkingLevelUnknown") }),
  // The genuine answer with a JSON merge patch (RFC 7386) applied: a misreading.
  z.strictObject({ fault: z.literal("edit"), patch: z.unknown() }),
]);

/** The schema of a rule. */
export const geminiRuleSchema = ruleSchema(GEMINI_KINDS, faultSchema);

type GeminiFault = z.infer<typeof geminiRuleSchema>["answer"];

interface Answerable {
  readonly model: string;
  readonly request: GenerateRequest;
  /** The JSON of an answer, given an edit to the genuine one. */
  readonly say: (edit?: (value: unknown) => unknown) => string;
}

/** The reply to a request under a fault. */
export function replyWith(fault: GeminiFault, { model, request, say }: Answerable): HttpReply {
  if (isNamed(GEMINI_ERRORS, fault.fault)) return GEMINI_ERRORS[fault.fault];
  const complete = (text: string) => answered(request, model, completeAnswer(request, text));
  switch (fault.fault) {
    case "edit":
      return complete(say((value) => mergePatch(value, fault.patch)));
    case "text":
      return complete(fault.text);
    case "fenced":
      return complete(`\`\`\`json\n${say()}\n\`\`\``);
    case "thoughtPart":
      return answered(request, model, completeAnswer(request, say()), { showThought: true });
    case "finish": {
      const text = say();
      const kept = { whole: text, half: text.slice(0, text.length / 2), empty: "", none: undefined };
      return answered(request, model, { text: kept[fault.text], finishReason: fault.reason });
    }
    case "blockedPrompt":
      return promptBlocked(request, model, fault.reason);
    case "emptyObject":
      return geminiJson(200, {});
    case "body":
      return { ...geminiJson(200, {}), body: fault.body };
    case "redirect":
      return { status: 307, body: "", headers: { location: fault.location } };
    default:
      return errorWith(fault, model, request) ?? complete(say());
  }
}

/** The errors that say something of the request. */
function errorWith(fault: GeminiFault, model: string, { thinkingLevel }: GenerateRequest): HttpReply | undefined {
  if (fault.fault === "quotaPerMinute") return quotaExhausted(model, "Minute", fault.delaySeconds);
  if (fault.fault === "quotaPerDay") return quotaExhausted(model, "Day", fault.delaySeconds);
  if (fault.fault === "modelRetired") return retiredModel(model);
  if (fault.fault !== "thinkingLevelUnknown" || thinkingLevel === undefined) return undefined;
  return invalidArgument("Thinking level is not supported for this model.");
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
