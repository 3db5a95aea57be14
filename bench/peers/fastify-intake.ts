/** The intake that a good developer in a hurry would write with Fastify: the same checks, the same real queue. */
import { Queue } from "bullmq";
import fastify from "fastify";
import { Redis } from "ioredis";
import * as z from "zod";
import { PEER_QUEUE } from "./names.ts";

const env = (name: string) => process.env[name] ?? "";

const submission = z.object({
  userId: z.number().int(),
  kycId: z.number().int(),
  passportKey: z.string().min(1),
  selfieKey: z.string().min(1),
  stampKey: z.string().min(1).optional(),
});

const connection = new Redis(env("REDIS_URL"), { maxRetriesPerRequest: null });
const queue = new Queue(PEER_QUEUE, { connection });
// One log line for each submission, like ours.
const app = fastify({ logger: true, disableRequestLogging: true });

app.post("/api/v1/process", async (request, reply) => {
  if (request.headers["x-service-token"] !== env("KYC_SERVICE_SECRET")) {
    return reply.code(401).send({ error: "Unauthorized" });
  }
  const parsed = submission.safeParse(request.body);
  if (!parsed.success) return reply.code(400).send({ error: "Invalid request" });
  const jobId = `kyc-${parsed.data.kycId}`;
  await queue.add("verify", parsed.data, {
    jobId,
    attempts: 5,
    backoff: { type: "exponential", delay: 2_000 },
    removeOnComplete: true,
    removeOnFail: true,
  });
  request.log.info({ kycId: parsed.data.kycId, jobId }, "queued");
  return reply.code(202).send({ jobId, status: "queued" });
});

await app.listen({ port: Number(env("API_PORT") || 0), host: "127.0.0.1" });
const [address] = app.addresses();
if (env("API_PORT") !== "") process.send?.({ port: typeof address === "object" ? address.port : undefined });
process.on("SIGTERM", () => process.exit());
