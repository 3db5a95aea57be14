/**
 * Gemini, asked for JSON about pictures. The only file that knows `@google/generative-ai`.
 *
 * The SDK is a thin and no longer developed wrapper around one POST, with traps that are avoided here: it loses the kind of
 * network errors, its own timeout keeps the process alive, it ignores a signal that was aborted before the call, and it
 * returns partial or empty text for most ways in which an answer can end early.
 */
import {
  FinishReason,
  GoogleGenerativeAI,
  GoogleGenerativeAIFetchError,
  type EnhancedGenerateContentResponse,
} from "@google/generative-ai";
import * as z from "zod/mini";
import { asPaid, FinalError, RateLimitError, TransientError } from "../../errors.ts";
import { BLOCK_REASONS, ERROR_REASONS, FINISH_REASONS, knownName } from "./names.ts";
import { toGeminiSchema } from "./schema.ts";
import type { Picture } from "../../images/images.ts";
import type { Usage } from "../usage.ts";

/** There are four schemas, and converting one takes longer than all else that a request needs of this process. */
const responseSchemas = new WeakMap<z.ZodMiniType, ReturnType<typeof toGeminiSchema>>();

function responseSchemaOf(schema: z.ZodMiniType) {
  const converted = responseSchemas.get(schema) ?? toGeminiSchema(schema);
  responseSchemas.set(schema, converted);
  return converted;
}

interface GeminiOptions {
  readonly apiKey: string;
  readonly model: string;
  readonly baseUrl: string;
  /** For one request, from its first to its last byte. */
  readonly timeoutMs: number;
}

interface Question<T> {
  readonly prompt: string;
  readonly pictures: readonly Picture[];
  readonly schema: z.ZodMiniType<T>;
}

/** Opens a client of the Gemini API. */
export function createGemini({ apiKey, model, baseUrl, timeoutMs }: GeminiOptions) {
  const client = new GoogleGenerativeAI(apiKey);

  async function request<T>({ prompt, pictures, schema }: Question<T>, signal: AbortSignal) {
    // Fields that the SDK's types do not know yet pass through to the API.
    const generationConfig = {
      responseMimeType: "application/json",
      responseSchema: responseSchemaOf(schema),
      thinkingConfig: { thinkingLevel: "low" },
      mediaResolution: "MEDIA_RESOLUTION_HIGH",
      maxOutputTokens: 8_192,
    };
    const images = pictures.map(({ jpeg }) => ({
      inlineData: { mimeType: "image/jpeg", data: jpeg.toString("base64") },
    }));
    const generative = client.getGenerativeModel({ model, generationConfig }, { baseUrl: baseUrl.replace(/\/+$/, "") });
    const { response } = await generative.generateContent([{ text: prompt }, ...images], { signal });
    return response;
  }

  return {
    /** The model's name, as configured. */
    model,

    /**
     * Asks about pictures and returns the reply, parsed with `schema`.
     *
     * @throws {RateLimitError} on HTTP 429, with the delay that Gemini names.
     * @throws {FinalError} where asking again cannot help: a refusal, a wrong key or model, an exhausted daily quota.
     * @throws {TransientError} where asking again may help.
     *
     * The errors know what an answer has cost that is of no use.
     */
    async ask<T>(question: Question<T>, signal: AbortSignal): Promise<{ value: T; usage: Usage }> {
      signal.throwIfAborted();
      const startedAt = performance.now();
      const patience = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      let usage: Usage | undefined;
      try {
        const response = await request(question, patience);
        usage = { model, ...tokensOf(response), durationMs: Math.round(performance.now() - startedAt) };
        return { value: parseReply(readText(response), question.schema), usage };
      } catch (error) {
        signal.throwIfAborted();
        throw asPaid(translate(error, patience.aborted), usage);
      }
    },
  };
}

export type Gemini = ReturnType<typeof createGemini>;

const REFUSALS: ReadonlySet<string> = new Set<string>([
  FinishReason.SAFETY,
  FinishReason.RECITATION,
  FinishReason.BLOCKLIST,
  FinishReason.PROHIBITED_CONTENT,
  FinishReason.SPII,
  "IMAGE_SAFETY",
  "IMAGE_PROHIBITED_CONTENT",
]);

/** The text of a reply that is complete; the SDK's `text()` also returns what was cut off. */
function readText(response: EnhancedGenerateContentResponse): string {
  const [candidate] = response.candidates ?? [];
  const blockReason = response.promptFeedback?.blockReason ?? undefined;
  const finishReason = candidate?.finishReason ?? undefined;
  if (blockReason !== undefined || (finishReason !== undefined && REFUSALS.has(finishReason))) {
    throw new FinalError("Gemini refused to process the picture", "ocr_refused", {
      facts: {
        finishReason: knownName(finishReason, FINISH_REASONS),
        blockReason: knownName(blockReason, BLOCK_REASONS),
      },
    });
  }
  if (finishReason !== undefined && finishReason !== FinishReason.STOP) {
    throw badOutput("cut off", { finishReason: knownName(finishReason, FINISH_REASONS) });
  }
  const parts = candidate?.content?.parts ?? [];
  return parts
    .filter((part) => !("thought" in part && part.thought === true))
    .map((part) => part.text ?? "")
    .join("");
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

/** In plain steps: a pattern would backtrack for years over the empty space that a model can write without end. */
function stripFence(text: string): string {
  const isFenced = text.length >= 6 && text.startsWith("```") && text.endsWith("```");
  return isFenced
    ? text
        .slice(3, -3)
        .replace(/^[a-z]+/i, "")
        .trim()
    : text;
}

function badOutput(cause: string, facts: Record<string, string | null> = {}): TransientError {
  return new TransientError(`Gemini's answer was ${cause}`, "ocr_bad_output", { facts: { cause, ...facts } });
}

/** What is not counted in numbers is not counted: an answer that was paid for is worth more than its bill. */
function tokensOf({ usageMetadata }: EnhancedGenerateContentResponse) {
  const { promptTokenCount: inputTokens = 0, totalTokenCount = inputTokens } = tokenCounts.parse(usageMetadata);
  return { inputTokens, outputTokens: Math.max(0, totalTokenCount - inputTokens) };
}

function translate(error: unknown, timedOut: boolean): Error {
  if (error instanceof FinalError || error instanceof TransientError) return error;
  if (error instanceof GoogleGenerativeAIFetchError && error.status !== undefined)
    return translateStatus(error, error.status);
  if (error instanceof SyntaxError) return badOutput("not JSON");
  // The SDK's own, over an answer of another form; a connection that breaks in the body has a cause.
  if (error instanceof TypeError && error.cause === undefined) return badOutput("not of the asked form");
  return unavailable({ cause: timedOut ? "timeout" : "connection" });
}

const unavailable = (facts: Record<string, string | number>) =>
  new TransientError("Gemini did not answer as it should", "ocr_unavailable", { facts });

/** Statuses below 500 that another attempt may mend; 409 is `ABORTED`, and 499 `CANCELLED`. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 409, 421, 425, 499]);

function translateStatus({ errorDetails, message }: GoogleGenerativeAIFetchError, status: number): Error {
  const details = detailsSchema.parse(Array.isArray(errorDetails) ? errorDetails.slice(0, MAX_DETAILS) : []);
  const said = wordsOf(message, status);
  if (status === 429) return translateRateLimit(details, said);
  if (status >= 500 || PASSING_STATUSES.has(status)) return unavailable({ status });
  const reason = details.map((detail) => detail.reason).find((code) => code !== undefined);
  const facts = { status, reason: knownName(reason, ERROR_REASONS) };
  // Google words a picture that it cannot process as an argument error without a reason; all else is our configuration.
  return status === 400 && reason === undefined && /\bimage\b/i.test(said)
    ? new FinalError("Gemini could not process the picture", "ocr_refused", { facts })
    : new FinalError(`Gemini refused the request (HTTP ${status})`, "ocr_misconfigured", { facts });
}

/** Google's longest error has two kilobytes and four details; the rest of an endless one is not looked at. */
const MAX_WORDS_CHARACTERS = 16 * 1_024;
const MAX_DETAILS = 20;

/**
 * Google's message and details; nothing where a body is not Google's JSON. The SDK puts the URL and the status before them,
 * and a model's name in the URL may say `image`, too.
 */
function wordsOf(message: string, status: number): string {
  const start = message.indexOf("] ", message.indexOf(`: [${status} `)) + 2;
  return message.slice(start, start + MAX_WORDS_CHARACTERS);
}

const optional = <T>(schema: z.ZodMiniType<T>) => z.catch(z.optional(schema), undefined);
/** A hundred times what a model can take in: what is more is no count. */
const count = optional(z.int().check(z.gte(0), z.lte(100_000_000)));
const tokenCounts = z.catch(z.object({ promptTokenCount: count, totalTokenCount: count }), {});

/** Google's `google.rpc.Status` details, whatever stands in their place. */
const detailsSchema = z.catch(
  z.array(z.catch(z.object({ reason: optional(z.string()), retryDelay: optional(z.string()) }), {})),
  [],
);

type ErrorDetails = z.infer<typeof detailsSchema>;

/** Without a named delay, a limit for each minute has passed after one. */
const DEFAULT_RETRY_AFTER_MS = 60_000;

function translateRateLimit(details: ErrorDetails, said: string): Error {
  // A daily quota also names a short delay, which is misleading: it is renewed at midnight, Pacific time.
  if (said.includes("PerDay")) {
    return new FinalError("Gemini's daily quota is used up", "ocr_quota_exhausted", { facts: { status: 429 } });
  }
  const delay = details.map(({ retryDelay }) => retryDelay).find((value) => value !== undefined);
  const inMessage = /retry in ([0-9.]{1,24}(?:ms|s))/i.exec(said)?.[1];
  return new RateLimitError(parseDelayMs(delay) ?? parseDelayMs(inMessage) ?? DEFAULT_RETRY_AFTER_MS);
}

/**
 * Milliseconds of a delay such as `44s`, `0.539477544s` or `900.2ms`, rounded up; `undefined` where it is none. A protobuf
 * Duration has at most twelve digits before the point and nine behind it.
 */
export function parseDelayMs(delay: unknown): number | undefined {
  const [, amount, unit] = /^(\d{1,12}(?:\.\d{1,9})?)(ms|s)$/.exec(typeof delay === "string" ? delay : "") ?? [];
  return amount === undefined ? undefined : Math.ceil(Number(amount) * (unit === "s" ? 1_000 : 1));
}
