/** The rounds of `enqueue.ts`, in a process of its own: it writes its log lines to the null device. */
import { performance } from "node:perf_hooks";
import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { quantile } from "../rounds.ts";

const [redisUrl = "", rounds = "", operations = ""] = process.argv.slice(2);
process.env["REDIS_URL"] = redisUrl;
process.env["KYC_SERVICE_SECRET"] = "bench";
process.env["KYC_QUEUE_PREFIX"] = "ours";
const { handler } = await import("../../functions/process.ts");

const tuned = { protocol: 2, enableReadyCheck: false, disableClientInfo: true } as const;
const redis = new Redis(redisUrl, tuned);
const bare = new Queue("bare", {
  connection: new Redis(redisUrl, tuned),
  defaultJobOptions: {
    attempts: 5,
    backoff: { type: "exponential", delay: 2_000 },
    removeOnComplete: true,
    removeOnFail: true,
  },
});
const sha = String(await redis.script("LOAD", "return 1"));

const submission = (kycId: number) => ({
  userId: 123,
  kycId,
  passportKey: `kyc/${kycId}/passport.jpg`,
  selfieKey: `kyc/${kycId}/selfie.jpg`,
  stampKey: `kyc/${kycId}/stamp.jpg`,
});

const PATH = "/api/v1/process";
const event = (kycId: number): APIGatewayProxyEventV2 => ({
  version: "2.0",
  routeKey: `POST ${PATH}`,
  rawPath: PATH,
  rawQueryString: "",
  headers: { "content-type": "application/json", "x-service-token": "bench", host: "api.example" },
  requestContext: {
    accountId: "123456789012",
    apiId: "a1b2c3",
    domainName: "api.example",
    domainPrefix: "api",
    http: { method: "POST", path: PATH, protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "Dart/3.9 (dart:io)" },
    requestId: "JKJaXmPLvHcESHA=",
    routeKey: `POST ${PATH}`,
    stage: "$default",
    time: "22/Nov/2026:12:00:00 +0000",
    timeEpoch: 1_795_348_800_000,
  },
  body: JSON.stringify(submission(kycId)),
  isBase64Encoded: false,
});

const context: Context = {
  callbackWaitsForEmptyEventLoop: true,
  functionName: "process",
  functionVersion: "1",
  invokedFunctionArn: "arn",
  memoryLimitInMB: "512",
  awsRequestId: "id",
  logGroupName: "group",
  logStreamName: "stream",
  getRemainingTimeInMillis: () => 10_000,
  done() {},
  fail() {},
  succeed() {},
};

async function submit(request: APIGatewayProxyEventV2): Promise<void> {
  const answer = await handler(request, context);
  if (answer.statusCode !== 202) throw new Error(`HTTP ${answer.statusCode}`);
}

type Operation = () => Promise<unknown>;
let id = 1;
/** Prepares one operation. Its input is made before the clock starts. */
const subjects: Readonly<Record<string, () => Operation>> = {
  evalsha: () => () => redis.evalsha(sha, 0),
  add: () => {
    const data = submission(++id);
    return () => bare.add("verify", data, { jobId: `kyc-${data.kycId}` });
  },
  handler: () => {
    const request = event(++id);
    return () => submit(request);
  },
  duplicate: () => {
    const request = event(1);
    return () => submit(request);
  },
};

/** Runs the operations one at a time. Returns the median duration and the operations per second. */
async function measure(ready: () => Operation) {
  const prepared = Array.from({ length: Number(operations) }, ready);
  const took: number[] = [];
  const startedAt = performance.now();
  for (const operate of prepared) {
    const at = performance.now();
    await operate();
    took.push(performance.now() - at);
  }
  const perSecond = (took.length / (performance.now() - startedAt)) * 1_000;
  return { p50Us: quantile(took, 0.5) * 1_000, perSecond };
}

await submit(event(1));
for (let round = -1; round < Number(rounds); round++) {
  // Empty the queue, so that its length is the same in every round.
  await redis.flushall();
  await submit(event(1));
  for (const [name, ready] of Object.entries(subjects)) {
    const measured = await measure(ready);
    if (round >= 0) process.send?.({ name, ...measured });
  }
}
process.exit();
