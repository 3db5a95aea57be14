/** The operator's commands, each as a process of its own, on a stack with a good and a bad verification. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createBackend, type Backend } from "../../local/backend.ts";
import { runCase } from "../../local/run-case.ts";
import { SAMPLE_CASES } from "../../local/samples/cases.ts";
import { samplePassport } from "../../local/samples/passports.ts";
import { startStack, type Stack } from "../../local/stack.ts";

const CLI = join(import.meta.dirname, "../../cli/main.ts");
const GOOD = 1;
const BAD = 2;

const resources = new AsyncDisposableStack();
let stack: Stack;
let backend: Backend;
let scratch: string;

before(async () => {
  stack = resources.use(
    await startStack({ environment: {}, progress: () => {}, latencyMs: { gemini: 20, compreface: 20 } }),
  );
  backend = createBackend({ apiUrl: stack.apiUrl, environment: stack.neighbours.environment });
  resources.defer(() => backend.close());
  scratch = await mkdtemp(join(tmpdir(), "kyc-cli-"));
  resources.defer(() => rm(scratch, { recursive: true }));
  const named = (name: string) => SAMPLE_CASES.find((sample) => sample.name === name) ?? assert.fail(name);
  const stage = { backend, neighbours: stack.neighbours };
  await runCase(named("genuine and matching"), GOOD, stage);
  await runCase(named("another person's selfie"), BAD, stage);
});

after(() => resources.disposeAsync());

function kyc(args: readonly string[], settings: Readonly<Record<string, string>> = {}) {
  const env = { PATH: process.env["PATH"], ...stack.neighbours.environment, ...settings };
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [CLI, ...args], { env, cwd: scratch }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

test("show opens a result, explains it, and says that it shows personal data", async () => {
  const { code, stdout } = await kyc(["show", String(GOOD)]);
  assert.equal(code, 0);
  assert.match(stdout, /PERSONAL DATA/);
  assert.ok(stdout.includes(samplePassport(1).documentNumber));
  assert.match(stdout, /liveness +not_executed/);
  const bad = await kyc(["show", String(BAD)]);
  assert.match(bad.stdout, /face_mismatch \(selfie\)/);
  assert.match(bad.stdout, /What the person is told: /);
});

test("status shows where a record stands, and no personal datum", async () => {
  const { code, stdout } = await kyc(["status", String(GOOD), "--json"]);
  assert.equal(code, 0);
  const status: unknown = JSON.parse(stdout);
  assert.partialDeepStrictEqual(status, {
    kycId: GOOD,
    record: { status: "ocr_complete", hasResult: true },
    job: null,
  });
  assert.ok(!stdout.includes(samplePassport(1).surname));
  assert.equal((await kyc(["status", "99"])).code, 1);
});

test("retry says what to do where a job is gone", async () => {
  const { code, stdout } = await kyc(["retry", String(GOOD)]);
  assert.equal(code, 1);
  assert.match(stdout, /Let the backend submit the record again/);
});

test("stats counts verdicts, failures by code, and tokens", async () => {
  const { stdout } = await kyc(["stats", "--json"]);
  const stats: unknown = JSON.parse(stdout);
  assert.partialDeepStrictEqual(stats, {
    decided: 2,
    failed: 1,
    failures: { face_mismatch: 1 },
    unopened: 0,
    calls: 1,
  });
  assert.match((await kyc(["stats"])).stdout, /1 {2}face_mismatch/);
});

test("replay says what another policy would decide, and writes nothing", async () => {
  const policy = join(scratch, "policy.json");
  await writeFile(policy, JSON.stringify({ minimumAgeYears: 120 }));
  const sealed = (await backend.records.readRecord(GOOD))?.ocrResult;
  assert.match((await kyc(["replay"])).stdout, /1 results replayed; 0 outcomes would change/);
  assert.match((await kyc(["replay", "--policy", policy])).stdout, /1 {2}age: passed -> failed holder_under_age/);
  assert.deepEqual((await backend.records.readRecord(GOOD))?.ocrResult, sealed);
  await writeFile(policy, JSON.stringify({ minimumAge: 3 }));
  const wrong = await kyc(["replay", "--policy", policy]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /minimumAgeYears/);
});

test("reseal moves every result under the first key, after which the old key is not needed", async () => {
  const key = `9:${randomBytes(32).toString("base64")}`;
  const both = `${key},${stack.neighbours.environment["KYC_ENCRYPTION_KEYS"]}`;
  assert.match((await kyc(["reseal"], { KYC_ENCRYPTION_KEYS: both })).stdout, /2 results are now sealed with key 9/);
  assert.match((await kyc(["reseal"], { KYC_ENCRYPTION_KEYS: both })).stdout, /0 results/);
  assert.equal((await kyc(["show", String(GOOD)], { KYC_ENCRYPTION_KEYS: key })).code, 0);
});

test("doctor finds a sound stack sound, and says how to mend a broken one", async () => {
  const sound = await kyc(["doctor", "--key", "kyc/1/passport.jpg"]);
  assert.equal(sound.code, 0, sound.stdout);
  assert.doesNotMatch(sound.stdout, /WRONG|WARNING/);
  const broken = await kyc(["doctor"], { GEMINI_API_KEY: "wrong", REDIS_URL: "redis://127.0.0.1:9" });
  assert.equal(broken.code, 1);
  assert.match(broken.stdout, /WRONG +Gemini: HTTP 400\n +-> check GEMINI_API_KEY/);
  assert.match(broken.stdout, /WRONG +Redis: cannot be reached/);
  const unset = await kyc(["doctor"], { S3_ENDPOINT: "not a url" });
  assert.match(
    unset.stdout,
    /WRONG +Settings of the worker: S3_ENDPOINT\n +-> S3_ENDPOINT: the URL of the object storage/,
  );
});

test("what is not a command is told how to call it", async () => {
  const { code, stderr } = await kyc(["shwo", "1"]);
  assert.equal(code, 2);
  assert.match(stderr, /There is no command "shwo"\.\n\nUsage: npx kyc/);
});
