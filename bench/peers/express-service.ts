/**
 * The service that a good developer in a hurry would write, by the book: one Express process with a BullMQ worker in
 * it. Each step fetches its pictures, keeps them in memory and sends them unchanged. It reads the passport, then the
 * stamp, then compares the faces, and retries every failure.
 */
import { createCipheriv, randomBytes } from "node:crypto";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { Queue, Worker } from "bullmq";
import express from "express";
import { Redis } from "ioredis";
import pg from "pg";
import pino from "pino";
import * as z from "zod";
import { PEER_QUEUE } from "./names.ts";

const env = (name: string) => process.env[name] ?? "";

const PASSPORT_PROMPT =
  "Extract all fields of this passport as JSON: documentType, issuingState, surname, givenNames, documentNumber, " +
  "nationality, birthDate, sex, expiryDate, personalNumber, placeOfBirth, issueDate, mrzLine1, mrzLine2. " +
  "Use the format YYYY-MM-DD for dates. Return only JSON.";
const STAMP_PROMPT =
  "Extract the stamp of this passport page as JSON: stampPresent, country, date, place, text. Return only JSON.";

const submission = z.object({
  userId: z.number().int(),
  kycId: z.number().int(),
  passportKey: z.string().min(1),
  selfieKey: z.string().min(1),
  stampKey: z.string().min(1).optional(),
});
type Submission = z.infer<typeof submission>;

const connection = new Redis(env("REDIS_URL"), { maxRetriesPerRequest: null });
const queue = new Queue<Submission>(PEER_QUEUE, { connection });
const database = new pg.Pool({ connectionString: env("POSTGRES_URL") });
const s3 = new S3Client({
  endpoint: env("S3_ENDPOINT"),
  region: "garage",
  credentials: { accessKeyId: env("S3_ACCESS_KEY"), secretAccessKey: env("S3_SECRET_KEY") },
  forcePathStyle: true,
});

async function fetchImage(key: string): Promise<ArrayBuffer> {
  const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket: "kyc-data", Key: key }), { expiresIn: 300 });
  const response = await fetch(url);
  if (!response.ok) throw new Error(`Storage: HTTP ${response.status}`);
  return response.arrayBuffer();
}

const geminiAnswer = z.object({
  candidates: z.array(z.object({ content: z.object({ parts: z.array(z.object({ text: z.string() })) }) })).min(1),
});

async function ocr(prompt: string, key: string): Promise<unknown> {
  const image = await fetchImage(key);
  const model = env("GEMINI_MODEL") || "gemini-3-flash-preview";
  const response = await fetch(`${env("GEMINI_BASE_URL")}/v1beta/models/${model}:generateContent`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-goog-api-key": env("GEMINI_API_KEY") },
    body: JSON.stringify({
      contents: [
        {
          role: "user",
          parts: [
            { text: prompt },
            { inlineData: { mimeType: "image/jpeg", data: Buffer.from(image).toString("base64") } },
          ],
        },
      ],
      generationConfig: { responseMimeType: "application/json" },
    }),
  });
  if (!response.ok) throw new Error(`Gemini: HTTP ${response.status}`);
  const [candidate] = geminiAnswer.parse(await response.json()).candidates;
  return JSON.parse(candidate?.content.parts[0]?.text ?? "");
}

const faceAnswer = z.object({
  result: z.array(z.object({ face_matches: z.array(z.object({ similarity: z.number() })).min(1) })).min(1),
});

async function compareFaces(passportKey: string, selfieKey: string): Promise<number> {
  const passport = await fetchImage(passportKey);
  const selfie = await fetchImage(selfieKey);
  const form = new FormData();
  form.append("source_image", new Blob([passport], { type: "image/jpeg" }), "passport.jpg");
  form.append("target_image", new Blob([selfie], { type: "image/jpeg" }), "selfie.jpg");
  const response = await fetch(`${env("COMPREFACE_URL")}/api/v1/verification/verify`, {
    method: "POST",
    headers: { "x-api-key": env("COMPREFACE_API_KEY") },
    body: form,
  });
  if (!response.ok) throw new Error(`CompreFace: HTTP ${response.status}`);
  return faceAnswer.parse(await response.json()).result[0]?.face_matches[0]?.similarity ?? 0;
}

function encrypt(value: unknown): Buffer {
  const nonce = randomBytes(12);
  const key = Buffer.from(env("KYC_ENCRYPTION_KEYS").split(":")[1] ?? "", "base64");
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  return Buffer.concat([nonce, cipher.update(JSON.stringify(value)), cipher.final(), cipher.getAuthTag()]);
}

async function verify({ kycId, passportKey, selfieKey, stampKey }: Submission): Promise<void> {
  const passport = await ocr(PASSPORT_PROMPT, passportKey);
  const stamp = stampKey === undefined ? null : await ocr(STAMP_PROMPT, stampKey);
  const similarity = await compareFaces(passportKey, selfieKey);
  if (similarity < 0.75) throw new Error(`FACE_MISMATCH:${similarity}`);
  await database.query(
    `UPDATE kyc_verification SET status='ocr_complete', "ocrResult"=$1, "reviewedAt"=NOW() WHERE id=$2`,
    [encrypt({ passport, stamp, similarity }), kycId],
  );
}

const worker = new Worker<Submission>(PEER_QUEUE, (job) => verify(job.data), {
  connection,
  concurrency: Number(env("WORKER_CONCURRENCY") || 8),
});
worker.on("error", () => {});
worker.on("failed", (job, error) => {
  console.error(`peer job ${job?.id} failed: ${error.message}`);
});

const log = pino();
const app = express();
app.use(express.json());
app.post("/api/v1/process", async (request, response) => {
  if (request.header("x-service-token") !== env("KYC_SERVICE_SECRET")) {
    response.status(401).json({ error: "Unauthorized" });
    return;
  }
  const parsed = submission.safeParse(request.body);
  if (!parsed.success) {
    response.status(400).json({ error: "Invalid request" });
    return;
  }
  const jobId = `kyc-${parsed.data.kycId}`;
  await queue.add("verify", parsed.data, {
    jobId,
    attempts: 5,
    backoff: { type: "exponential", delay: 2_000 },
    removeOnComplete: true,
    removeOnFail: true,
  });
  log.info({ kycId: parsed.data.kycId, jobId }, "queued");
  response.status(202).json({ jobId, status: "queued" });
});
app.get("/health", (_request, response) => {
  response.json({ status: "ok" });
});
const server = app.listen(Number(env("API_PORT") || 0), "127.0.0.1", () => {
  const address = server.address();
  if (env("API_PORT") !== "") process.send?.({ port: typeof address === "object" ? address?.port : undefined });
});

process.on("SIGTERM", () => process.exit());
