/**
 * Asks Gemini about pictures and gets JSON back. Only this folder imports `@google/generative-ai`.
 *
 * The SDK is a thin wrapper around one POST and no longer developed. This code avoids its traps: it loses the kind of
 * network errors, its timeout keeps the process alive, it ignores a signal that was aborted before the call, and it
 * returns partial or empty text for most answers that end early.
 */
import { GoogleGenerativeAI } from "@google/generative-ai";
import type * as z from "zod/mini";
import { chargeOf, parseReply, readText } from "./answer.ts";
import { isAboutThinkingLevel, translate } from "./failure.ts";
import { toGeminiSchema } from "./schema.ts";
import type { Picture } from "../../images/images.ts";
import { recordCall } from "../../observe/calls.ts";

/** Keeps the converted schemas: converting one takes longer than the rest of this process's work for a request. */
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
  /** The timeout of one request, from its first to its last byte. */
  readonly timeoutMs: number;
}

interface Question<T> {
  /** The purpose in the ledger of calls: `passport`, `mrz`, `stamp` or `face_match`. */
  readonly purpose: string;
  readonly prompt: string;
  readonly pictures: readonly Picture[];
  readonly schema: z.ZodMiniType<T>;
}

/** Opens a client of the Gemini API. */
export function createGemini({ apiKey, model, baseUrl, timeoutMs }: GeminiOptions) {
  const client = new GoogleGenerativeAI(apiKey);

  let takesThinkingLevel = true;

  async function request<T>(question: Question<T>, signal: AbortSignal) {
    const asked = takesThinkingLevel;
    try {
      return await send(question, asked, signal);
    } catch (error) {
      if (!asked || !isAboutThinkingLevel(error)) throw error;
      takesThinkingLevel = false;
      return send(question, false, signal);
    }
  }

  async function send<T>({ prompt, pictures, schema }: Question<T>, withThinkingLevel: boolean, signal: AbortSignal) {
    // Fields that the SDK's types do not know yet pass through to the API.
    const generationConfig = {
      responseMimeType: "application/json",
      responseSchema: responseSchemaOf(schema),
      ...(withThinkingLevel && { thinkingConfig: { thinkingLevel: "low" } }),
      mediaResolution: "MEDIA_RESOLUTION_HIGH",
      maxOutputTokens: 8_192,
    };
    const images = pictures.map(({ jpeg }) => ({
      inlineData: {
        mimeType: "image/jpeg",
        // The SDK keeps its parameters until the answer. With a getter, it does not keep the base64 text too.
        get data() {
          return jpeg.toString("base64");
        },
      },
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
     * @throws {FinalError} if a retry cannot help: a refusal, a wrong key or model, a used-up quota or credit.
     * @throws {TransientError} if a retry may help.
     */
    async ask<T>(question: Question<T>, signal: AbortSignal): Promise<T> {
      signal.throwIfAborted();
      const patience = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      return recordCall({ provider: "gemini", purpose: question.purpose }, async (paid) => {
        try {
          const response = await request(question, patience);
          paid(chargeOf(response, model));
          return parseReply(readText(response), question.schema);
        } catch (error) {
          signal.throwIfAborted();
          throw translate(error, patience.aborted);
        }
      });
    },
  };
}

export type Gemini = ReturnType<typeof createGemini>;
