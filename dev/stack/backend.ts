/** What the backend does around a verification, for demo and tests: upload pictures, submit, wait, open the result. */
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { setTimeout as delay } from "node:timers/promises";
import { ExponentialBackoff, handleAll, retry } from "cockatiel";
import { readWorkerConfig } from "../../lib/config.ts";
import { createEnvelope } from "../../lib/record/envelope.ts";
import { createQueue } from "../../lib/queue/queue.ts";
import { connectForWorker } from "../../lib/queue/redis.ts";
import { resultSchema, type FailureResult, type SuccessResult } from "../../lib/result.ts";
import { createServerpodBackend } from "./serverpod-table.ts";

const POLL_MS = 50;
/** This backend waits for Redis longer than a caller in production does: its machine may be busy with everything at once. */
const PATIENCE_MS = 60_000;

/** As an outbox does: a call that failed, and one that the API could not take, is sent again. The API takes it once. */
const sending = retry(
  handleAll.orWhenResult((response) => response instanceof Response && response.status >= 502),
  { maxAttempts: 5, backoff: new ExponentialBackoff({ initialDelay: 200, maxDelay: 5_000 }) },
);

/** An opened result. */
export type Result = SuccessResult | FailureResult;

/** What a backend needs to know of a stack. */
export interface BackendOptions {
  readonly apiUrl: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** The backend of a running stack. Close it when done. */
export function createBackend({ apiUrl, environment }: BackendOptions) {
  const config = readWorkerConfig(environment);
  const records = createServerpodBackend({ url: config.POSTGRES_URL });
  const envelope = createEnvelope({ keys: config.KYC_ENCRYPTION_KEYS });
  const queue = createQueue({
    redis: connectForWorker(config.REDIS_URL, { onError: () => {} }),
    prefix: config.KYC_QUEUE_PREFIX,
    attempts: 1,
    backoffMs: 1,
    patienceMs: PATIENCE_MS,
  });
  const s3 = new S3Client({
    endpoint: config.S3_ENDPOINT,
    region: config.S3_REGION,
    credentials: { accessKeyId: config.S3_ACCESS_KEY, secretAccessKey: config.S3_SECRET_KEY },
    forcePathStyle: true,
    maxAttempts: 5,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });

  /** Until the record has a verdict that is newer than `since`, and its job has left the queue. */
  async function isSettled(kycId: number, since: Date | null): Promise<boolean> {
    const record = await records.readRecord(kycId);
    const decided = record === undefined || record.reviewedAt?.getTime() !== since?.getTime();
    return decided && (await queue.describeJob(kycId)) === undefined;
  }

  async function close(): Promise<void> {
    await Promise.all([records.close(), queue.close()]);
    s3.destroy();
  }

  return {
    records,

    /** Puts a picture into the bucket. */
    async upload(key: string, bytes: Uint8Array): Promise<void> {
      const object = { Bucket: config.S3_BUCKET, Key: key, Body: bytes, ContentLength: bytes.length };
      await s3.send(new PutObjectCommand(object));
    },

    /** Calls `POST /api/v1/process`. */
    submit: (body: unknown, token = environment["KYC_SERVICE_SECRET"] ?? "") => post(apiUrl, body, token),

    /**
     * Waits for a verdict. Throws where none came in time. The time is counted in polls, not by a clock: on a loaded
     * machine a poll takes longer, and so does a verdict.
     */
    async settled(
      kycId: number,
      { since = null, timeoutMs }: { since?: Date | null; timeoutMs: number },
    ): Promise<void> {
      for (let waitedMs = 0; !(await isSettled(kycId, since)); waitedMs += POLL_MS) {
        if (waitedMs > timeoutMs) throw new Error(`Record ${kycId} has no verdict after ${timeoutMs / 1000} s`);
        await delay(POLL_MS);
      }
    },

    /** Opens a record's result; `undefined` where it has none. */
    async openResult(kycId: number): Promise<Result | undefined> {
      const sealed = (await records.readRecord(kycId))?.ocrResult;
      return sealed == null ? undefined : resultSchema.parse(JSON.parse(envelope.open(kycId, sealed)));
    },

    /** Ends all connections. */
    close,
    [Symbol.asyncDispose]: close,
  };
}

export type Backend = ReturnType<typeof createBackend>;

async function post(apiUrl: string, body: unknown, token: string) {
  const response = await sending
    .execute(() =>
      fetch(`${apiUrl}/api/v1/process`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-service-token": token },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    )
    .catch((error: unknown) => {
      throw new Error(`The API at ${apiUrl} does not answer`, { cause: error });
    });
  const answer: unknown = await response.json();
  return { status: response.status, headers: response.headers, body: answer };
}
