/**
 * A stand-in of the Gemini API (v1beta): real HTTP, Google's paths, checks, words and response bodies. It answers from
 * the marks in the pictures that are sent. Other pictures go to a reader on this machine, if there is one, and the answer names
 * that reader; what nobody here can read or compare is answered so.
 */
import { setTimeout as delay } from "node:timers/promises";
import { GEMINI_ERRORS, geminiError, geminiJson } from "./errors.ts";
import { geminiFaultSchema, replyWith, type GeminiFault } from "./faults.ts";
import { answerTo, GEMINI_KINDS, kindOf, numbersOf, seeAll, type GeminiKind } from "./readings.ts";
import { checkKey, readRequest, type GenerateRequest } from "./request.ts";
import { shapedBy } from "./shape.ts";
import { LOCAL_READER, type LocalReader } from "../local-reader/local-reader.ts";
import { UnreadableImageError } from "../../samples/marks.ts";
import { describeImage } from "../log.ts";
import type { FaultFor, Rule } from "../script.ts";
import { RefusalError, type HttpReply, type Reply } from "../reply.ts";
import { createStandInServer, type Call } from "../server.ts";

/** A rule of a script for this stand-in. */
export type GeminiRule = Rule<GeminiKind, GeminiFault>;

interface GeminiServerOptions {
  /** The only key that is let in. */
  readonly apiKey: string;
  /** The only model that exists, such as `gemini-3-flash-preview`. */
  readonly model: string;
  /** Reads pictures without sample marks. */
  readonly reader?: LocalReader;
  /** Any free one by default. */
  readonly port?: number | undefined;
  /** How long an answer takes; errors of the front end come at once. */
  readonly latencyMs?: number | undefined;
  /** Longer requests are refused; for years Google's limit was 20 MiB. */
  readonly maxBodyBytes?: number;
}

export type GeminiServer = Awaited<ReturnType<typeof createGeminiServer>>;

/** Starts the stand-in and returns once it takes connections. Its `url` is what the SDK calls the base URL. */
export async function createGeminiServer(options: GeminiServerOptions) {
  const { apiKey, model, reader, port, latencyMs = 400, maxBodyBytes = 20 * 1024 * 1024 } = options;

  async function answer(call: Call, faultFor: FaultFor<GeminiKind, GeminiFault>): Promise<Reply> {
    const [, version, name, verb] = /^\/(v1beta|v1)\/models\/([^/:]+)(?::(\w+))?$/.exec(call.path) ?? [];
    if (version === undefined || name === undefined) return GEMINI_ERRORS.notFoundPage;
    checkKey(call, apiKey);
    if (call.method === "GET" && verb === undefined) return describeModel(name, model);
    if (call.method !== "POST" || verb !== "generateContent") return GEMINI_ERRORS.notFoundPage;
    return generate(call, faultFor);
  }

  async function generate(call: Call, faultFor: FaultFor<GeminiKind, GeminiFault>): Promise<Reply> {
    const request = readRequest(call, { model, maxBodyBytes });
    const kind = kindOf(request);
    call.log.kind = kind;
    call.log.images = request.images.map(describeImage);
    const readings = await see(request);
    call.log.numbers = numbersOf(kind, readings);
    const isMarked = readings.every(({ marks }) => marks.length > 0);
    const value = (isMarked ? undefined : await readHere(kind, request)) ?? answerTo(kind, readings);
    const say = (edit: (value: unknown) => unknown) => JSON.stringify(shapedBy(request.schema, edit(value)), null, 2);
    await delay(latencyMs, undefined, { signal: call.signal });
    return replyWith((await faultFor(call, kind)) ?? { fault: "genuine" }, {
      model: isMarked ? model : LOCAL_READER,
      request,
      say,
    });
  }

  async function readHere(kind: GeminiKind, { images: [first] }: GenerateRequest): Promise<object | undefined> {
    if (first === undefined) return undefined;
    if (kind === "passport") return reader?.readPassport(first);
    return kind === "mrz" ? reader?.readMrz(first) : undefined;
  }

  const kinds = GEMINI_KINDS;
  return createStandInServer({ port, maxBodyBytes, kinds, faultSchema: geminiFaultSchema, answer });
}

async function see(request: GenerateRequest) {
  try {
    return await seeAll(request);
  } catch (error) {
    if (error instanceof UnreadableImageError) throw new RefusalError(GEMINI_ERRORS.unprocessableImage);
    throw error;
  }
}

function describeModel(name: string, model: string): HttpReply {
  if (name !== model) {
    return geminiError(404, "NOT_FOUND", `Model is not found: models/${name} for api version v1beta`);
  }
  return geminiJson(200, {
    name: `models/${model}`,
    version: model,
    displayName: model,
    description: "A stand-in that reads sample pictures.",
    inputTokenLimit: 1_048_576,
    outputTokenLimit: 65_536,
    supportedGenerationMethods: ["generateContent"],
    temperature: 1,
    topP: 0.95,
    topK: 64,
    maxTemperature: 2,
    thinking: true,
  });
}
