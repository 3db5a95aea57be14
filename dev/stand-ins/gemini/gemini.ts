/**
 * A stand-in of the Gemini API (v1beta): real HTTP, Google's paths, checks, words and response bodies. It answers from
 * the marks in the pictures that are sent. Other pictures go to a reader on this machine, if there is one, and the answer names
 * that reader; what nobody here can read or compare is answered so.
 */
import { setTimeout as delay } from "node:timers/promises";
import type * as z from "zod/mini";
import { GEMINI_ERRORS, geminiJson, undescribedModel } from "./errors.ts";
import { geminiRuleSchema, replyWith } from "./faults.ts";
import { answerTo, kindOf, numbersOf, type GeminiKind } from "./readings.ts";
import { checkKey, readRequest, type GenerateRequest, type Schema } from "./request.ts";
import { LOCAL_READER, type LocalReader } from "../local-reader/local-reader.ts";
import { readMarks, UnreadableImageError } from "../../samples/marks.ts";
import { describeImage } from "../log.ts";
import { refuse, type HttpReply } from "../reply.ts";
import { createScript } from "../script.ts";
import { createStandInServer, type Call } from "../server.ts";

/** A rule of a script for this stand-in. */
export type GeminiRule = z.infer<typeof geminiRuleSchema>;

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
  const script = createScript(geminiRuleSchema);

  async function answer(call: Call): Promise<HttpReply> {
    const [, name, verb] = /^\/(?:v1beta|v1)\/models\/([^/:]+)(?::(\w+))?$/.exec(call.path) ?? [];
    if (name === undefined) return GEMINI_ERRORS.notFoundPage;
    checkKey(call, apiKey);
    if (call.method === "GET" && verb === undefined) return name === model ? describe(model) : undescribedModel(name);
    if (call.method !== "POST" || verb !== "generateContent") return GEMINI_ERRORS.notFoundPage;
    return generate(call);
  }

  async function generate(call: Call): Promise<HttpReply> {
    const request = readRequest(call, { model, maxBodyBytes });
    const kind = kindOf(request);
    call.log.kind = kind;
    call.log.images = request.images.map(describeImage);
    const readings = await Promise.all(request.images.map(readMarks)).catch((error: unknown) => {
      if (error instanceof UnreadableImageError) refuse(GEMINI_ERRORS.unprocessableImage);
      throw error;
    });
    call.log.numbers = numbersOf(kind, readings);
    const isMarked = readings.every(({ marks }) => marks.length > 0);
    const value = (isMarked ? undefined : await readHere(kind, request)) ?? answerTo(kind, readings);
    await delay(latencyMs, undefined, { signal: call.signal });
    return replyWith(await script.faultFor(call), {
      model: isMarked ? model : LOCAL_READER,
      request,
      say: (edit = (genuine) => genuine) => JSON.stringify(shapedBy(request.schema, edit(value)), null, 2),
    });
  }

  async function readHere(kind: GeminiKind, { images: [first] }: GenerateRequest): Promise<object | undefined> {
    if (first === undefined) return undefined;
    if (kind === "passport") return reader?.readPassport(first);
    return kind === "mrz" ? reader?.readMrz(first) : undefined;
  }

  return createStandInServer({ port, maxBodyBytes, script, answer });
}

/** The part of `value` that a schema asks for, its properties in the schema's order. */
function shapedBy(schema: Schema | undefined, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => shapedBy(schema?.items, item));
  if (typeof value !== "object" || value === null || schema?.properties === undefined) return value;
  const given = new Map(Object.entries(value));
  return Object.fromEntries(
    Object.entries(schema.properties)
      .filter(([name]) => given.has(name))
      .map(([name, property]) => [name, shapedBy(property, given.get(name))]),
  );
}

const describe = (model: string) =>
  geminiJson(200, {
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
