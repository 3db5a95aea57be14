/** A job's trace and its calls, from the request to the provider, through the real pipeline and the providers' circuits. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { readWorkerConfig } from "../lib/config.ts";
import type { Database } from "../lib/record/database.ts";
import { createEnvelope } from "../lib/record/envelope.ts";
import { TransientError } from "../lib/errors.ts";
import { resultSchema } from "../lib/result.ts";
import { NO_OBSERVER } from "../lib/observe/telemetry.ts";
import { startTracing } from "../lib/observe/tracing.ts";
import { createRecordedLog } from "../test/recorded-log.ts";
import { startCollector } from "../test/trace-collector.ts";
import { createPipeline } from "./pipeline.ts";
import { openProviders } from "./providers.ts";
import { createRunJob, type QueuedJob } from "./run-job.ts";

const KEY = randomBytes(32);
const SUBMISSION = { userId: 1, kycId: 456, passportKey: "secret/p.jpg", selfieKey: "secret/s.jpg" };
const unused = () => assert.fail("no picture, nothing to do");

/** What runs jobs of which no picture can be fetched. */
function createRunner() {
  const { log } = createRecordedLog();
  const config = readWorkerConfig({
    REDIS_URL: "redis://127.0.0.1:9",
    POSTGRES_URL: "postgres://127.0.0.1:9/kyc",
    S3_ENDPOINT: "http://127.0.0.1:9",
    S3_REGION: "garage",
    S3_ACCESS_KEY: "a",
    S3_SECRET_KEY: "s",
    GEMINI_API_KEY: "g",
    KYC_ENCRYPTION_KEYS: `1:${KEY.toString("base64")}`,
  });
  const { storage } = openProviders(config, { log, observer: NO_OBSERVER });
  const verify = createPipeline({
    storage,
    images: { prepare: unused, cropMrz: unused },
    ocr: { readPassport: unused, readMrzAgain: unused, readStamp: unused },
    faces: { compare: unused },
    policy: { minimumAgeYears: 18, expiresSoonDays: 90, allowSpecimen: false },
    secondReading: false,
    now: () => new Date(),
  });
  const results: unknown[] = [];
  const database: Pick<Database, "readBaseline" | "readReopened" | "saveVerdict"> = {
    readBaseline: async () => ({ reviewedAt: null }),
    readReopened: async () => ({ reviewedAt: null }),
    async saveVerdict(kycId, _status, sealed) {
      results.push(JSON.parse(envelope.open(kycId, sealed)));
      return "saved";
    },
  };
  const envelope = createEnvelope({ keys: [{ id: 1, key: KEY }] });
  const runJob = createRunJob({ database, envelope, verify, version: "0", now: () => new Date() });
  const run = (job: QueuedJob) =>
    runJob({ job, deadline: Date.now() + 60_000, signal: new AbortController().signal, log });
  return { run, results, close: () => storage.close() };
}

test("a job's trace leads from the request through the queue to each call of a provider, run after run", async (t) => {
  const collector = await startCollector();
  t.after(() => collector.close());
  const runner = createRunner();
  t.after(() => runner.close());
  const stop = await startTracing(collector.url, "0");

  const enqueuedAt = Date.now() - 5_000;
  let data: unknown = { ...SUBMISSION, receivedAt: enqueuedAt - 40 };
  for (const attempt of [1, 2]) {
    const update = async (next: unknown) => void (data = JSON.parse(JSON.stringify(next)));
    const job = { id: "kyc-456", data, attempt, isLastAttempt: false, crashes: 0, enqueuedAt, update };
    await assert.rejects(runner.run(job), TransientError);
  }
  await stop();

  const spans = collector.spans();
  const path = (span: (typeof spans)[number] | undefined): string[] =>
    span === undefined ? [] : [...path(spans.find(({ spanId }) => spanId === span.parentSpanId)), span.name];
  const request = "POST /api/v1/process";
  assert.deepEqual(
    new Set(spans.filter(({ kind }) => kind === 3).map((span) => path(span).join(" > "))),
    new Set([
      `${request} > queue > verify > fetch_pictures > call storage`,
      `${request} > verify > fetch_pictures > call storage`,
    ]),
  );
  assert.equal(new Set(spans.map(({ traceId }) => traceId)).size, 1);
  const find = (wanted: string) => spans.filter(({ name }) => name === wanted);
  assert.deepEqual(
    [...find(request), ...find("queue")].map(({ kind }) => kind),
    [2, 5],
    "the request and the wait are told once",
  );
  assert.equal(find("queue")[0]?.startTimeUnixNano, `${enqueuedAt}000000`);
  assert.deepEqual(
    find("verify").map(({ attributes }) => attributes),
    [1, 2].map((attempt) => ({ job: "kyc-456", attempt, outcome: "storage_unavailable" })),
  );
  assert.deepEqual(find("call storage")[0]?.attributes, { provider: "storage", outcome: "storage_unavailable" });
  assert.deepEqual(find("fetch_pictures")[0]?.attributes, { step: "fetch_pictures", outcome: "storage_unavailable" });
  assert.ok(!collector.text().includes("secret"), "no object key");
});

test("a result tells each call of its run, also of those that were not answered", async (t) => {
  const runner = createRunner();
  t.after(() => runner.close());
  const view = { id: "kyc-456", data: SUBMISSION, attempt: 1, isLastAttempt: true, crashes: 0, enqueuedAt: Date.now() };
  const job = { ...view, update: async () => {} };
  await Promise.all([runner.run(job), runner.run({ ...job, id: "kyc-457", data: { ...SUBMISSION, kycId: 457 } })]);
  assert.equal(runner.results.length, 2);
  for (const result of runner.results) {
    const { calls } = resultSchema.parse(result).timings ?? {};
    assert.deepEqual(
      calls?.map(({ provider, outcome }) => [provider, outcome]),
      Array.from({ length: 2 }, () => ["storage", "storage_unavailable"]),
      "the other job's calls are its own",
    );
    assert.ok(calls?.every(({ durationMs }) => Number.isInteger(durationMs) && durationMs >= 0));
  }
});
