/** The operator's commands, each as a process of its own, on a stack with a good and a bad verification. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
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

const resealedWith = `9:${randomBytes(32).toString("base64")}`;

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

const kyc = (args: readonly string[], settings: Readonly<Record<string, string>> = {}) =>
  run(args, { ...stack.neighbours.environment, ...settings });

/** Runs a command with these settings and no others. */
function run(args: readonly string[], settings: Readonly<Record<string, string>>, cwd = scratch) {
  const env = { PATH: process.env["PATH"], ...settings };
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [CLI, ...args], { env, cwd }, (error, stdout, stderr) => {
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
    purposes: { passport: {} },
    cost: null,
  });
  const prices = { GEMINI_PRICE_INPUT_PER_MILLION: "0.5", GEMINI_PRICE_OUTPUT_PER_MILLION: "3" };
  const { stdout: report } = await kyc(["stats"], prices);
  assert.match(report, /1 {2}face_mismatch/);
  assert.match(
    report,
    /^Vision model: \d calls?, \d+ tokens in, \d+ out, [\d.]+ s each; 0\.00\d\d at the configured prices/m,
  );
  assert.match(report, /^ {2}compare_faces +\d\.\d s$/m);
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
  const key = resealedWith;
  const both = `${key},${stack.neighbours.environment["KYC_ENCRYPTION_KEYS"]}`;
  assert.match((await kyc(["reseal"], { KYC_ENCRYPTION_KEYS: both })).stdout, /2 results are now sealed with key 9/);
  assert.match((await kyc(["reseal"], { KYC_ENCRYPTION_KEYS: both })).stdout, /0 results/);
  assert.equal((await kyc(["show", String(GOOD)], { KYC_ENCRYPTION_KEYS: key })).code, 0);
  const without = await kyc(["show", String(GOOD)]);
  assert.equal(without.code, 1);
  assert.match(without.stdout, /does not open\. Add the key that sealed it to KYC_ENCRYPTION_KEYS/);
  assert.match((await kyc(["replay"])).stdout, /2 do not open/);
  assert.match((await kyc(["reseal"])).stderr, /Sealed with key 9, which is not in KYC_ENCRYPTION_KEYS: add it there/);
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

test("every command says how to call it, needs no configuration for that, and has data for --json", async () => {
  const usages = (await kyc(["--help"])).stdout.match(/^ {2}\w+/gm) ?? [];
  assert.ok(usages.length >= 7);
  const keys = `${resealedWith},${stack.neighbours.environment["KYC_ENCRYPTION_KEYS"]}`;
  for (const usage of usages) {
    const { code, stdout } = await run([usage.trim(), "--help"], {});
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`^Usage: npx kyc ${usage.trim()}`));
    const args = /<kycId>/.test(stdout) ? [String(GOOD)] : [];
    const { stdout: data, stderr } = await kyc([usage.trim(), ...args, "--json"], { KYC_ENCRYPTION_KEYS: keys });
    assert.ok(data !== "", stderr);
    JSON.parse(data);
  }
});

test("a wrong call is told before anybody is asked", async () => {
  for (const args of [["show"], ["show", "x"], ["stats", "--hours", "0"], ["replay", "--policy", "none.json"]]) {
    const { code, stderr } = await run(args, {});
    assert.equal(code, 2);
    assert.match(stderr, new RegExp(`^\\S[^]*Usage: npx kyc ${args[0]}`));
  }
  assert.match((await run(["show", "1"], {})).stderr, /REDIS_URL: a URL such as[^]*npm start/);
});

test("the stack of npm start is found by the file that it leaves; the environment goes first", async () => {
  const folder = await mkdtemp(join(tmpdir(), "kyc-cli-"));
  resources.defer(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, ".local"));
  const settings = Object.entries(stack.neighbours.environment).filter(([name]) => /^[A-Z][A-Z0-9_]+$/.test(name));
  await writeFile(join(folder, ".local/stack.env"), settings.map(([name, value]) => `${name}='${value}'`).join("\n"));
  assert.equal((await run(["status", String(GOOD)], {}, folder)).code, 0);
  const broken = await run(["status", "1"], { POSTGRES_URL: "postgresql://127.0.0.1:9/kyc" }, folder);
  assert.equal(broken.code, 1);
  assert.match(broken.stderr, /npx kyc doctor.*delete \.local\/stack\.env/);
});

test("what is not a command is told how to call it", async () => {
  const { code, stderr } = await kyc(["shwo", "1"]);
  assert.equal(code, 2);
  assert.match(stderr, /There is no command "shwo"\.\n\nUsage: npx kyc/);
});
