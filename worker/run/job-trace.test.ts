/**
 * A job's trace and its calls, from the request to the provider, through the real pipeline and the providers' circuits.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { readWorkerConfig } from "../../lib/config.ts";
import type { Database } from "../../lib/record/database.ts";
import { createEnvelope } from "../../lib/record/envelope.ts";
import { TransientError } from "../../lib/errors.ts";
import { resultSchema } from "../../lib/result.ts";
import { startTracing } from "../../lib/observe/tracing.ts";
import { createRecordedLog } from "../../test/recorded-log.ts";
import { startCollector } from "../../test/servers/trace-collector.ts";
import { WORKER_ENVIRONMENT } from "../../test/worker-environment.ts";
import { createPipeline } from "../pipeline/pipeline.ts";
import { openProviders } from "../providers.ts";
import { createPassportPages } from "../pipeline/passport-pages.ts";
import type { QueuedJob } from "./decide.ts";
import { createRunJob } from "./run-job.ts";

const SUBMISSION = {
  userId: 1,
  kycId: 456,
  passportKey: "secret/p.jpg",
  selfieKey: "secret/s.jpg",
  id: "0b8c64c8-3a5f-4b11-9a57-2a6f3a7f0c11",
  submittedAt: Date.now() - 5_000,
};
const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const unused = () => assert.fail("no picture, nothing to do");

/** Creates a runner of jobs whose pictures cannot be fetched. */
function createRunner() {
  const { log } = createRecordedLog();
  const { storage } = openProviders(readWorkerConfig(WORKER_ENVIRONMENT), { log });
  const verify = createPipeline({
    storage,
    images: { prepare: unused },
    pages: createPassportPages({
      reader: "off",
      images: { prepare: unused, preparePage: unused, turn: unused, cropMrz: unused },
    }),
    ocr: { readPassport: unused, readMrzAgain: unused, readStamp: unused },
    model: "m",
    faces: { compare: unused, judge: unused },
    policy: { minimumAgeYears: 18, expiresSoonDays: 90, allowSpecimen: false },
    secondReading: false,
    now: () => new Date(),
  });
  const results: unknown[] = [];
  const database: Pick<Database, "readState" | "saveVerdict"> = {
    readState: async () => ({ status: "in_review", reviewedAt: null, sealed: null }),
    async saveVerdict({ kycId, sealed }) {
      results.push(JSON.parse(envelope.open(kycId, sealed)));
      return "saved";
    },
  };
  const envelope = createEnvelope({ keys: [{ id: 1, key: randomBytes(32) }] });
  const cache = {
    read: async () => ({ latest: undefined, fields: {} }),
    readLatest: async () => undefined,
    setFence: async (_: unknown, reviewedAt: string | null) => reviewedAt,
    keep: async () => {},
    settle: async () => {},
  };
  const runJob = createRunJob({ database, cache, envelope, verify, version: "0", now: () => new Date() });
  const run = (job: QueuedJob) =>
    runJob({ job, deadline: Date.now() + 60_000, signal: new AbortController().signal, log });
  return { run, results };
}

test("a job's trace leads from the request through the queue to each call of a provider, run after run", async (t) => {
  const collector = await startCollector();
  t.after(() => collector.close());
  const runner = createRunner();
  const stop = await startTracing(collector.url, "0");

  const submission = {
    ...SUBMISSION,
    receivedAt: SUBMISSION.submittedAt - 40,
    traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-01`,
  };
  for (const attempt of [1, 2]) {
    await assert.rejects(runner.run({ submission, attempt, isLastAttempt: false, crashes: 0 }), TransientError);
  }
  await stop();

  const spans = collector.spans();
  const path = (span: (typeof spans)[number] | undefined): string[] =>
    span === undefined ? [] : [...path(spans.find(({ spanId }) => spanId === span.parentSpanId)), span.name];
  const request = "POST /api/v1/process";
  assert.deepEqual(
    new Set(spans.filter(({ kind }) => kind === 3).map((span) => path(span).join(" > "))),
    new Set([`${request} > queue > verify > fetch_pictures > call storage`, "verify > fetch_pictures > call storage"]),
  );
  assert.deepEqual(new Set(spans.map(({ traceId }) => traceId)), new Set([TRACE_ID]), "the caller's");
  const find = (wanted: string) => spans.filter(({ name }) => name === wanted);
  assert.deepEqual(
    [...find(request), ...find("queue")].map(({ kind }) => kind),
    [2, 5],
    "the request and the wait are told once",
  );
  assert.equal(find("queue")[0]?.startTimeUnixNano, `${SUBMISSION.submittedAt}000000`);
  assert.deepEqual(
    find("verify").map(({ attributes }) => attributes),
    [1, 2].map((attempt) => ({ job: "kyc-456", attempt, outcome: "storage_unavailable" })),
  );
  assert.deepEqual(find("call storage")[0]?.attributes, { provider: "storage", outcome: "storage_unavailable" });
  assert.deepEqual(find("fetch_pictures")[0]?.attributes, { step: "fetch_pictures", outcome: "storage_unavailable" });
  assert.ok(!collector.text().includes("secret"), "no object key");
});

test("a result tells each call of its run, also of those that were not answered", async () => {
  const runner = createRunner();
  const job = { submission: SUBMISSION, attempt: 1, isLastAttempt: true, crashes: 0 };
  await Promise.all([runner.run(job), runner.run({ ...job, submission: { ...SUBMISSION, kycId: 457 } })]);
  assert.equal(runner.results.length, 2);
  for (const result of runner.results) {
    const { calls } = resultSchema.parse(result);
    assert.deepEqual(
      new Set(calls.map(({ provider, purpose, outcome }) => [provider, purpose, outcome].join(" "))),
      new Set(["storage passport storage_unavailable", "storage selfie storage_unavailable"]),
      "the other job's calls are its own",
    );
    assert.equal(calls.length, 2);
    assert.ok(calls.every(({ durationMs }) => Number.isInteger(durationMs) && durationMs >= 0));
  }
});
