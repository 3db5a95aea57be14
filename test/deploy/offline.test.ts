/** `serverless offline` without a complete configuration. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startFunctions } from "../../dev/stack/service.ts";

test("serverless offline answers 500 misconfigured while the configuration is incomplete, and logs the details", async (t) => {
  const lines: string[] = [];
  const environment = { REDIS_URL: "CANARY", KYC_SERVICE_SECRET: "" };
  const functions = await startFunctions({ environment, log: (line) => lines.push(line) });
  t.after(() => functions.stop());
  const response = await fetch(`${functions.url}/api/v1/process`, { method: "POST", body: "{}" });
  assert.equal(response.status, 500);
  const body = await response.text();
  assert.match(body, /^\{"error":\{"code":"misconfigured","message":"[^"]+"\}\}$/);
  assert.doesNotMatch(body, /CANARY|REDIS|    at /);
  assert.match(lines.join("\n"), /REDIS_URL: a URL such as/);
  const health = await fetch(`${functions.url}/health`, { method: "HEAD" });
  assert.equal(health.status, 200);
});
