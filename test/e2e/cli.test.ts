/** The operator's commands, each as a process of its own, on a stack with a good and a bad verification. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Queue, Worker } from "bullmq";
import { Client } from "pg";
import { QUEUE_NAME } from "../../lib/queue/queue.ts";
import { VERSION } from "../../lib/version.ts";
import { freePort } from "../../dev/servers/free-port.ts";
import { createBackend, type Backend } from "../../dev/stack/backend.ts";
import { runCase } from "../../dev/stack/run-case.ts";
import { SAMPLE_CASES } from "../../dev/samples/cases.ts";
import { samplePassport } from "../../dev/samples/passports.ts";
import { startStack, type Stack } from "../../dev/stack/stack.ts";

const CLI = join(import.meta.dirname, "../../cli/main.ts");
const GOOD = 1;
/** Between the two, there is a row that somebody has damaged. */
const DAMAGED = 2;
const BAD = 3;
/** A record in review without a job. */
const FORGOTTEN = 77;

const resealedWith = `9:${randomBytes(32).toString("base64")}`;

const resources = new AsyncDisposableStack();
let stack: Stack;
let backend: Backend;
let scratch: string;

before(async () => {
  stack = resources.use(
    await startStack({ environment: {}, progress: () => {}, latencyMs: { gemini: 20, compreface: 20 } }),
  );
  backend = createBackend({ apiUrl: stack.apiUrl, environment: stack.dependencies.environment });
  resources.defer(() => backend.close());
  scratch = await mkdtemp(join(tmpdir(), "kyc-cli-"));
  resources.defer(() => rm(scratch, { recursive: true }));
  const named = (name: string) => SAMPLE_CASES.find((sample) => sample.name === name) ?? assert.fail(name);
  const stage = { backend, dependencies: stack.dependencies };
  await runCase(named("genuine and matching"), GOOD, stage);
  await runCase(named("another person's selfie"), BAD, stage);
});

after(() => resources.disposeAsync());

/** Runs a statement as somebody else. */
async function sql(statement: string, values: readonly unknown[] = []): Promise<void> {
  const client = new Client({ connectionString: stack.dependencies.environment["POSTGRES_URL"] });
  await client.connect();
  try {
    await client.query(statement, [...values]);
  } finally {
    await client.end();
  }
}

/** A queue of its own beside that of the stack, so that no worker takes its jobs. */
const NIGHT = { KYC_QUEUE_PREFIX: "night" };

async function openNightQueue() {
  const { hostname, port } = new URL(stack.dependencies.environment["REDIS_URL"] ?? "");
  const options = { connection: { host: hostname, port: Number(port) }, prefix: NIGHT.KYC_QUEUE_PREFIX };
  const queue = new Queue(QUEUE_NAME, options);
  const worker = new Worker(QUEUE_NAME, null, { ...options, autorun: false });
  resources.defer(() => queue.close());
  resources.defer(() => worker.close());
  await worker.waitUntilReady();
  const take = async () => (await worker.getNextJob("token", { block: false })) ?? assert.fail("no job waits");
  return { queue, take };
}

const kyc = (args: readonly string[], settings: Readonly<Record<string, string>> = {}) =>
  run(args, { ...stack.dependencies.environment, ...settings });

/** Runs a command with these settings and no others. */
function run(args: readonly string[], settings: Readonly<Record<string, string>>, cwd = scratch) {
  const env = { PATH: process.env["PATH"], ...settings };
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(process.execPath, [CLI, ...args], { env, cwd }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
    // For commands that read standard input. The others may end before it arrives.
    child.stdin?.on("error", () => {}).end("{}\n");
  });
}

test("show opens a result, explains it, and says that it shows personal data", async () => {
  const { code, stdout } = await kyc(["show", String(GOOD)]);
  assert.equal(code, 0);
  assert.match(stdout, /PERSONAL DATA/);
  assert.ok(stdout.includes(samplePassport(1).documentNumber));
  assert.match(stdout, /liveness +not_executed/);
  assert.match(stdout, new RegExp(`^Record ${GOOD} was verified at \\S+, attempt 1\\.$`, "m"));
  assert.match(stdout, /^Took \d+\.\d s, 1 call to Gemini, \d,\d{3} tokens\.$/m);
  const bad = await kyc(["show", String(BAD)]);
  assert.match(bad.stdout, /face_mismatch \(selfie\)/);
  assert.match(bad.stdout, /Text for the person: /);
});

test("show --json says on stderr that its output is personal data", async () => {
  const { stdout, stderr } = await kyc(["show", String(GOOD), "--json"]);
  assert.partialDeepStrictEqual(JSON.parse(stdout), { status: "ocr_complete", kycId: GOOD });
  assert.match(stderr, /^PERSONAL DATA/);
});

test("with --json, an error is JSON too, with the same exit code", async () => {
  const missing = await kyc(["show", "999999", "--json"]);
  assert.equal(missing.code, 1);
  const { error } = JSON.parse(missing.stdout);
  assert.equal(error.code, "no_record");
  assert.match(error.message, /There is no record 999999/);
  const status = await kyc(["status", "999999", "--json"]);
  assert.deepEqual(
    [status.code, JSON.parse(status.stdout)],
    [1, { kycId: 999_999, record: null, job: null, verdict: null }],
  );
  const failures = [
    [["show", "1e2", "--json"], {}, 2, "usage"],
    [["stats", "--json", "--colour"], {}, 2, "usage"],
    [["stats", "--json"], { KYC_ENCRYPTION_KEYS: "none" }, 2, "configuration"],
    [["stats", "--json"], { POSTGRES_URL: "postgresql://127.0.0.1:9/kyc" }, 1, "postgresql_unavailable"],
    [["status", "1", "--json"], { REDIS_URL: "redis://127.0.0.1:9" }, 1, "redis_unavailable"],
  ] as const;
  for (const [args, settings, code, name] of failures) {
    const ended = await kyc(args, settings);
    assert.equal(ended.code, code);
    assert.equal(JSON.parse(ended.stdout).error.code, name);
  }
});

test("if a dependency fails, kyc names it and says what to do", async () => {
  const { pathname } = new URL(stack.dependencies.environment["POSTGRES_URL"] ?? "");
  const other = stack.dependencies.environment["POSTGRES_URL"]?.replace(new RegExp(`${pathname}$`), "/postgres") ?? "";
  const { code, stderr } = await kyc(["stats"], { POSTGRES_URL: other });
  assert.equal(code, 1);
  assert.match(stderr, /^PostgreSQL has no table kyc_verification \(42P01\): let Serverpod create it/);
  const refused = await kyc(["status", "1"], { REDIS_URL: "redis://127.0.0.1:9" });
  assert.match(refused.stderr, /^Redis cannot be reached \(ECONNREFUSED\): check REDIS_URL; nothing listens there/);
});

test("status shows the state of a record, and no personal data", async () => {
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

test("status shows the job's state, why its last attempt failed, and how long the queue pauses", async () => {
  const { queue, take } = await openNightQueue();
  const deduplication = { id: "kyc-78", keepLastIfActive: true };
  const options = { deduplication, attempts: 5, backoff: { type: "fixed", delay: 60_000 } };
  await queue.add("verify", {}, options);
  assert.match((await kyc(["status", "78"], NIGHT)).stdout, /Job kyc-78 waits for a free worker \(attempt 1 of 5\)/);
  const job = await take();
  assert.match((await kyc(["status", "78"], NIGHT)).stdout, /Job kyc-78 is running \(attempt 1 of 5\)/);
  await job.moveToFailed(new Error("PostgreSQL did not answer as it should (57P03)"), "token", false);
  await queue.rateLimit(30_000);
  const { stdout } = await kyc(["status", "78"], NIGHT);
  assert.match(stdout, /Job kyc-78 waits to run again at \d{4}-\S+Z, in \d\d s \(attempt 2 of 5\)/);
  assert.match(stdout, /^Its last failed attempt: PostgreSQL did not answer as it should \(57P03\)\.$/m);
  assert.match(stdout, /^The queue pauses for another \d\d s/m);
  await queue.pause();
  const data = JSON.parse((await kyc(["status", "78", "--json"], NIGHT)).stdout);
  assert.partialDeepStrictEqual(data, {
    record: null,
    job: {
      id: "kyc-78",
      state: "delayed",
      attempt: 2,
      attempts: 5,
      lastFailure: "PostgreSQL did not answer as it should (57P03)",
      queue: { isPaused: true },
    },
  });
  const untilRunMs = Date.parse(data.job.runsAt) - Date.parse(data.job.enqueuedAt);
  assert.ok(untilRunMs >= 60_000 && untilRunMs < 600_000, String(untilRunMs));
});

test("status says when the watchdog fails a record that has no verdict", async () => {
  const createdAt = new Date("2026-01-02T03:04:05Z");
  await backend.records.insertRecord({ kycId: FORGOTTEN, userId: 1, status: "in_review", createdAt });
  const old = await kyc(["status", String(FORGOTTEN)], { ...NIGHT, KYC_STUCK_TIMEOUT_MIN: "30" });
  assert.match(old.stdout, /No job is in the queue\. Either it was never submitted/);
  assert.match(old.stdout, /The watchdog may fail it since 2026-01-02T03:34:05\.000Z \(30 min after createdAt/);
  await sql(`UPDATE kyc_verification SET "createdAt" = timezone('UTC', now()) WHERE id = $1`, [FORGOTTEN]);
  assert.match(
    (await kyc(["status", String(FORGOTTEN)], NIGHT)).stdout,
    /Without a verdict, the watchdog fails it after \S+Z \(15 min after createdAt and its submission\), in \d+ s\./,
  );
  // A column that does not exist in the table gives no time for the watchdog, and hides nothing else.
  const elsewhere = await kyc(["status", String(FORGOTTEN)], { ...NIGHT, KYC_STUCK_SINCE_COLUMN: "nowhere" });
  assert.match(elsewhere.stdout, /in_review/);
  assert.doesNotMatch(elsewhere.stdout, /fails? it (?:after|since)/);
  await sql("DELETE FROM kyc_verification WHERE id = $1", [FORGOTTEN]);
});

test("retry says what to do if the job is gone", async () => {
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
    unopened: { unknown_key: 0, damaged: 0, other_version: 0 },
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
  assert.match(report, /^ {2}compare_faces( +\d+\.\d s){3}$/m);
});

test("replay reports what another policy would decide, and writes nothing", async () => {
  const policy = join(scratch, "policy.json");
  await writeFile(policy, JSON.stringify({ minimumAgeYears: 120 }));
  const sealed = (await backend.records.readRecord(GOOD))?.ocrResult;
  assert.match((await kyc(["replay"])).stdout, /^2 results replayed; nothing would change\. Nothing was written\.$/m);
  const { stdout } = await kyc(["replay", "--policy", policy]);
  assert.match(stdout, /^2 results replayed; 1 record would change, in 1 check\. Nothing was written\.$/m);
  assert.match(stdout, /1 {2}age: passed -> failed holder_under_age/);
  assert.deepEqual((await backend.records.readRecord(GOOD))?.ocrResult, sealed);
});

test("replay applies a threshold to matches and mismatches", async () => {
  const policy = join(scratch, "threshold.json");
  await writeFile(policy, JSON.stringify({ faceMatchThreshold: 0.01 }));
  const { stdout } = await kyc(["replay", "--policy", policy]);
  assert.match(stdout, /3 {2}face_match: face_mismatch, 0\.\d+ of 0\.75 -> would match at 0\.01 \(/);
  // Without one in the file, it is that of the configuration.
  await writeFile(policy, "{}");
  const strict = await kyc(["replay", "--policy", policy, "--json"], { FACE_MATCH_THRESHOLD: "0.999" });
  assert.partialDeepStrictEqual(JSON.parse(strict.stdout), {
    replayed: 2,
    changedRecords: 1,
    notReplayable: 0,
    policy: { faceMatchThreshold: 0.999 },
    changes: [{ kycId: GOOD, what: "face_match", after: "face_mismatch at 0.999" }],
  });
});

test("replay says what to change in a policy file", async () => {
  const policy = join(scratch, "wrong.json");
  const expected = async (text: string) => {
    await writeFile(policy, text);
    const { code, stderr } = await kyc(["replay", "--policy", policy]);
    assert.equal(code, 2);
    return stderr;
  };
  assert.match(await expected('{"minimumAge": 3}'), /it has no "minimumAge"; it may have minimumAgeYears/);
  assert.match(
    await expected('{"minimumAgeYears": -5}'),
    /minimumAgeYears must be a whole number of years from 0 to 150/,
  );
  assert.match(await expected('{"faceMatchThreshold": 75}'), /faceMatchThreshold must be a similarity from 0 to 1/);
  assert.match(await expected('{"expiresSoonDays": "9"}'), /expiresSoonDays must be a whole number of days/);
  assert.match(
    await expected("[]"),
    /^Change the policy file: it must be a JSON object, such as \{"minimumAgeYears": 21\}\./,
  );
  assert.match(await expected("{"), /is not JSON/);
});

test("reseal skips and names results that do not open, and afterwards the old key is not needed", async () => {
  const key = resealedWith;
  const both = { KYC_ENCRYPTION_KEYS: `${key},${stack.dependencies.environment["KYC_ENCRYPTION_KEYS"]}` };
  await sql(
    `INSERT INTO kyc_verification (id, "userId", status, "ocrResult", "createdAt", "reviewedAt")
     VALUES ($1, 1, 'ocr_complete', '\\x0101deadbeef', timezone('UTC', now()), timezone('UTC', now()))`,
    [DAMAGED],
  );
  const first = await kyc(["reseal"], both);
  assert.equal(first.code, 1);
  assert.equal(
    first.stdout,
    "2 results are now sealed with key 9; 1 does not open and was left as it is: record 2. Add its key, or let the backend submit it again.\n",
  );
  const second = await kyc(["reseal", "--json"], both);
  assert.deepEqual([second.code, JSON.parse(second.stdout)], [1, { keyId: 9, resealed: 0, left: [DAMAGED] }]);
  assert.match((await kyc(["stats"], both)).stdout, /^1 result is damaged or was sealed for another record/m);
  await sql("DELETE FROM kyc_verification WHERE id = $1", [DAMAGED]);
  const last = await kyc(["reseal"], both);
  assert.deepEqual([last.code, last.stdout], [0, "0 results are now sealed with key 9.\n"]);
  assert.equal((await kyc(["show", String(GOOD)], { KYC_ENCRYPTION_KEYS: key })).code, 0);
});

test("kyc distinguishes a result whose key is not configured from a damaged one", async () => {
  const show = await kyc(["show", String(GOOD)]);
  assert.equal(show.code, 1);
  assert.match(show.stdout, /does not open\. Sealed with key 9, which is not in KYC_ENCRYPTION_KEYS: add it there/);
  for (const command of ["replay", "stats"])
    assert.match((await kyc([command])).stdout, /^2 results are sealed with keys that are not configured: add them/m);
  const reseal = await kyc(["reseal"]);
  assert.equal(reseal.code, 1);
  assert.match(reseal.stdout, /^0 results .*; 2 do not open and were left as they are: records 1, 3\. Add their keys/);
});

test("doctor finds no fault in a working stack, and says how to fix a broken one", async () => {
  const sound = await kyc(["doctor", "--key", "kyc/1/passport.jpg"]);
  assert.equal(sound.code, 0, sound.stdout);
  assert.doesNotMatch(sound.stdout, /WRONG|WARNING/);
  assert.match(sound.stdout, /^ok +PostgreSQL grants: SELECT and UPDATE$/m);
  assert.match(
    sound.stdout,
    /^ok +Face match: CompreFace decides \(threshold 0\.75\); Gemini if it fails on a job's last attempt$/m,
  );
  const inWorker = await kyc(["doctor"], { KYC_SERVICE_SECRET: "" });
  assert.equal(inWorker.code, 0, inWorker.stdout);
  assert.match(
    inWorker.stdout,
    /^WARNING +Settings of the API: KYC_SERVICE_SECRET is not set\n +-> The worker does not/m,
  );
  const unset = await kyc(["doctor"], { S3_ENDPOINT: "not a url" });
  assert.match(
    unset.stdout,
    /WRONG +Settings of the worker: S3_ENDPOINT\n +-> S3_ENDPOINT: the URL of the object storage/,
  );
});

test("doctor distinguishes the faults of each dependency", async () => {
  const { POSTGRES_URL: url = "" } = stack.dependencies.environment;
  const noDatabase = new URL(url);
  noDatabase.pathname = "/nowhere";
  const nobody = new URL(url);
  nobody.password = "wrong";
  const gone = `http://127.0.0.1:${await freePort()}`;
  const picture = "kyc/1/passport.jpg";
  const runs: readonly (readonly [settings: Readonly<Record<string, string>>, key: string, ...expected: RegExp[]])[] = [
    [
      { GEMINI_API_KEY: "wrong", POSTGRES_URL: noDatabase.href, COMPREFACE_API_KEY: "wrong" },
      "nope",
      /^WRONG +Gemini: refuses the key \(HTTP 400\)\n +-> check GEMINI_API_KEY/m,
      /^WRONG +PostgreSQL: has no database of that name \(3D000\)\n +-> put the backend's database into POSTGRES_URL/m,
      /^WRONG +CompreFace key: CompreFace refuses the key\n +-> put the API key/m,
      /^WRONG +Object storage: the object nope is not in the bucket kyc-data\n/m,
    ],
    [
      { GEMINI_BASE_URL: gone, POSTGRES_URL: nobody.href, COMPREFACE_URL: gone, S3_BUCKET: "other" },
      picture,
      /^WRONG +Gemini: cannot be reached \(ECONNREFUSED\)\n +-> check GEMINI_BASE_URL; nothing listens there/m,
      /^WRONG +PostgreSQL: refuses the user or the password \(28P01\)\n/m,
      /^WRONG +CompreFace: cannot be reached \(ECONNREFUSED\)\n +-> check COMPREFACE_URL/m,
      /^WRONG +Object storage: there is no bucket other\n +-> set S3_BUCKET/m,
    ],
    [
      { GEMINI_MODEL: "gemini-0", REDIS_URL: "redis://127.0.0.1:9", COMPREFACE_API_KEY: "", S3_SECRET_KEY: "wrong" },
      picture,
      /^WRONG +Gemini: has no model gemini-0 \(HTTP 404\)\n +-> set GEMINI_MODEL/m,
      /^WRONG +Redis: cannot be reached \(ECONNREFUSED\)\n +-> check REDIS_URL/m,
      /^ok +Face match: Gemini compares the faces, and every match asks for a human look$/m,
      /^WRONG +Object storage: refuses access \(HTTP 403 /m,
    ],
    [{ S3_ENDPOINT: gone }, picture, /^WRONG +Object storage: cannot be reached \(\w+\)\n +-> check S3_ENDPOINT/m],
  ];
  for (const [settings, key, ...expected] of runs) {
    const { code, stdout } = await kyc(["doctor", "--key", key], settings);
    assert.equal(code, 1);
    for (const finding of expected) assert.match(stdout, finding);
  }
});

test("every command has help that needs no configuration, and data for --json", async () => {
  const listed = (await kyc(["--help"])).stdout.match(/^ {2}\w+/gm) ?? [];
  const usages = listed.filter((usage) => usage !== "  help");
  assert.ok(usages.length >= 13);
  const keys = `${resealedWith},${stack.dependencies.environment["KYC_ENCRYPTION_KEYS"]}`;
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

test("a wrong call is refused before any dependency is asked", async () => {
  for (const args of [
    ["show"],
    ["show", "1e2"],
    ["stats", "--since", "0"],
    ["reseal", "5"],
    ["replay", "--policy", "none.json"],
  ]) {
    const { code, stderr } = await run(args, {});
    assert.equal(code, 2);
    assert.match(stderr, new RegExp(`^[A-Z"-].*\\.?\n\nUsage: npx kyc ${args[0]}`));
    assert.doesNotMatch(stderr, /positional|ambiguous|commander|error:/);
  }
  assert.match((await run(["show", "1"], {})).stderr, /REDIS_URL: a URL such as[^]*npm start/);
});

test("kyc finds the stack of npm start by its settings file, and the environment overrides it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "kyc-cli-"));
  resources.defer(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, ".local"));
  const settings = Object.entries(stack.dependencies.environment).filter(([name]) => /^[A-Z][A-Z0-9_]+$/.test(name));
  await writeFile(join(folder, ".local/stack.env"), settings.map(([name, value]) => `${name}='${value}'`).join("\n"));
  assert.equal((await run(["status", String(GOOD)], {}, folder)).code, 0);
  const gone = "postgresql://127.0.0.1:9/kyc";
  const broken = await run(["status", "1"], { POSTGRES_URL: gone }, folder);
  assert.equal(broken.code, 1);
  assert.match(broken.stderr, /^PostgreSQL cannot be reached \(ECONNREFUSED\)[^]*npx kyc doctor/);
  // It is not the stack's.
  assert.doesNotMatch(broken.stderr, /stack\.env/);
  await writeFile(join(folder, ".local/stack.env"), `POSTGRES_URL='${gone}'\n`);
  const { POSTGRES_URL: _, ...others } = stack.dependencies.environment;
  assert.match((await run(["status", "1"], others, folder)).stderr, /delete \.local\/stack\.env, which it left behind/);
});

test("an unknown command is refused with the usage", async () => {
  const { code, stderr } = await kyc(["shwo", "1"]);
  assert.equal(code, 2);
  assert.match(stderr, /Unknown command 'shwo'\. Did you mean show\?\n\nUsage: npx kyc/);
});

test("help and version are shown for every usual flag", async () => {
  for (const args of [[], ["--help"], ["-h"], ["help"]]) {
    const { code, stdout } = await run(args, {});
    assert.equal(code, 0);
    assert.match(stdout, /^Usage: npx kyc <command>/);
  }
  for (const args of [
    ["help", "stats"],
    ["stats", "-h"],
  ])
    assert.match((await run(args, {})).stdout, /^Usage: npx kyc stats/);
  const { code, stdout } = await run(["--version"], {});
  assert.deepEqual([code, stdout], [0, `${VERSION}\n`]);
});
