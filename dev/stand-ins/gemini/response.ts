/** GenerateContentResponse bodies: candidates, why they ended, and what they cost in tokens. */
import { hash, randomBytes } from "node:crypto";
import { geminiJson } from "./errors.ts";
import type { GenerateRequest } from "./request.ts";
import { LOCAL_READER } from "../local-reader/local-reader.ts";
import type { HttpReply } from "../reply.ts";

/** What the model says. Without `text` the candidate has no content; with an empty one its content has no parts. */
export interface Candidate {
  readonly text?: string | undefined;
  readonly finishReason: string;
}

/** Tokens of one image by its media resolution, as Google publishes them for Gemini 3. */
const IMAGE_TOKENS: Readonly<Record<string, number>> = {
  MEDIA_RESOLUTION_LOW: 280,
  MEDIA_RESOLUTION_MEDIUM: 560,
  MEDIA_RESOLUTION_HIGH: 1120,
};

/** Tokens of thinking by level: not published, of the order that is seen for a task of this size. */
const THINKING_TOKENS: Readonly<Record<string, number>> = { MINIMAL: 0, LOW: 160, MEDIUM: 560, HIGH: 1240 };
const CHARACTERS_PER_TOKEN = 4;

/** A complete answer; it is cut off where thinking and text together exceed the request's `maxOutputTokens`. */
export function completeAnswer(request: GenerateRequest, text: string): Candidate {
  const textTokens = (request.maxOutputTokens ?? Infinity) - thinkingTokens(request);
  if (tokensIn(text) <= textTokens) return { text, finishReason: "STOP" };
  const kept = text.slice(0, Math.max(0, textTokens) * CHARACTERS_PER_TOKEN);
  return { text: kept, finishReason: "MAX_TOKENS" };
}

/** HTTP 200 with one candidate. */
export function answered(request: GenerateRequest, model: string, candidate: Candidate, { showThought = false } = {}) {
  const { text, finishReason } = candidate;
  const thought = showThought ? [{ text: "**Looking at the picture**\n\nI copy what is printed.", thought: true }] : [];
  const parts = [...thought, ...(text ? [{ text, thoughtSignature: hash("sha256", text, "base64") }] : [])];
  const content = text === undefined ? {} : { content: { ...(parts.length > 0 && { parts }), role: "model" } };
  return respond(model, {
    candidates: [{ ...content, finishReason, index: 0 }],
    usageMetadata: usage(request, model, text ?? ""),
  });
}

/** HTTP 200 without a candidate, because the prompt itself was blocked. */
export function promptBlocked(request: GenerateRequest, model: string, blockReason: string): HttpReply {
  const categories = ["HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT"];
  const safetyRatings = categories.map((category, index) => ({
    category: `HARM_CATEGORY_${category}`,
    probability: index === 0 ? "HIGH" : "NEGLIGIBLE",
  }));
  const promptTokenCount = promptTokens(request).total;
  return respond(model, {
    promptFeedback: { blockReason, ...(blockReason === "SAFETY" && { safetyRatings }) },
    usageMetadata: { promptTokenCount, totalTokenCount: promptTokenCount },
  });
}

const respond = (model: string, body: object) =>
  geminiJson(200, { ...body, modelVersion: model, responseId: randomBytes(16).toString("base64url") });

/** What the answer cost. A reader on this machine charges nothing. */
function usage(request: GenerateRequest, model: string, text: string) {
  if (model === LOCAL_READER) return { promptTokenCount: 0, totalTokenCount: 0 };
  const prompt = promptTokens(request);
  const candidatesTokenCount = tokensIn(text);
  const thoughtsTokenCount = Math.min(thinkingTokens(request), request.maxOutputTokens ?? Infinity);
  return {
    promptTokenCount: prompt.total,
    ...(candidatesTokenCount > 0 && { candidatesTokenCount }),
    totalTokenCount: prompt.total + candidatesTokenCount + thoughtsTokenCount,
    promptTokensDetails: [
      { modality: "TEXT", tokenCount: prompt.text },
      ...(prompt.images > 0 ? [{ modality: "IMAGE", tokenCount: prompt.images }] : []),
    ],
    ...(thoughtsTokenCount > 0 && { thoughtsTokenCount }),
  };
}

function promptTokens({ text, images, mediaResolution }: GenerateRequest) {
  const ofImages = images.length * (IMAGE_TOKENS[mediaResolution ?? "MEDIA_RESOLUTION_HIGH"] ?? 0);
  return { text: tokensIn(text), images: ofImages, total: tokensIn(text) + ofImages };
}

/** Left alone, Gemini 3 thinks as much as it likes. */
const thinkingTokens = ({ thinkingLevel }: GenerateRequest) => THINKING_TOKENS[thinkingLevel ?? "HIGH"] ?? 0;

const tokensIn = (text: string) => Math.ceil(text.length / CHARACTERS_PER_TOKEN);
