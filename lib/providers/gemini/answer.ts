/** Reads Gemini's answers: the reply, a refusal, and the tokens charged. */
import { FinishReason, type EnhancedGenerateContentResponse } from "@google/generative-ai";
import * as z from "zod/mini";
import { FinalError, TransientError } from "../../errors.ts";
import type { Tokens } from "../../observe/calls.ts";
import { BLOCK_REASONS, FINISH_REASONS, knownName } from "./names.ts";

/** Lasting refusals: Gemini would refuse the same picture again. */
const REFUSALS: ReadonlySet<string> = new Set<string>([
  FinishReason.SAFETY,
  FinishReason.BLOCKLIST,
  FinishReason.PROHIBITED_CONTENT,
  FinishReason.SPII,
  "IMAGE_SAFETY",
  "IMAGE_PROHIBITED_CONTENT",
]);

/** Refusals of one answer, not of the picture: another try may succeed. */
const PASSING_REFUSALS: ReadonlySet<string> = new Set<string>([
  FinishReason.RECITATION,
  FinishReason.OTHER,
  "IMAGE_RECITATION",
  "IMAGE_OTHER",
]);

/** Returns the text of a complete reply. The SDK's `text()` would also return a text that was cut off. */
export function readText(response: EnhancedGenerateContentResponse): string {
  const [candidate] = response.candidates ?? [];
  const finishReason = candidate?.finishReason ?? undefined;
  checkRefusal(response.promptFeedback?.blockReason ?? undefined, finishReason);
  if (finishReason !== undefined && finishReason !== FinishReason.STOP) {
    throw badOutput("cut off", { finishReason: knownName(finishReason, FINISH_REASONS) });
  }
  const parts = candidate?.content?.parts ?? [];
  return parts
    .filter((part) => !("thought" in part && part.thought === true))
    .map((part) => part.text ?? "")
    .join("");
}

/** Throws if the prompt or the answer was blocked. */
function checkRefusal(blockReason: string | undefined, finishReason: string | undefined): void {
  const reason = blockReason ?? finishReason;
  if (reason === undefined) return;
  const facts = {
    finishReason: knownName(finishReason, FINISH_REASONS),
    blockReason: knownName(blockReason, BLOCK_REASONS),
  };
  if (PASSING_REFUSALS.has(reason)) {
    throw new TransientError("Gemini did not answer this time", "ocr_refused", { facts });
  }
  if (blockReason !== undefined || REFUSALS.has(reason)) {
    throw new FinalError("Gemini refused to process the picture", "ocr_refused", { facts });
  }
}

/** Parses a reply as JSON, after any markdown code fence is stripped. Throws {@link TransientError}. */
export function parseReply<T>(text: string, schema: z.ZodMiniType<T>): T {
  const json = stripFence(text.trim());
  if (json === "") throw badOutput("empty");
  let reply: unknown;
  try {
    reply = JSON.parse(json);
  } catch {
    throw badOutput("not JSON");
  }
  const parsed = schema.safeParse(reply);
  if (!parsed.success) throw badOutput("not of the asked form", { path: parsed.error.issues[0]?.path.join(".") ?? "" });
  return parsed.data;
}

/** Uses no regular expression on the whole text: on megabytes of whitespace it would backtrack forever. */
function stripFence(text: string): string {
  const isFenced = text.length >= 6 && text.startsWith("```") && text.endsWith("```");
  return isFenced
    ? text
        .slice(3, -3)
        .replace(/^[a-z]+/i, "")
        .trim()
    : text;
}

/** The error for an answer that cannot be used. Another attempt may get a better one. */
export function badOutput(cause: string, facts: Record<string, string | null> = {}): TransientError {
  return new TransientError(`Gemini's answer was ${cause}`, "ocr_bad_output", { facts: { cause, ...facts } });
}

/** The tokens of an answer and its model: the name in the answer, or the requested one if the answer has no name. */
export function chargeOf(response: EnhancedGenerateContentResponse, asked: string): Tokens {
  const { modelVersion = asked, usageMetadata } = chargeSchema.parse(response);
  const { promptTokenCount: inputTokens = 0, totalTokenCount = inputTokens } = usageMetadata;
  return { model: modelVersion, inputTokens, outputTokens: Math.max(0, totalTokenCount - inputTokens) };
}

/** At most a hundred times a model's input limit. An invalid count is ignored, so that the answer can still be used. */
const count = z.catch(z.optional(z.int().check(z.gte(0), z.lte(100_000_000))), undefined);
const chargeSchema = z.catch(
  z.object({
    modelVersion: z.catch(z.optional(z.string().check(z.regex(/^[a-z0-9][a-z0-9.-]{0,63}$/))), undefined),
    usageMetadata: z.catch(z.object({ promptTokenCount: count, totalTokenCount: count }), {}),
  }),
  { usageMetadata: {} },
);
