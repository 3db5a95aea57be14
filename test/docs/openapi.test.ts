import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import * as z from "zod/mini";
import { handler as health } from "../../functions/health.ts";
import { ConfigError } from "../../lib/config.ts";
import { createAcceptHandler } from "../../lib/intake/accept.ts";
import { openConfiguredHandler } from "../../lib/intake/configured-handler.ts";
import { createLogger } from "../../lib/observe/logger.ts";
import { createQueue, type VerificationQueue } from "../../lib/queue/queue.ts";
import { connectForCaller } from "../../lib/queue/redis.ts";
import { createTokenCheck } from "../../lib/intake/service-token.ts";
import { submissionSchema } from "../../lib/submission.ts";
import { VERSION } from "../../lib/version.ts";
import { startRedis, type Redis } from "../../dev/servers/redis.ts";
import { invocation, processEvent } from "../api-event.ts";
import { readOpenApi, ROOT } from "./openapi-file.ts";

const PROCESS = "/api/v1/process";
const TOKEN = "the-service-token";
const SUBMISSION = JSON.stringify({
  userId: 123,
  kycId: 456,
  passportKey: "kyc/456/passport.jpg",
  selfieKey: "kyc/456/selfie.jpg",
});

const openApi = await readOpenApi();

let redis: Redis;
let queue: VerificationQueue;

before(async () => {
  redis = await startRedis();
  queue = createQueue({
    redis: connectForCaller(redis.url, { onError: () => {} }),
    prefix: "bull",
    attempts: 1,
    backoffMs: 1,
  });
});

after(async () => {
  await queue.close();
  await redis.stop();
});

function handlerWith(enqueue: VerificationQueue["enqueue"]) {
  const log = createLogger({ level: "silent" });
  return createAcceptHandler({ isAccepted: createTokenCheck([TOKEN]), queue: { enqueue }, log });
}

const send = (event: Parameters<typeof processEvent>[0], enqueue = queue.enqueue) =>
  handlerWith(enqueue)(processEvent(event), invocation());

/** How each documented answer comes about, by its name. */
const SCENARIOS: Readonly<Record<string, () => ReturnType<typeof health>>> = {
  queued: () => send({ token: TOKEN, body: SUBMISSION }),
  alreadyQueued: async () => {
    await send({ token: TOKEN, body: SUBMISSION });
    return send({ token: TOKEN, body: SUBMISSION });
  },
  notJson: () => send({ token: TOKEN, body: '{"userId":123,' }),
  notAnObject: () => send({ token: TOKEN, body: "[]" }),
  faultyFields: () =>
    send({
      token: TOKEN,
      body: JSON.stringify({ userId: 123, kycId: "456", passportKey: "kyc/456/passport.jpg" }),
    }),
  misspeltField: () =>
    send({ token: TOKEN, body: JSON.stringify({ ...JSON.parse(SUBMISSION), stamp: "kyc/456/stamp.jpg" }) }),
  misconfigured: async () => {
    const incomplete = () => Promise.reject(new ConfigError([{ variable: "REDIS_URL", expected: "a URL" }]));
    const handler = await openConfiguredHandler(incomplete, createLogger({ level: "silent" }));
    return handler(processEvent({ token: TOKEN, body: SUBMISSION }), invocation());
  },
  unauthorized: () => send({ token: "another", body: SUBMISSION }),
  tooLarge: () => send({ token: TOKEN, body: JSON.stringify({ padding: "x".repeat(16_384) }) }),
  internalError: () => send({ token: TOKEN, body: SUBMISSION }, () => Promise.reject(new TypeError("unforeseen"))),
  queueUnavailable: async () => {
    await redis.kill("SIGSTOP");
    try {
      return await send({ token: TOKEN, body: SUBMISSION });
    } finally {
      await redis.kill("SIGCONT");
    }
  },
  ok: () => health(),
};

const ours = openApi.answers.filter(({ name }) => !name.startsWith("gateway"));

for (const answer of ours) {
  test(`${answer.path} answers ${answer.status} ${answer.name} as documented`, async () => {
    const scenario = SCENARIOS[answer.name];
    assert.ok(scenario, "a documented answer needs a scenario");
    const { statusCode, body = "", headers = {} } = await scenario();
    assert.equal(statusCode, answer.status);
    assert.deepEqual(JSON.parse(body), answer.body);
    assert.equal(headers["content-type"], "application/json");
    // API Gateway adds its id of the request.
    const own = answer.headers.filter((name) => name !== "apigw-requestid");
    assert.equal(own.length, answer.headers.length - 1);
    const documented = new Set(["content-type", ...own.map((name) => name.toLowerCase())]);
    assert.deepEqual(new Set(Object.keys(headers)), documented);
  });
}

test("openapi.yaml documents every answer of the scenarios", () => {
  assert.deepEqual(new Set(ours.map(({ name }) => name)), new Set(Object.keys(SCENARIOS)));
});

test("every example in openapi.yaml matches its schema", () => {
  for (const answer of openApi.answers) assert.ok(openApi.isAnswer(answer, answer.body), answer.name);
  for (const { value } of openApi.requestExamples(PROCESS)) {
    assert.ok(openApi.isOf("Submission", value));
    assert.ok(submissionSchema.safeParse(value).success);
  }
});

test("the code accepts every example request of openapi.yaml", async () => {
  for (const { value } of openApi.requestExamples(PROCESS)) {
    assert.equal((await send({ token: TOKEN, body: JSON.stringify(value) })).statusCode, 202);
  }
});

test("openapi.yaml lists exactly the error codes of the code", async () => {
  const sources = await Promise.all(
    ["accept", "http", "configured-handler"]
      .map((name) => `lib/intake/${name}.ts`)
      .map((file) => readFile(join(ROOT, file), "utf8")),
  );
  const thrown = [...sources.join("\n").matchAll(/new HttpError\(\s*(\d{3}),\s*"(\w+)"/g)];
  const pairs = (entries: readonly (readonly [unknown, unknown])[]) => new Set(entries.map((pair) => pair.join(" ")));
  const codeOf = z.object({ error: z.object({ code: z.string() }) });

  assert.ok(thrown.length > 0);
  assert.deepEqual(new Set(openApi.errorCodes), new Set(thrown.map(([, , code]) => code)));
  const documented = ours.flatMap(({ status, body }) => {
    const error = codeOf.safeParse(body);
    return error.success ? [[status, error.data.error.code] as const] : [];
  });
  assert.deepEqual(pairs(documented), pairs(thrown.map(([, status, code]) => [status, code] as const)));
});

test("openapi.yaml has exactly the deployed paths and methods", async () => {
  const event = z.object({ httpApi: z.object({ method: z.string(), path: z.string() }) });
  const service = z
    .object({ functions: z.record(z.string(), z.object({ events: z.array(z.unknown()) })) })
    .parse(parse(await readFile(join(ROOT, "serverless.yml"), "utf8"), { logLevel: "error" }));
  const deployed = Object.values(service.functions)
    .flatMap(({ events }) => events)
    .flatMap((found) => event.safeParse(found).data ?? [])
    .map(({ httpApi }) => `${httpApi.method} ${httpApi.path}`);
  assert.deepEqual(
    new Set(openApi.operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`)),
    new Set(deployed),
  );
});

test("openapi.yaml has the package's version", () => assert.equal(openApi.version, VERSION));

/* Texts around the rules for object keys. */
const pieces = ["a", "kyc", "7", "/", "//", ".", "..", "./", "/..", "http://", "s3:", ":", "é", "😀", " ", "\\", "%2e"];
const odd = ["\u0000", "\n", "\u007f", "\u0085", "\u00a0", "\u2028", "\u2029", "\ufeff", "\ud800", "\udc00"];
const key = fc.oneof(
  { weight: 4, arbitrary: fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map((parts) => parts.join("")) },
  {
    weight: 2,
    arbitrary: fc.array(fc.constantFrom(...pieces, ...odd), { maxLength: 5 }).map((parts) => parts.join("")),
  },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
  { weight: 1, arbitrary: fc.constantFrom(1_023, 1_024, 1_025).map((length) => "k".repeat(length)) },
  { weight: 1, arbitrary: fc.constantFrom(512, 513, 1_024).map((length) => "é".repeat(length)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("HTTPS://host/key", "a+b-c.d://x", "1a://x", "a:/b", "://", "", "kyc/456/passport.jpg"),
  },
);
const id = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }) },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(0, -1, 1.5, 2 ** 53 - 1, 2 ** 53, 1e300, "1", null, true, [], {}) },
);
const rarely = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 9, arbitrary: value }, { weight: 1, arbitrary: fc.jsonValue() });
const body = rarely(
  fc.record(
    {
      userId: id,
      kycId: id,
      passportKey: rarely(key),
      selfieKey: fc.oneof({ weight: 5, arbitrary: fc.constant("kyc/456/selfie.jpg") }, { weight: 1, arbitrary: key }),
      stampKey: fc.oneof(key, fc.constant(null)),
      unknown: fc.jsonValue(),
    },
    { requiredKeys: ["userId", "kycId", "passportKey", "selfieKey"] },
  ),
);

const KEYS = z.record(z.string(), z.unknown());
/** What JSON Schema cannot express: it counts characters, not bytes of UTF-8, and many of its readers know no surrogates. */
const hasKeyThatIsNoUtf8 = (value: unknown) =>
  Object.values(KEYS.safeParse(value).data ?? {}).some(
    (text) => typeof text === "string" && (Buffer.byteLength(text) > 1_024 || !text.isWellFormed()),
  );

test("openapi.yaml's request schema accepts exactly what the code accepts", () => {
  let accepted = 0;
  fc.assert(
    fc.property(body, (value) => {
      const byCode = submissionSchema.safeParse(value).success;
      if (byCode) accepted += 1;
      const byDocument = openApi.isOf("Submission", value) && !hasKeyThatIsNoUtf8(value);
      assert.equal(byDocument, byCode);
    }),
    { numRuns: 20_000 },
  );
  assert.ok(accepted > 1_000, `only ${accepted} bodies were sound: the test looks at one side only`);
});

test("openapi.yaml's request schema refuses the misspellings of stampKey that it names", () => {
  const body = JSON.parse(SUBMISSION);
  for (const name of ["stamp", "stampkey", "stamp_key", "StampKey", "stamp-key", "STAMP", "stampImageKey"])
    assert.ok(!openApi.isOf("Submission", { ...body, [name]: "kyc/456/stamp.jpg" }), name);
  for (const name of ["stampKey", "timestamp", "note"])
    assert.ok(openApi.isOf("Submission", { ...body, [name]: "kyc/456/stamp.jpg" }), name);
});

test("openapi.yaml documents the answer to any body", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        body.map((value) => JSON.stringify(value)),
        fc.string({ unit: "binary" }),
      ),
      async (text) => {
        const event = { token: TOKEN, body: Buffer.from(text).toString("base64"), isBase64Encoded: true };
        const { statusCode = 0, body: answered = "" } = await send(event, (submission) =>
          Promise.resolve({ jobId: `kyc-${submission.kycId}`, isNew: true }),
        );
        assert.ok(
          openApi.isAnswer({ path: PROCESS, status: statusCode }, JSON.parse(answered)),
          `${statusCode} ${answered}`,
        );
      },
    ),
    { numRuns: 500 },
  );
});
