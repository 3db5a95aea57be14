import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { handler as health } from "../../functions/health.ts";
import { createAcceptHandler } from "../../lib/accept.ts";
import { createLogger } from "../../lib/logger.ts";
import { createTokenCheck } from "../../lib/service-token.ts";
import { jobIdOf } from "../../lib/submission.ts";
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

const [, ...requests] = (await readFile(join(ROOT, "requests.http"), "utf8")).split(/^### /m);

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

test("requests.http has requests", () => assert.ok(requests.length > 5));
