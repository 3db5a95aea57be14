/**
 * A process with minimal stand-ins of the object storage, Gemini and CompreFace, for load tests. They have the
 * providers' paths and answers, count the bytes sent to them and wait for a fixed time, but do not read the pictures.
 * (The stand-ins in `dev/` read marks in every picture, which would cost more than the measured service.)
 */
import { readFile } from "node:fs/promises";
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { performance } from "node:perf_hooks";
import { listen } from "../../dev/servers/listen.ts";
import * as z from "zod/mini";
import { genuineReading, samplePassport } from "../../dev/samples/passports.ts";
import { stampReadingOf } from "../../dev/samples/stamps.ts";
import { startRateLimit } from "./rate-limit.ts";

const optionsSchema = z.object({
  /** Files by the role in their object keys: `.../passport.jpg`. */
  pictures: z.record(z.string(), z.string()),
  geminiMs: z.number(),
  comprefaceMs: z.number(),
  similarity: z.number(),
  /** The rate limit to Gemini, in bytes per second; without it, bare loopback. */
  geminiBytesPerSecond: z.optional(z.number()),
});

export type StandInOptions = z.infer<typeof optionsSchema>;

const options = optionsSchema.parse(JSON.parse(process.argv[2] ?? ""));
const pictures = new Map<string, Buffer>();
for (const [role, file] of Object.entries(options.pictures)) pictures.set(role, await readFile(file));

const counts = { uploadedBytes: 0, geminiCalls: 0, comprefaceCalls: 0, fetches: 0, comprefaceAnsweredAt: 0 };

/** The answers about a passport and a stamp in one object: each schema takes the fields that it knows. */
const reading = { ...stampReadingOf(1), ...genuineReading(samplePassport(1)) };
const GEMINI_ANSWER = Buffer.from(
  JSON.stringify({
    candidates: [
      { content: { parts: [{ text: JSON.stringify(reading) }], role: "model" }, finishReason: "STOP", index: 0 },
    ],
    usageMetadata: { promptTokenCount: 1_900, candidatesTokenCount: 500, totalTokenCount: 2_560 },
  }),
);
const COMPREFACE_ANSWER = Buffer.from(
  JSON.stringify({ result: [{ source_image_face: {}, face_matches: [{ similarity: options.similarity }] }] }),
);

function answerJson(response: ServerResponse, body: Buffer): void {
  response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
  response.end(body);
}

/** Counts a body's bytes without keeping them. Resolves at its end. */
async function swallow(request: IncomingMessage): Promise<void> {
  request.on("data", (chunk: Buffer) => {
    counts.uploadedBytes += chunk.length;
  });
  await once(request, "end");
}

const later = (ms: number, work: () => void) => void setTimeout(work, ms);

const serve = (answer: RequestListener) => listen(createServer({ keepAliveTimeout: 60_000 }, answer));

const storage = await serve((request, response) => {
  counts.fetches++;
  const role = /(\w+)\.jpg/.exec(request.url ?? "")?.[1] ?? "";
  const picture = pictures.get(role) ?? Buffer.of();
  response.writeHead(200, { "content-type": "image/jpeg", "content-length": picture.length });
  response.end(picture);
});

const gemini = await serve((request, response) => {
  counts.geminiCalls++;
  swallow(request).then(
    () => later(options.geminiMs, () => answerJson(response, GEMINI_ANSWER)),
    () => {},
  );
});

const compreface = await serve((request, response) => {
  if (request.method === "GET") return answerJson(response, Buffer.from('{"status":"OK"}'));
  counts.comprefaceCalls++;
  swallow(request).then(
    () =>
      later(options.comprefaceMs, () => {
        counts.comprefaceAnsweredAt = performance.timeOrigin + performance.now();
        answerJson(response, COMPREFACE_ANSWER);
      }),
    () => {},
  );
});

const limit =
  options.geminiBytesPerSecond === undefined
    ? undefined
    : await startRateLimit({ targetPort: gemini, bytesPerSecond: options.geminiBytesPerSecond });

process.on("message", (question) => {
  if (question === "begin") Object.assign(counts, { uploadedBytes: 0, geminiCalls: 0, comprefaceCalls: 0, fetches: 0 });
  process.send?.({ ...counts, closings: limit?.closings ?? [] });
});
process.on("disconnect", () => process.exit());
process.send?.({ storage, gemini: limit?.port ?? gemini, compreface });
