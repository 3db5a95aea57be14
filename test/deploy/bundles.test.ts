/** Loads each bundle of the deployment in its own process and folder, and calls it. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test, type TestContext } from "node:test";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import * as z from "zod/mini";
import { startPostgres } from "../../dev/servers/postgres.ts";
import { bullJobIdOf } from "../../lib/submission.ts";
import { startRedis } from "../../dev/servers/redis.ts";
import { createServerpodBackend, createVerificationTable } from "../../dev/stack/serverpod-table.ts";
import { startParameterStore } from "../servers/parameter-store.ts";
import { packageStage } from "./packaging.ts";

const ROOT = join(import.meta.dirname, "../..");
const DRIVER = join(import.meta.dirname, "invoke-bundle.ts");
const TOKEN = "token-of-the-parameter-store";
const SUBMISSION = { userId: 123, kycId: 456, passportKey: "kyc/456/passport.jpg", selfieKey: "kyc/456/selfie.jpg" };

const resources = new AsyncDisposableStack();
let folder: string;
let redisUrl: string;
let environment: Record<string, string>;
let aws: Record<string, string>;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "kyc-bundles-"));
  resources.defer(() => rm(folder, { recursive: true }));
  await using packaged = await packageStage({ stage: "prod" });
  for (const name of ["process", "health", "watchdog"]) {
    for (const [path, bytes] of await packaged.readBundle(name)) {
      await mkdir(join(folder, name, dirname(path)), { recursive: true });
      await writeFile(join(folder, name, path), bytes);
    }
  }
  const { Properties } = packaged.template.Resources["ProcessLambdaFunction"] ?? assert.fail();
  const schema = z.object({ Environment: z.object({ Variables: z.record(z.string(), z.string()) }) });
  environment = schema.parse(Properties).Environment.Variables;
  // The packages of Lambda's runtime, in a separate folder that NODE_PATH names.
  await mkdir(join(folder, "runtime"));
  await symlink(join(ROOT, "node_modules/@aws-sdk"), join(folder, "runtime/@aws-sdk"));

  const redis = resources.use(await startRedis());
  redisUrl = redis.url;
  const store = await startParameterStore({
    "/kyc/prod/KYC_SERVICE_SECRET": TOKEN,
    "/kyc/prod/REDIS_URL": redis.url,
  });
  resources.use(store);
  aws = { NODE_PATH: join(folder, "runtime"), ...store.environment };
});

after(() => resources.disposeAsync());

interface Outcome {
  readonly result: unknown;
  readonly output: string;
}

function invoke(name: string, event: object, env: Readonly<Record<string, string>>): Promise<Outcome> {
  const args = [DRIVER, join(folder, name, `functions/${name}.mjs`), JSON.stringify(event)];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env: { ...env }, cwd: folder }, (error, stdout, stderr) => {
      const line = stdout.split("\n").find((text) => text.startsWith('{"result"'));
      const result = line === undefined ? error : z.object({ result: z.unknown() }).parse(JSON.parse(line)).result;
      // Drop very long lines: Node.js prints the failed line, which is most of a minified bundle.
      const lines = (stdout + stderr).split("\n").filter((text) => text.length < 1_000);
      resolve({ result, output: lines.join("\n") });
    });
  });
}

test("the bundle of GET /health answers without any environment", async () => {
  const { result } = await invoke("health", {}, {});
  assert.partialDeepStrictEqual(result, { statusCode: 200, body: '{"status":"ok"}' });
});

test("the bundle of POST /api/v1/process reads its secrets from the Parameter Store and queues a submission", async () => {
  const event = { headers: { "x-service-token": TOKEN }, body: JSON.stringify(SUBMISSION) };
  const { result, output } = await invoke("process", event, { ...environment, ...aws });
  assert.partialDeepStrictEqual(result, { statusCode: 202, body: '{"jobId":"kyc-456","status":"queued"}' });
  assert.match(output, /KYC_SERVICE_SECRET_PREVIOUS.*not in the Parameter Store: counted as not set/);
  assert.ok(!output.includes(TOKEN));
});

test("the bundle of POST /api/v1/process refuses a wrong token", async () => {
  const event = { headers: { "x-service-token": "other" }, body: JSON.stringify(SUBMISSION) };
  const { result } = await invoke("process", event, { ...environment, ...aws });
  assert.partialDeepStrictEqual(result, { statusCode: 401 });
});

test("a bundle whose secrets cannot be read does not start, and logs why without a value", async () => {
  const { output } = await invoke(
    "process",
    {},
    { ...environment, ...aws, AWS_ENDPOINT_URL_SSM: "http://127.0.0.1:9" },
  );
  assert.match(output, /The Parameter Store did not give \/kyc\/prod\/KYC_SERVICE_SECRET/);
});

test("the watchdog's bundle names the missing settings", async () => {
  const { output } = await invoke("watchdog", {}, {});
  assert.match(output, /REDIS_URL: a URL such as/);
  assert.match(output, /KYC_ENCRYPTION_KEYS/);
});

/** Makes records 1 to 3 old enough to be stuck. Record 2 has an old job, and record 3 a young one. */
async function openStuckRecords(t: TestContext, prefix: string) {
  const postgres = await startPostgres();
  t.after(() => postgres.stop());
  const url = await postgres.createDatabase("kyc");
  await createVerificationTable(url);
  const backend = createServerpodBackend({ url });
  t.after(() => backend.close());
  const anHourAgo = Date.now() - 3_600_000;
  for (const kycId of [1, 2, 3]) {
    await backend.insertRecord({ kycId, userId: 1, status: "in_review", createdAt: new Date(anHourAgo) });
  }
  const queue = new Queue("kyc-jobs", { connection: { url: redisUrl }, prefix });
  t.after(() => queue.close());
  for (const [kycId, submittedAt] of [
    [2, anHourAgo],
    [3, Date.now()],
  ] as const) {
    const submission = { ...SUBMISSION, kycId, id: randomUUID(), submittedAt };
    const deduplication = { id: `kyc-${kycId}`, keepLastIfActive: true };
    await queue.add("verify", submission, { jobId: bullJobIdOf(submission), deduplication });
  }
  const sweep = () =>
    invoke(
      "watchdog",
      {},
      {
        REDIS_URL: redisUrl,
        KYC_QUEUE_PREFIX: prefix,
        POSTGRES_URL: url,
        KYC_ENCRYPTION_KEYS: `1:${Buffer.alloc(32, "key").toString("base64")}`,
      },
    );
  const statuses = () => Promise.all([1, 2, 3].map(async (kycId) => (await backend.readRecord(kycId))?.status));
  return { queue, sweep, statuses };
}

test("the watchdog's bundle fails stuck records, leaves a record with a young submission alone, and removes no job", async (t) => {
  const { queue, sweep, statuses } = await openStuckRecords(t, "swept");
  const { result, output } = await sweep();
  assert.partialDeepStrictEqual(result, { failed: 2, leftAlone: 1 });
  assert.match(output, /"StuckRecordsFailed":2/);
  assert.deepEqual(await statuses(), ["ocr_failed", "ocr_failed", "in_review"]);
  assert.equal(await queue.getWaitingCount(), 2);
});

test("the watchdog's bundle sweeps even if Redis does not let it measure the queue, and fails afterwards", async (t) => {
  const { sweep, statuses } = await openStuckRecords(t, "unmeasured");
  const redis = new Redis(redisUrl);
  t.after(() => redis.disconnect());
  const allow = (rule: string) => redis.call("ACL", "SETUSER", "default", rule);
  await allow("-zcard");
  const { result, output } = await sweep();
  await allow("+zcard");
  assert.ok(result instanceof Error);
  assert.match(output, /the queue cannot be measured/);
  assert.match(output, /"StuckRecordsFailed":2/);
  assert.deepEqual(await statuses(), ["ocr_failed", "ocr_failed", "in_review"]);
});
