/** `POST /api/v1/process` on a real queue, as API Gateway calls it. */
import assert from "node:assert/strict";
import { after, beforeEach, describe, test } from "node:test";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { invocation, processEvent } from "../../test/api-event.ts";
import { startQueueOnRedis } from "../../test/servers/queue-on-redis.ts";
import { createRecordedLog } from "../../test/recorded-log.ts";
import { createAcceptHandler } from "./accept.ts";
import type { VerificationQueue } from "../queue/queue.ts";
import { parseJob } from "../submission.ts";
import { createTokenCheck } from "./service-token.ts";

const TOKEN = "the-service-token";
const PREVIOUS_TOKEN = "the-token-before";
const SUBMISSION = {
  userId: 123,
  kycId: 456,
  passportKey: "kyc/456/passport.jpg",
  selfieKey: "kyc/456/selfie.jpg",
  stampKey: "kyc/456/stamp.jpg",
};
const BODY = JSON.stringify(SUBMISSION);
/** What API Gateway adds to the request. */
const ORIGIN = { requestId: "JKJaXmPLvHcESHA=", receivedAt: 1_795_348_800_000 };
const JOB_ID = "kyc-456";
const MAX_BODY_BYTES = 16_384;

type Answer = APIGatewayProxyStructuredResultV2;

const { tool, queue, openQueue, stop } = await startQueueOnRedis();
after(stop);
beforeEach(() => tool.empty());

const isAccepted = createTokenCheck([TOKEN, PREVIOUS_TOKEN]);
const openHandler = (over: Pick<VerificationQueue, "enqueue">, { log } = createRecordedLog()) =>
  createAcceptHandler({ isAccepted, queue: over, log });

const send = (event: APIGatewayProxyEventV2, over: Pick<VerificationQueue, "enqueue"> = queue): Promise<Answer> =>
  openHandler(over)(event, invocation());
const post = (body: string | undefined, options: Omit<Parameters<typeof processEvent>[0], "body"> = {}) =>
  send(processEvent({ token: TOKEN, body, ...options }));
const postFields = (fields: object) => post(JSON.stringify({ ...SUBMISSION, ...fields }));

function assertQueued(answer: Answer, jobId = JOB_ID): void {
  assert.equal(answer.statusCode, 202, answer.body);
  assert.equal(answer.body, `{"jobId":"${jobId}","status":"queued"}`);
  assert.equal(answer.headers?.["content-type"], "application/json");
}

function assertRefused(answer: Answer, statusCode: number, error: object): void {
  assert.equal(answer.statusCode, statusCode, answer.body);
  assert.equal(answer.headers?.["content-type"], "application/json");
  const body: unknown = JSON.parse(answer.body ?? "");
  assert.partialDeepStrictEqual(body, { error });
}

/** Reads a record's job without the id and the time that the queue adds. */
async function dataOf(kycId: number) {
  const job = await tool.jobOf(kycId);
  const { id: _, submittedAt: __, ...data } = parseJob(job?.id, job?.data) ?? assert.fail("the record has no job");
  return data;
}

const assertNotJson = (answer: Answer) => assertRefused(answer, 400, { code: "invalid_json" });

const pathsOf = ({ body = "" }: Answer) => [...body.matchAll(/"path":"([^"]*)"/g)].map(([, path]) => path);

describe("submissions", () => {
  test("a submission is answered 202 and is in the queue as it was sent", async () => {
    assertQueued(await post(BODY));
    const job = (await tool.jobOf(456)) ?? assert.fail("there is no job");
    assert.deepEqual(await dataOf(456), { ...SUBMISSION, ...ORIGIN });
    assert.equal(job.name, "verify");
    assert.equal(await tool.stateOfRecord(456), "waiting");
    assert.partialDeepStrictEqual(job.opts, { attempts: 5, removeOnComplete: true, removeOnFail: true });
  });

  test("a submission may have no stamp", async () => {
    const { stampKey: _, ...without } = SUBMISSION;
    assertQueued(await post(JSON.stringify(without)));
    assertQueued(await post(JSON.stringify({ ...without, kycId: 457, stampKey: null })), "kyc-457");
  });

  test("a submission may have the largest id", async () => {
    assertQueued(await postFields({ kycId: Number.MAX_SAFE_INTEGER }), "kyc-9007199254740991");
  });

  test("a submission may have unknown fields, which do not reach the queue", async () => {
    const extra = { name: "KANE", baseline: { reviewedAt: "1" }, verdict: { status: "ocr_complete" }, requestId: "x" };
    assertQueued(await postFields(extra));
    assert.deepEqual(await dataOf(456), { ...SUBMISSION, ...ORIGIN });
  });

  test("a submission keeps its traceparent if it is valid", async () => {
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    assertQueued(await post(BODY, { headers: { traceparent } }));
    assert.partialDeepStrictEqual(await dataOf(456), { traceparent });
    await tool.empty();
    assertQueued(await post(BODY, { headers: { traceparent: `${traceparent}; drop` } }));
    assert.ok(!("traceparent" in (await dataOf(456))));
  });

  test("a request is logged with the gateway's and Lambda's request id, even if it is refused", async () => {
    const recorded = createRecordedLog();
    await openHandler(queue, recorded)(processEvent({ token: "another", body: BODY }), invocation());
    const { awsRequestId } = invocation();
    assert.partialDeepStrictEqual(recorded.lines, [
      { requestId: "JKJaXmPLvHcESHA=", awsRequestId, code: "unauthorized", msg: "refused" },
    ]);
  });

  test("a submission is logged and counted as new or repeated, with its ids only", async () => {
    const recorded = createRecordedLog();
    const submit = () => openHandler(queue, recorded)(processEvent({ token: TOKEN, body: BODY }), invocation());
    for (let times = 0; times < 2; times++) assertQueued(await submit());
    const { awsRequestId } = invocation();
    const line = { level: "info", ...ORIGIN, awsRequestId, kycId: 456, jobId: JOB_ID };
    const counts = { FunctionName: "kyc-dev-process", Submissions: 1 };
    assert.deepEqual(
      recorded.lines.map(({ _aws, ...fields }) => fields),
      [
        { ...line, ...counts, DuplicateSubmissions: 0, msg: "queued" },
        { ...line, ...counts, DuplicateSubmissions: 1, msg: "in the queue already" },
      ],
    );
    for (const { _aws } of recorded.lines) {
      assert.partialDeepStrictEqual(_aws, {
        CloudWatchMetrics: [{ Namespace: "Kyc", Metrics: [{ Name: "Submissions" }, { Name: "DuplicateSubmissions" }] }],
      });
    }
  });
});

describe("the token", () => {
  const refused: readonly [string, Parameters<typeof processEvent>[0]][] = [
    ["missing", {}],
    ["empty", { token: "" }],
    ["another", { token: "another" }],
    ["a part of it", { token: TOKEN.slice(0, -1) }],
    ["longer", { token: `${TOKEN}x` }],
    ["in another case", { token: TOKEN.toUpperCase() }],
    ["sent twice, as API Gateway joins it", { token: `${TOKEN},${TOKEN}` }],
    ["as a bearer token", { headers: { authorization: `Bearer ${TOKEN}` } }],
    ["in a cookie", { headers: { cookie: `x-service-token=${TOKEN}` } }],
  ];
  for (const [name, options] of refused) {
    test(`a token is refused with 401: ${name}`, async () => {
      const message = "The token in the X-Service-Token header is missing or not the configured one.";
      assertRefused(await send(processEvent({ body: BODY, ...options })), 401, { code: "unauthorized", message });
      assert.equal(await tool.count(), 0);
    });
  }

  test("the token is checked before the body: without it, every body gets the same answer", async () => {
    const bodies = [BODY, undefined, "", "no json", "[]", "{}", "x".repeat(MAX_BODY_BYTES + 1), '{"__proto__":{}}'];
    const answers = await Promise.all(bodies.map((body) => post(body, { token: "another" })));
    answers.push(await post("/w==", { token: "another", isBase64Encoded: true }));
    for (const answer of answers) assert.deepEqual(answer, answers[0]);
    assert.equal(answers[0]?.statusCode, 401);
  });

  test("the previous token is accepted during a rotation", async () => {
    assertQueued(await post(BODY, { token: PREVIOUS_TOKEN }));
  });

  test("the token is found in any case of the header's name", async () => {
    for (const name of ["X-Service-Token", "X-SERVICE-TOKEN", "x-Service-tOKEN"]) {
      assertQueued(await send(processEvent({ body: BODY, headers: { [name]: TOKEN } })));
    }
  });
});

describe("the body", () => {
  const contentTypes = [
    "application/json",
    "application/json; charset=latin1",
    "text/plain; charset=utf-8",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
    "",
    "nonsense",
  ];
  for (const contentType of contentTypes) {
    test(`a body with the content type "${contentType}" is read as JSON`, async () => {
      assertQueued(await post(BODY, { headers: { "content-type": contentType } }));
    });
  }

  test("a body without a content type is read as JSON", async () => {
    const event = processEvent({ token: TOKEN, body: BODY });
    delete event.headers["content-type"];
    assertQueued(await send(event));
  });

  test("a body in base64 is read as UTF-8", async () => {
    const passportKey = "kyc/456/паспорт 護照 🛂.jpg";
    const body = Buffer.from(JSON.stringify({ ...SUBMISSION, passportKey })).toString("base64");
    assertQueued(await post(body, { isBase64Encoded: true }));
    assert.partialDeepStrictEqual(await dataOf(456), { passportKey });
  });

  test("a body may begin with a byte order mark, as text and in base64", async () => {
    const body = `\uFEFF${BODY}`;
    assertQueued(await post(body));
    assertQueued(await post(Buffer.from(body).toString("base64"), { isBase64Encoded: true }));
    assert.partialDeepStrictEqual(await dataOf(456), SUBMISSION);
  });

  const notJson: readonly [string, string | undefined][] = [
    ["missing", undefined],
    ["empty", ""],
    ["text", "hello"],
    ["cut off", BODY.slice(0, -1)],
    ["two values", BODY + BODY],
    ["a form", "userId=123&kycId=456"],
    ["XML", "<userId>123</userId>"],
    ["with two byte order marks", `\uFEFF\uFEFF${BODY}`],
    ["with single quotes", BODY.replaceAll('"', "'")],
    ["NaN", "NaN"],
    ["base64 that nobody says is", Buffer.from(BODY).toString("base64")],
    ["deeper than any parser goes", "[".repeat(MAX_BODY_BYTES)],
    ["deep", "[".repeat(8_000) + "]".repeat(8_000)],
    ["with a key that would change prototypes", '{"__proto__":{"userId":123}}'],
    ["with a constructor that would", '{"constructor":{"prototype":{"userId":123}}}'],
  ];
  for (const [name, body] of notJson) {
    test(`a body gets 400: ${name}`, async () => {
      const answer = await post(body);
      assert.equal(answer.statusCode, 400);
      if (name === "deep") return;
      assertNotJson(answer);
    });
  }

  test("a body that is not UTF-8 gets 400", async () => {
    const latin1 = Buffer.from(BODY.replace("passport", "pàssport"), "latin1");
    const cases = [latin1, Buffer.from([0xff]), Buffer.from(BODY, "utf16le"), Buffer.from([0xed, 0xa0, 0x80])];
    for (const bytes of cases) assertNotJson(await post(bytes.toString("base64"), { isBase64Encoded: true }));
  });

  test("a body with a misspelt stampKey gets 400, which names it", async () => {
    const { stampKey, ...without } = SUBMISSION;
    for (const name of ["stamp", "stampkey", "stamp_key", "StampKey", "stamp-key", "stampKye", "stampImageKey"]) {
      const answer = await post(JSON.stringify({ ...without, [name]: stampKey }));
      const fields = [{ path: name, message: "is not known: did you mean stampKey?" }];
      assertRefused(answer, 400, { code: "invalid_request", fields });
      assert.ok(!answer.body?.includes(stampKey));
    }
    assert.deepEqual(pathsOf(await postFields({ kycId: 0, stamp: null })), ["kycId", "stamp"]);
    assert.equal(await tool.count(), 0);
  });

  test("a body that is JSON but not an object gets 400", async () => {
    for (const body of ["null", "[]", `[${BODY}]`, '"text"', "1", "true"]) {
      assertRefused(await post(body), 400, {
        code: "invalid_request",
        fields: [{ path: "", message: "must be a JSON object" }],
      });
    }
  });

  test("a body with missing fields gets 400, which names each of them", async () => {
    assert.deepEqual(pathsOf(await post("{}")), ["userId", "kycId", "passportKey", "selfieKey"]);
  });

  test("a body with invalid fields gets 400, which names each of them and repeats no value", async () => {
    const value = "../SECRET\u0000VALUE";
    const wrong = {
      userId: value,
      kycId: [value],
      passportKey: value,
      selfieKey: { [value]: 1 },
      stampKey: `/${value}`,
    };
    const answer = await postFields(wrong);
    assertRefused(answer, 400, { code: "invalid_request" });
    assert.deepEqual(pathsOf(answer), Object.keys(SUBMISSION));
    assert.ok(!/SECRET|VALUE/.test(answer.body ?? ""));
  });

  const wrongFields = [
    { kycId: 0 },
    { kycId: -1 },
    { kycId: 1.5 },
    { kycId: "456" },
    { kycId: null },
    { kycId: 2 ** 53 },
    { userId: 1e21 },
    { userId: true },
    { passportKey: "" },
    { passportKey: "https://evil.example/a.jpg" },
    { selfieKey: "kyc/../other/selfie.jpg" },
    { selfieKey: "kyc/456/self\nie.jpg" },
    { stampKey: "/kyc/456/stamp.jpg" },
    { stampKey: "k".repeat(1_025) },
    { stampKey: "\uD83D" },
  ];
  for (const fields of wrongFields) {
    test(`a body with ${JSON.stringify(fields).slice(0, 60)} gets 400`, async () => {
      assert.deepEqual(pathsOf(await postFields(fields)), Object.keys(fields));
      assert.equal(await tool.count(), 0);
    });
  }

  test("a body with a number too large for a double gets 400, which names its field", async () => {
    const answer = await post(BODY.replace("456", `1${"0".repeat(5_000)}`));
    assert.deepEqual(pathsOf(answer), ["kycId"]);
  });

  /** A valid body of exactly this many bytes. */
  const ofSize = (bytes: number, filler = "x") => {
    const padding = bytes - Buffer.byteLength(JSON.stringify({ ...SUBMISSION, padding: "" }));
    const count = Math.floor(padding / Buffer.byteLength(filler));
    const text = filler.repeat(count).padEnd(filler.length * count + (padding % Buffer.byteLength(filler)), "x");
    return JSON.stringify({ ...SUBMISSION, padding: text });
  };

  test("a body of 16 KiB is accepted, and one byte more gets 413", async () => {
    assertQueued(await post(ofSize(MAX_BODY_BYTES)));
    assertRefused(await post(ofSize(MAX_BODY_BYTES + 1)), 413, { code: "body_too_large" });
  });

  test("a body is measured in bytes of UTF-8, not in characters or in base64", async () => {
    const body = ofSize(MAX_BODY_BYTES, "漢");
    assert.ok(body.length < MAX_BODY_BYTES / 2);
    assertQueued(await post(body));
    assertQueued(await post(Buffer.from(body).toString("base64"), { isBase64Encoded: true }));
    const larger = ofSize(MAX_BODY_BYTES + 1, "漢");
    assertRefused(await post(larger), 413, { code: "body_too_large" });
    assertRefused(await post(Buffer.from(larger).toString("base64"), { isBase64Encoded: true }), 413, {});
  });

  test("a body of several megabytes gets 413 without being parsed", async () => {
    assertRefused(await post("x".repeat(6_000_000)), 413, { code: "body_too_large" });
  });
});

describe("records with a job", () => {
  for (const state of ["waiting", "active", "delayed"] as const) {
    test(`a record whose job is in the queue (${state}) gets the same answer and no second job`, async () => {
      await post(BODY);
      if (state !== "waiting") {
        const job = await tool.take();
        if (state === "delayed") await job.delay(60_000);
      }
      assertQueued(await postFields({ passportKey: "kyc/456/another.jpg" }));
      assert.equal(await tool.stateOfRecord(456), state);
      assert.equal(await tool.count(), 1);
      assert.partialDeepStrictEqual(await dataOf(456), { passportKey: SUBMISSION.passportKey });
    });
  }
});

describe("records whose job has ended", () => {
  for (const end of ["complete", "fail"] as const) {
    for (const keep of [false, true]) {
      test(`a record whose job has ended (${end}, ${keep ? "kept by another tool" : "gone"}) can be submitted again`, async () => {
        await post(BODY);
        await (await tool.take())[end]({ keep });
        assert.equal(await tool.count(), keep ? 1 : 0);
        assertQueued(await postFields({ passportKey: "kyc/456/another.jpg" }));
        assert.equal(await tool.stateOfRecord(456), "waiting");
        assert.partialDeepStrictEqual(await dataOf(456), { passportKey: "kyc/456/another.jpg" });
      });
    }
  }
});

test("a thousand equal submissions at once, over several connections, make one job", async () => {
  const queues = Array.from({ length: 8 }, openQueue);
  try {
    /** As callers do: on a slow machine, some of the calls get 503, and are sent again. */
    async function sendOver(index: number) {
      const over = queues[index % queues.length] ?? queue;
      let answer = await send(processEvent({ token: TOKEN, body: BODY }), over);
      while (answer.statusCode === 503) answer = await send(processEvent({ token: TOKEN, body: BODY }), over);
      return answer;
    }
    const answers = await Promise.all(Array.from({ length: 1_000 }, (_, index) => sendOver(index)));
    for (const answer of answers) assertQueued(answer);
    assert.equal(await tool.count(), 1);
  } finally {
    for (const opened of queues) await opened.close();
  }
});

describe("failures behind the API", () => {
  const failing = (error: unknown) => ({ enqueue: () => Promise.reject(error) });
  const event = () => processEvent({ token: TOKEN, body: BODY });

  test("the API answers a plain 500 to any other error, and logs its kind and place without its message", async () => {
    const recorded = createRecordedLog();
    const over = failing(new TypeError("SECRET", { cause: new Error("SECRET") }));
    const answer = await openHandler(over, recorded)(event(), invocation());
    assertRefused(answer, 500, { code: "internal_error" });
    assert.ok(!answer.body?.includes("SECRET"));
    assert.partialDeepStrictEqual(recorded.lines, [{ level: "error", cause: { kind: "TypeError" } }]);
    assert.ok(!JSON.stringify(recorded.lines).includes("SECRET"));
  });
});
