/** The operator's commands for an incident, each as a process of its own, on a real Redis and PostgreSQL without a worker. */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test, type TestContext } from "node:test";
import { startRedis } from "../../dev/servers/redis.ts";
import { startTcpProxy } from "../servers/tcp-proxy.ts";
import { createServerpodBackend } from "../../dev/stack/serverpod-table.ts";
import { FinalError } from "../../lib/errors.ts";
import { createDatabase, type Database } from "../../lib/record/database.ts";
import { createEnvelope } from "../../lib/record/envelope.ts";
import { mayVerify } from "../../lib/record/may-verify.ts";
import { createQueue, type VerificationQueue } from "../../lib/queue/queue.ts";
import { connectForCaller } from "../../lib/queue/redis.ts";
import type { ReasonCode } from "../../lib/reasons.ts";
import { failureResult, successResult } from "../../lib/result.ts";
import { parseJob, type QueuedSubmission } from "../../lib/submission.ts";
import { VERSION } from "../../lib/version.ts";
import { openQueueTool, type QueueTool } from "../servers/queue-tool.ts";
import { startRecordsServer } from "../servers/records-database.ts";
import { sampleSubmission, sampleVerification } from "../readings/sample-verification.ts";

const CLI = join(import.meta.dirname, "../../cli/main.ts");
const KEY = randomBytes(32);
const MINUTE_MS = 60_000;

const resources = new AsyncDisposableStack();
let tool: QueueTool;
let queue: VerificationQueue;
let database: Database;
let backend: ReturnType<typeof createServerpodBackend>;
let postgres: Awaited<ReturnType<typeof startRecordsServer>>;
let settings: Readonly<Record<string, string>>;
let redisUrl: string;
const envelope = createEnvelope({ keys: [{ id: 1, key: KEY }] });

before(async () => {
  const redis = resources.adopt(await startRedis(), (server) => server.stop());
  redisUrl = redis.url;
  postgres = resources.adopt(await startRecordsServer(), (server) => server.stop());
  tool = resources.adopt(openQueueTool(redisUrl), (open) => open.close());
  const connection = connectForCaller(redisUrl, { onError: () => {} });
  queue = createQueue({ redis: connection, prefix: "bull", attempts: 5, backoffMs: 2_000 });
  resources.defer(() => queue.close());
});
after(() => resources.disposeAsync());

/** Gives a test a table and a Redis that are empty. */
async function open(t: TestContext): Promise<void> {
  await tool.empty();
  const url = (await postgres.open(t)).url;
  settings = { REDIS_URL: redisUrl, POSTGRES_URL: url, KYC_ENCRYPTION_KEYS: `1:${KEY.toString("base64")}` };
  database = createDatabase({ url, connections: 1 });
  backend = createServerpodBackend({ url });
  t.after(async () => {
    await database.close();
    await backend.close();
  });
}

function kyc(...args: readonly string[]) {
  const env = { PATH: process.env["PATH"], ...settings };
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [CLI, ...args], { env, cwd: tmpdir() }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

async function json(...args: readonly string[]) {
  const { stdout, stderr } = await kyc(...args, "--json");
  assert.notEqual(stdout, "", stderr);
  const data: unknown = JSON.parse(stdout);
  return data;
}

const submissionOf = (kycId: number): QueuedSubmission => ({
  ...sampleSubmission(kycId),
  submittedAt: Date.now() - MINUTE_MS,
});

/** A verdict ocr_failed, as a worker or (with the reason processing_timeout) the watchdog writes it. */
async function fail(kycId: number, reason: ReasonCode, image?: "selfie") {
  const isWatchdogs = reason === "processing_timeout";
  const facts = isWatchdogs ? { timeoutMinutes: 15 } : { similarity: 0.31, httpStatus: 503 };
  const failure = new FinalError(reason, reason, { facts, ...(image && { image }) });
  const submission = isWatchdogs ? undefined : submissionOf(kycId);
  const about = { kycId, submission, attempts: isWatchdogs ? 0 : 5, completedAt: new Date(), version: VERSION };
  await backend.insertRecord({ kycId, userId: 123, status: "in_review", createdAt: new Date() });
  const sealed = envelope.seal(kycId, JSON.stringify(failureResult(about, failure)));
  assert.equal(await database.saveVerdict({ kycId, status: "ocr_failed", sealed, mayWrite: () => true }), "saved");
}

async function succeed(kycId: number) {
  const now = new Date();
  const about = {
    kycId,
    submission: submissionOf(kycId),
    attempts: 1,
    completedAt: now,
    timings: { queuedMs: 1_000, steps: { read_passport: 2_000 } },
    version: VERSION,
  };
  await backend.insertRecord({ kycId, userId: 123, status: "in_review", createdAt: now });
  const sealed = envelope.seal(kycId, JSON.stringify(successResult(about, sampleVerification(now))));
  await database.saveVerdict({ kycId, status: "ocr_complete", sealed, mayWrite: () => true });
}

async function jobSubmissionOf(kycId: number): Promise<QueuedSubmission> {
  const job = await tool.jobOf(kycId);
  return parseJob(job?.id, job?.data) ?? assert.fail(`record ${kycId} has no submission in the queue`);
}

test("status says why a verification failed, and nothing about the person", async (t) => {
  await open(t);
  await fail(1, "face_mismatch", "selfie");
  const { stdout } = await kyc("status", "1");
  assert.match(stdout, /^Why: face_mismatch, picture: selfie, class retake \(the person can fix it/m);
  assert.match(stdout, /^Verdict in attempt 5, about submission 0b8c64c8-\S+ of \S+Z, service \d+\.\d+\.\d+\.$/m);
  assert.doesNotMatch(stdout, /0\.31|passport\.jpg/);
  await fail(2, "ocr_unavailable");
  assert.match((await kyc("status", "2")).stdout, /^What happened: .*httpStatus=503\.$/m);
  await fail(3, "processing_timeout");
  assert.match((await kyc("status", "3")).stdout, /^Verdict by the watchdog/m);
  assert.partialDeepStrictEqual(await json("status", "1"), {
    verdict: { attempt: 5, failure: { code: "face_mismatch", class: "retake", image: "selfie", facts: {} } },
  });
});

test("status goes by the latest submission, because the job may be older", async (t) => {
  await open(t);
  await backend.insertRecord({ kycId: 1, userId: 1, status: "in_review", createdAt: new Date(0) });
  await queue.enqueue(sampleSubmission(1));
  const submittedAt = Date.now() + MINUTE_MS;
  await tool.redis.hset("bull:kyc:1", "latest", JSON.stringify({ ...(await jobSubmissionOf(1)), submittedAt }));
  const { stdout } = await kyc("status", "1");
  assert.match(stdout, new RegExp(`it was last submitted at ${new Date(submittedAt).toISOString()}`));
  assert.match(stdout, new RegExp(`fails it after ${new Date(submittedAt + 15 * MINUTE_MS).toISOString()}`));
});

test("failed groups failed and stuck records by reason", async (t) => {
  await open(t);
  await fail(1, "face_mismatch", "selfie");
  for (const kycId of [2, 3]) await fail(kycId, "ocr_unavailable");
  await succeed(4);
  const createdAt = new Date(Date.now() - 60 * MINUTE_MS);
  for (const kycId of [5, 6]) await backend.insertRecord({ kycId, userId: 1, status: "in_review", createdAt });
  await backend.insertRecord({ kycId: 7, userId: 1, status: "in_review", createdAt: new Date() });
  await queue.enqueue(sampleSubmission(6));
  assert.partialDeepStrictEqual(await json("failed", "--since", "1h"), {
    hours: 1,
    failed: [
      { reason: "ocr_unavailable", class: "system", count: 2, kycIds: [2, 3] },
      { reason: "face_mismatch", class: "retake", count: 1, kycIds: [1] },
    ],
    stuck: [
      { reason: "no job", kycIds: [5] },
      { reason: "job waiting", kycIds: [6] },
    ],
  });
  const { stdout } = await kyc("failed", "--since", "1h");
  assert.match(stdout, /^Since 1h: 3 records failed, 2 of them for a reason of the class system\.$/m);
  assert.match(stdout, /^ +2 {2}ocr_unavailable \(system\): 2, 3$/m);
  assert.match(stdout, /^In review for longer than 15 min: 2 records\.$/m);
  assert.match(stdout, /npx kyc requeue --since 1h --dry-run$/m);
});

test("requeue submits the same object keys again, a batch at a time, and leaves the records alone", async (t) => {
  await open(t);
  for (const kycId of [1, 2, 3]) await fail(kycId, "ocr_unavailable");
  await fail(4, "face_mismatch", "selfie");
  await fail(5, "storage_unavailable");
  await backend.decide(5, "approved");
  await succeed(6);
  const rows = () => Promise.all([1, 2, 3, 4, 5, 6].map((kycId) => backend.readRecord(kycId)));
  const before = await rows();

  const dry = await kyc("requeue", "--dry-run");
  assert.equal(dry.code, 0);
  assert.match(dry.stdout, /^Dry run\. Would submit 3 records again, since 24h\.\n +3 {2}ocr_unavailable$/m);
  assert.equal(await tool.count(), 0);

  assert.partialDeepStrictEqual(await json("requeue", "--limit", "2"), { submitted: [1, 2], remaining: 1 });
  const { id, submittedAt, ...keys } = await jobSubmissionOf(1);
  const { id: failedId, submittedAt: failedAt, ...failedKeys } = submissionOf(1);
  assert.deepEqual({ ...keys }, { ...failedKeys, stampKey: null });
  assert.notEqual(id, failedId);
  assert.ok(submittedAt > failedAt);
  assert.equal((await tool.jobOf(1))?.opts.attempts, 5);

  // The second call goes on behind the first, whose jobs still wait.
  assert.partialDeepStrictEqual(await json("requeue"), {
    submitted: [3],
    remaining: 0,
    leftOut: { submitted_since: [1, 2], keys_unknown: [], not_opened: [] },
  });
  assert.deepEqual(await rows(), before);
  assert.equal(await tool.count(), 3);
});

test("a worker may verify what requeue has submitted", async (t) => {
  await open(t);
  await fail(1, "ocr_unavailable");
  await kyc("requeue");
  const state = (await database.readState(1)) ?? assert.fail("there is no record");
  assert.equal(
    mayVerify(state, await jobSubmissionOf(1), (sealed) => envelope.open(1, sealed)),
    true,
  );
});

test("requeue does not replace other pictures that were submitted since the failure", async (t) => {
  await open(t);
  await fail(1, "ocr_unavailable");
  await queue.enqueue({ ...sampleSubmission(1), selfieKey: "kyc/1/other.jpg" });
  assert.partialDeepStrictEqual(await json("requeue"), { submitted: [], leftOut: { submitted_since: [1] } });
  assert.equal((await jobSubmissionOf(1)).selfieKey, "kyc/1/other.jpg");
});

test("requeue does not replace other pictures that are submitted while it runs", async (t) => {
  await open(t);
  await fail(1, "ocr_unavailable");
  const proxy = await startTcpProxy({ targetPort: Number(new URL(redisUrl).port) });
  t.after(() => proxy.close());
  settings = { ...settings, REDIS_URL: `redis://127.0.0.1:${proxy.port}` };
  const held = proxy.hold("passportKey");
  const requeued = json("requeue");
  await held.seen;
  await queue.enqueue({ ...sampleSubmission(1), selfieKey: "kyc/1/other.jpg" });
  held.release();
  assert.partialDeepStrictEqual(await requeued, { submitted: [], leftOut: { submitted_since: [1] } });
  assert.equal((await queue.readRecord(1)).latest?.selfieKey, "kyc/1/other.jpg");
  assert.equal((await jobSubmissionOf(1)).selfieKey, "kyc/1/other.jpg");
});

test("requeue names what cannot be submitted again, and why", async (t) => {
  await open(t);
  await fail(1, "processing_timeout");
  await fail(2, "ocr_unavailable");
  const { code, stdout } = await kyc("requeue", "--reason", "processing_timeout", "--dry-run");
  assert.equal(code, 1);
  assert.match(stdout, /^Dry run\. Would submit 0 records again/);
  assert.match(stdout, /^1 record not submitted \(1\): .* no known object keys: let the backend submit/m);
  const wrong = await kyc("requeue", "--reason", "face_mismatch");
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /^--reason must be a reason of the class system: /);
});

test("requeue finds the object keys of a watchdog's verdict in Redis", async (t) => {
  await open(t);
  const { passportKey, selfieKey } = sampleSubmission(1);
  await queue.enqueue(sampleSubmission(1));
  await tool.redis.hset(
    "bull:kyc:1",
    "latest",
    JSON.stringify({ ...(await jobSubmissionOf(1)), submittedAt: Date.now() - 20 * MINUTE_MS }),
  );
  await fail(1, "processing_timeout");
  assert.partialDeepStrictEqual(await json("requeue"), { submitted: [1] });
  const latest = (await queue.readRecord(1)).latest ?? assert.fail("there is no submission");
  assert.partialDeepStrictEqual(latest, { passportKey, selfieKey });
  assert.ok(latest.submittedAt > Date.now() - 10 * MINUTE_MS);
});

test("pause lets no job start until resume, and stats and status show it", async (t) => {
  await open(t);
  await queue.enqueue(sampleSubmission(1));
  assert.match((await kyc("pause")).stdout, /^The queue is paused; 0 running jobs will end/);
  await assert.rejects(tool.take(), /no job waits/);
  assert.match(
    (await kyc("status", "1")).stdout,
    /^Somebody has paused the queue: no job starts until npx kyc resume/m,
  );
  assert.partialDeepStrictEqual(await json("stats"), { queue: { isPaused: true, depth: { waiting: 1 } } });
  assert.match((await kyc("resume")).stdout, /^The queue runs: 1 job in it\.$/m);
  await (await tool.take()).complete();
});

test("stats says how long verdicts took, how old the oldest job is, and how many workers there are", async (t) => {
  await open(t);
  await succeed(1);
  await queue.enqueue(sampleSubmission(2));
  const { stdout } = await kyc("stats", "--since", "1h");
  assert.match(stdout, /^Queue: 1 waiting, 0 active, 0 delayed; the oldest has waited for \d+ s; \d+ workers?\.$/m);
  assert.match(stdout, /^ {2}in the queue +1\.0 s +1\.0 s +1\.0 s$/m);
  assert.match(stdout, /^ {2}read_passport +2\.0 s +2\.0 s +2\.0 s$/m);
});

test("stats --watch repeats itself until it is stopped", async (t) => {
  await open(t);
  const env = { PATH: process.env["PATH"], ...settings };
  const child = spawn(process.execPath, [CLI, "stats", "--watch", "--json"], { env, cwd: tmpdir() });
  const ended = Promise.withResolvers<NodeJS.Signals | null>();
  child.once("exit", (_code, signal) => ended.resolve(signal));
  let lines = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    assert.partialDeepStrictEqual(JSON.parse(line), { queue: { depth: { waiting: 0 } } });
    lines += 1;
    if (lines === 2) break;
  }
  child.kill("SIGINT");
  assert.equal(await ended.promise, "SIGINT");
});

test("stats --watch goes on when Redis is away for a while", async (t) => {
  await open(t);
  const proxy = await startTcpProxy({ targetPort: Number(new URL(redisUrl).port) });
  t.after(() => proxy.close());
  const env = { PATH: process.env["PATH"], ...settings, REDIS_URL: `redis://127.0.0.1:${proxy.port}` };
  const child = spawn(process.execPath, [CLI, "stats", "--watch", "--json"], { env, cwd: tmpdir() });
  t.after(() => child.kill());
  const reports = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value } = await reports.next();
    const report: unknown = JSON.parse(String(value));
    return report;
  };
  assert.partialDeepStrictEqual(await next(), { failed: 0 });
  proxy.treatNew("reset");
  proxy.resetOpen();
  assert.partialDeepStrictEqual(await next(), { error: { code: "redis_unavailable" } });
  proxy.treatNew("pass");
  assert.partialDeepStrictEqual(await next(), { failed: 0 });
});

test("stats --watch ends at once if the first report fails, as a setting may be wrong", async (t) => {
  await open(t);
  settings = { ...settings, POSTGRES_URL: "postgres://127.0.0.1:1/kyc" };
  assert.equal((await kyc("stats", "--watch")).code, 1);
});
