import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { handler as health } from "../../functions/health.ts";
import * as z from "zod/mini";
import { createAcceptHandler } from "../../lib/intake/accept.ts";
import { createLogger } from "../../lib/observe/logger.ts";
import { createTokenCheck } from "../../lib/intake/service-token.ts";
import { jobIdOf } from "../../lib/submission.ts";
import { fillRequests } from "../../dev/stack/start-requests.ts";
import { submissionOf } from "../../dev/stack/run-case.ts";
import { FIRST_ID, SAMPLES } from "../../dev/stack/start-samples.ts";
import { invocation, processEvent } from "../api-event.ts";
import { ROOT } from "./openapi-file.ts";

const accept = createAcceptHandler({
  isAccepted: createTokenCheck(["{{token}}"]),
  queue: { enqueue: ({ kycId }) => Promise.resolve({ jobId: jobIdOf(kycId), isNew: true }) },
  log: createLogger({ level: "silent" }),
});

const HANDLERS: Readonly<Record<string, (head: string, body: string) => ReturnType<typeof health>>> = {
  "GET {{baseUrl}}/health": () => health(),
  "POST {{baseUrl}}/api/v1/process": (head, body) => {
    const [, token] = /^X-Service-Token: (.+)$/m.exec(head) ?? [];
    return accept(processEvent({ body, ...(token !== undefined && { token }) }), invocation());
  },
};

const file = await readFile(join(ROOT, "requests.http"), "utf8");
const [, ...requests] = file.split(/^### /m);

for (const request of requests) {
  const [head = "", body = ""] = request.split(/\n\n([\s\S]*)/);
  const [title = "", line = ""] = head.split("\n");
  test(`requests.http: ${title}`, async () => {
    const handler = HANDLERS[line];
    assert.ok(handler, `nothing answers ${line}`);
    const { statusCode } = await handler(head, body);
    assert.equal(`${statusCode}`, / -> (\d{3})$/.exec(title)?.[1]);
  });
}

test("requests.http is not empty", () => assert.ok(requests.length > 5));

const bodySchema = z.looseObject({ kycId: z.number() });

/** The submissions of a file that are to be accepted. */
const acceptedIn = (text: string) =>
  text
    .split(/^### /m)
    .filter((request) => / -> 202\n/.test(request))
    .map((request) => bodySchema.parse(JSON.parse(request.split(/\n\n([\s\S]*)/)[1] ?? "")));

test("requests.http submits exactly the records and objects that npm start prepares", () => {
  for (const firstId of [FIRST_ID, 1_795_000_000_000]) {
    const settings = { baseUrl: "http://localhost:3001", token: "a$&token", firstId };
    const submissions = SAMPLES.map((sample, index) => submissionOf({ ...sample, kycId: firstId + index }));
    const accepted = acceptedIn(fillRequests(file, settings));
    for (const body of accepted) assert.deepEqual(body, submissions[body.kycId - firstId]);
    assert.equal(new Set(accepted.map(({ kycId }) => kycId)).size, SAMPLES.length);
  }
});

test("the copy of requests.http that npm start writes needs no edits", () => {
  const filled = fillRequests(file, { baseUrl: "http://localhost:3001", token: "a$&token", firstId: FIRST_ID });
  assert.match(filled, /^@baseUrl = http:\/\/localhost:3001\n@token = a\$&token\n/);
  assert.doesNotMatch(filled, /npm-start-prints/);
  assert.match(file, /^@token = the-token-in-stack-env$/m);
});
