/** `POST /api/v1/process` under attack: every event gets an answer of the contract, which reveals nothing. */
import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import fc from "fast-check";
import * as z from "zod/mini";
import { invocation, processEvent } from "../../test/api-event.ts";
import { startQueueOnRedis } from "../../test/servers/queue-on-redis.ts";
import { createRecordedLog } from "../../test/recorded-log.ts";
import { isMisspelling } from "./misspelling.ts";
import { createAcceptHandler } from "./accept.ts";
import { createTokenCheck } from "./service-token.ts";
import { parseJob } from "../submission.ts";

const TOKEN = "TOKENVALUE";
/** A mark in everything that the attacker sends. No answer may contain it. */
const MARK = "MARKVALUE";
const SUBMISSION = { userId: 123, kycId: 456, passportKey: "kyc/456/p.jpg", selfieKey: "kyc/456/s.jpg" };
const RUNS = { numRuns: 500 };

const { tool, queue, stop } = await startQueueOnRedis();
after(stop);
beforeEach(() => tool.empty());

const errorSchema = z.strictObject({
  error: z.strictObject({
    code: z.enum(["unauthorized", "invalid_json", "invalid_request", "body_too_large"]),
    message: z.string(),
    fields: z.optional(z.array(z.strictObject({ path: z.string(), message: z.string() }))),
  }),
});
const PATHS = new Set(["", "userId", "kycId", "passportKey", "selfieKey", "stampKey"]);

/** An event that no type describes. */
const asEvent = (event: unknown): APIGatewayProxyEventV2 => JSON.parse(JSON.stringify(event));

/** Answers an event, checks that answer and log contain nothing forbidden, and returns the status. */
async function statusOf(event: APIGatewayProxyEventV2): Promise<number> {
  const { log, lines } = createRecordedLog();
  const handler = createAcceptHandler({ isAccepted: createTokenCheck([TOKEN]), queue, log });
  const { statusCode = 0, body = "", headers } = await handler(event, invocation());
  const shown = JSON.stringify([body, headers, lines]);
  for (const secret of [MARK, TOKEN, "node_modules", "/lib/", "Error", "    at "])
    assert.ok(!shown.includes(secret), shown);
  if (statusCode === 202) {
    assert.match(body, /^\{"jobId":"kyc-[1-9]\d{0,15}","status":"queued"\}$/);
  } else {
    assert.ok([400, 401, 413].includes(statusCode), shown);
    // A name that is nearly stampKey is repeated, so that the caller finds the misspelling.
    for (const { path } of errorSchema.parse(JSON.parse(body)).error.fields ?? [])
      assert.ok(PATHS.has(path) || isMisspelling(path, "stampKey"), path);
  }
  return statusCode;
}

/** Asserts that a worker can read every job, and that its id and data name the same record. */
async function assertSoundJobs(): Promise<void> {
  for (const job of await tool.queue.getJobs()) {
    const { passportKey } = parseJob(job.id, job.data) ?? assert.fail(`${job.id} is not a submission`);
    assert.ok(!/^\/|^\w+:\/\/|(^|\/)\.\.?(\/|$)|\p{Cc}/u.test(passportKey), JSON.stringify(passportKey));
  }
}

const nastyText = fc
  .oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom("\uD83D", "\uDEC2", "a", "\u0000", "\u202E", "\uFEFF") }),
    fc.constantFrom("../", "..", "./a", "/etc/passwd", "a/../../b", "\r\nX-Injected: 1", "%2e%2e/", "..\\", "{{7*7}}"),
    fc.constantFrom("http://169.254.169.254/latest", "https://evil.example/", "file:///", "s3://other/", "//host/"),
    fc.constantFrom("__proto__", "constructor", "prototype", "toString", "${jndi:ldap://x}", "' OR 1=1 --"),
    fc.integer({ min: 0, max: 3_000 }).map((length) => "x".repeat(length)),
  )
  .chain((text) => fc.constantFrom(text + MARK, MARK + text, text));

const nastyNumber = fc.oneof(
  fc.double(),
  fc.maxSafeInteger(),
  fc.constantFrom(0, -0, 1, 0.1, -1, 2 ** 53 - 1, 2 ** 53, 1e308, Number.MIN_VALUE),
);

const nastyValue: fc.Arbitrary<unknown> = fc.oneof(
  nastyText,
  nastyNumber,
  fc.jsonValue(),
  fc.constantFrom(null, true, [], {}, [MARK], { [MARK]: MARK }, { length: 1 }, { toString: MARK }),
);

/** Objects near a submission: fields missing, replaced, added, and with names that mean something to JavaScript. */
const nearSubmission = fc
  .tuple(
    fc.record(
      {
        userId: fc.oneof(fc.constant(123), nastyValue),
        kycId: fc.oneof(fc.constant(456), nastyValue),
        passportKey: fc.oneof(fc.constant("kyc/456/p.jpg"), nastyValue),
        selfieKey: fc.oneof(fc.constant("kyc/456/s.jpg"), nastyValue),
        stampKey: nastyValue,
      },
      { requiredKeys: [] },
    ),
    fc.dictionary(nastyText, nastyValue, { maxKeys: 3 }),
  )
  .map(([fields, extra]) => JSON.stringify({ ...extra, ...fields }));

/** Texts that are just about JSON, or just not. */
const brokenJson = fc.oneof(
  nastyText,
  fc.tuple(nearSubmission, fc.nat()).map(([text, at]) => text.slice(0, at % (text.length + 1))),
  fc
    .tuple(nearSubmission, fc.nat(), fc.string({ unit: "binary", maxLength: 3 }))
    .map(([text, at, noise]) => text.slice(0, at % (text.length + 1)) + noise + text.slice(at % (text.length + 1))),
  fc
    .tuple(fc.constantFrom("[", '{"a":', "[[{"), fc.integer({ min: 1, max: 20_000 }))
    .map(([unit, n]) => unit.repeat(n)),
  fc.integer({ min: 1, max: 8_000 }).map((depth) => `{"kycId":${"[".repeat(depth)}${"]".repeat(depth)}}`),
  fc.integer({ min: 1, max: 5_000 }).map((digits) => `{"kycId":${"9".repeat(digits)},"userId":1e${digits}}`),
  fc.constantFrom(
    `{"__proto__":{"kycId":1},"kycId":"${MARK}"}`,
    `{"constructor":{"prototype":{"kycId":1}}}`,
    `{"kycId":1,"kycId":"${MARK}"}`,
    "NaN",
    "-",
    "\u0000",
    "nul",
    `"\\ud800${MARK}"`,
  ),
);

const bodies = fc.oneof(nearSubmission, brokenJson);

test("any body gets a documented answer that repeats nothing of it", async () => {
  const seen = new Set<number>();
  await fc.assert(
    fc.asyncProperty(bodies, async (body) => {
      seen.add(await statusOf(processEvent({ token: TOKEN, body })));
    }),
    // Each answer occurs at least once. Without these, one may be missing by chance.
    { ...RUNS, examples: [[JSON.stringify(SUBMISSION)], ["{"], ["x".repeat(1_000_000)]] },
  );
  assert.deepEqual(seen, new Set([202, 400, 413]));
  await assertSoundJobs();
});

test("any base64 body, valid or not, gets a documented answer that repeats nothing of it", async () => {
  const encoded = fc.oneof(
    bodies.map((body) => Buffer.from(body, "utf8").toString("base64")),
    bodies.map((body) => Buffer.from(body, "utf16le").toString("base64url")),
    bodies.map((body) => Buffer.from(body, "latin1").toString("base64")),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString("base64")),
    bodies,
  );
  await fc.assert(
    fc.asyncProperty(encoded, async (body) => {
      await statusOf(processEvent({ token: TOKEN, body, isBase64Encoded: true }));
    }),
    RUNS,
  );
  await assertSoundJobs();
});

test("any headers, with or without the token, get a documented answer", async () => {
  const names = fc.oneof(
    fc.constantFrom(
      "content-type",
      "content-encoding",
      "content-length",
      "traceparent",
      "x-amzn-trace-id",
      "__proto__",
    ),
    nastyText,
  );
  const body = JSON.stringify({ ...SUBMISSION, note: MARK });
  await fc.assert(
    fc.asyncProperty(fc.dictionary(names, nastyText), fc.boolean(), async (headers, hasToken) => {
      const event = processEvent({ body, headers, ...(hasToken && { token: TOKEN }) });
      assert.equal(await statusOf(event), hasToken ? 202 : 401);
    }),
    RUNS,
  );
});

test("without the token, every body gets the same answer", async () => {
  await fc.assert(
    fc.asyncProperty(bodies, fc.boolean(), nastyText, async (body, isBase64Encoded, token) => {
      assert.equal(await statusOf(processEvent({ body, token, isBase64Encoded })), 401);
    }),
    RUNS,
  );
  assert.equal(await tool.count(), 0);
});

test("an event that API Gateway would not send gets a documented answer", async () => {
  const event = processEvent({ token: TOKEN, body: JSON.stringify(SUBMISSION) });
  const odd = fc.record(
    {
      headers: fc.oneof(
        fc.constant(event.headers),
        fc.dictionary(fc.constantFrom("x-service-token", "X-Service-Token", MARK), nastyValue),
        nastyValue,
      ),
      body: fc.oneof(fc.constant(event.body), nastyValue),
      isBase64Encoded: nastyValue,
      requestContext: fc.oneof(
        fc.record({ requestId: fc.integer(), timeEpoch: nastyValue }),
        fc.constantFrom(null, {}, []),
      ),
      version: nastyValue,
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(odd, async (changes) => {
      await statusOf(asEvent({ ...event, ...changes }));
    }),
    RUNS,
  );
  for (const nothing of [{}, null, [], "event"]) assert.equal(await statusOf(asEvent(nothing)), 401);
  await assertSoundJobs();
});
