/**
 * Every sample case through the HTTP API that `serverless offline` serves and a worker process; then what all of them left
 * in logs, in Redis and in HTTP answers is searched for personal data and secrets.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { Redis } from "ioredis";
import * as z from "zod/mini";
import { createEnvelope, parseKeyring } from "../../lib/record/envelope.ts";
import { createBackend, type Backend } from "../../dev/stack/backend.ts";
import { runCase, type CaseOutcome } from "../../dev/stack/run-case.ts";
import { SAMPLE_CASES } from "../../dev/samples/cases.ts";
import { samplePassport } from "../../dev/samples/passports.ts";
import { startStack, type Stack } from "../../dev/stack/stack.ts";
import { ROOT } from "../docs/openapi-file.ts";
import { LEAK_PATTERNS } from "../stage/audit/find-leaks.ts";

const resources = new AsyncDisposableStack();
const logs: string[] = [];
const redisCommands: string[] = [];
let stack: Stack;
let backend: Backend;

before(async () => {
  stack = resources.use(
    await startStack({
      environment: {},
      progress: () => {},
      log: (_source, line) => logs.push(line),
      latencyMs: { gemini: 50, compreface: 20 },
    }),
  );
  const { environment } = stack.dependencies;
  const redis = new Redis(environment["REDIS_URL"] ?? "");
  resources.defer(() => redis.disconnect());
  const monitor = await redis.monitor();
  monitor.on("monitor", (_time: string, words: string[]) => redisCommands.push(words.join(" ")));
  resources.defer(() => monitor.disconnect());
  backend = createBackend({ apiUrl: stack.apiUrl, environment });
  resources.defer(() => backend.close());
  stack.dependencies.gemini?.script(SAMPLE_CASES.flatMap(({ gemini = [] }) => gemini));
  stack.dependencies.compreface?.script(SAMPLE_CASES.flatMap(({ compreface = [] }) => compreface));
});

after(() => resources.disposeAsync());

const running = new Map<string, Promise<CaseOutcome>>();

/** All cases run side by side; each test waits for its own. */
function outcomeOf(name: string): Promise<CaseOutcome> {
  if (running.size === 0) {
    for (const [index, sample] of SAMPLE_CASES.entries()) {
      running.set(sample.name, runCase(sample, index + 1, { backend, dependencies: stack.dependencies }));
    }
  }
  const outcome = running.get(name);
  assert.ok(outcome);
  return outcome;
}

for (const { name } of SAMPLE_CASES) {
  test(`sample case: ${name}`, async () => {
    assert.deepEqual((await outcomeOf(name)).faults, []);
  });
}

test("every sealed result matches the published JSON Schema", async () => {
  const schema: unknown = JSON.parse(await readFile(join(ROOT, "docs/result.schema.json"), "utf8"));
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
  const validate = ajv.compile(z.record(z.string(), z.unknown()).parse(schema));
  const envelope = createEnvelope({ keys: parseKeyring(stack.dependencies.environment["KYC_ENCRYPTION_KEYS"] ?? "") });
  const statuses = new Set<string>();
  for (const { name } of SAMPLE_CASES) {
    const { kycId, status } = await outcomeOf(name);
    const sealed = (await backend.records.readRecord(kycId))?.ocrResult;
    if (sealed == null) continue;
    const result: unknown = JSON.parse(envelope.open(kycId, Buffer.from(sealed)));
    assert.ok(validate(result), `${name}: ${ajv.errorsText(validate.errors)}`);
    assert.partialDeepStrictEqual(result, { kycId, status });
    statuses.add(String(status));
  }
  assert.deepEqual([...statuses].toSorted(), ["ocr_complete", "ocr_failed"]);
});

test("a failed result lists the calls that were paid", async () => {
  const { result } = await outcomeOf("not a passport");
  const paid = result?.calls.filter(({ tokens }) => tokens !== undefined);
  assert.deepEqual(
    paid?.map(({ purpose }) => purpose),
    ["passport"],
  );
});

test("the watchdog fails a stuck record", async () => {
  const kycId = 10_001;
  const createdAt = new Date(Date.now() - 20 * 60_000);
  await backend.records.insertRecord({ kycId, userId: 1, createdAt });
  await backend.records.setInReview(kycId);
  await stack.invoke("watchdog");
  const result = await backend.openResult(kycId);
  assert.ok(result?.status === "ocr_failed");
  assert.equal(result.failureCode, "processing_timeout");
  assert.equal((await backend.records.readRecord(kycId))?.status, "ocr_failed");
});

test("the worker's health check covers queue and database", async () => {
  const response = await fetch(stack.workerHealthUrl);
  assert.equal(response.status, 200);
  assert.partialDeepStrictEqual(await response.json(), {
    status: "ok",
    redis: { state: "ok" },
    postgres: { state: "ok" },
  });
});

test("logs and Redis hold no personal data and no secret", async () => {
  await Promise.all(SAMPLE_CASES.map(({ name }) => outcomeOf(name)));
  const written = [...logs, ...redisCommands].join("\n");
  // The search itself works: a text that is not a secret is found.
  assert.match(written, /kyc-1\b/);
  assert.match(written, /verdict/);

  for (const { person } of SAMPLE_CASES) {
    const { surname, givenNames, documentNumber, mrz, birthDate, personalNumber } = samplePassport(person);
    for (const datum of [surname, givenNames, documentNumber, ...mrz, birthDate, personalNumber]) {
      // A very short one would be found in sealed bytes by chance.
      if (datum && datum.length >= 6) assert.ok(!written.includes(datum), `a datum of sample person ${person} leaked`);
    }
  }
  const { environment } = stack.dependencies;
  for (const name of [
    "KYC_SERVICE_SECRET",
    "KYC_ENCRYPTION_KEYS",
    "S3_SECRET_KEY",
    "GEMINI_API_KEY",
    "COMPREFACE_API_KEY",
  ]) {
    const secret = environment[name]?.split(":").at(-1);
    assert.ok(secret && !written.includes(secret), `${name} leaked`);
  }
  for (const pattern of LEAK_PATTERNS) assert.ok(!pattern.test(written), String(pattern));
});
