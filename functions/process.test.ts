/** The function that accepts submissions, as a process of its own without a complete configuration. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import * as z from "zod/mini";

const answersSchema = z.array(z.object({ statusCode: z.number(), body: z.string() }));

/** Calls the function, sets the missing variables, and calls it again. */
const PROGRAM = `
  const { handler } = await import(${JSON.stringify(import.meta.resolve("./process.ts"))});
  const event = { headers: {}, body: "{}" };
  const before = await handler(event, {});
  process.env.REDIS_URL = "redis://127.0.0.1:9";
  process.env.KYC_SERVICE_SECRET = "CANARY";
  const after = await handler(event, {});
  console.log("answers", JSON.stringify([before, after]));
  process.exit(0);
`;

test("while the configuration is incomplete, POST /api/v1/process answers 500 misconfigured and only the log names the variables", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", PROGRAM], {
    env: { REDIS_URL: "CANARY" },
    cwd: join(import.meta.dirname, ".."),
  });
  const [log = "", answered = ""] = stdout.split("answers ");
  const [before, after] = answersSchema.parse(JSON.parse(answered));
  assert.equal(before?.statusCode, 500);
  assert.match(before.body, /^\{"error":\{"code":"misconfigured","message":"[^"]+"\}\}$/);
  assert.doesNotMatch(before.body, /REDIS|SECRET|\n|node_modules/);
  assert.match(log, /REDIS_URL/);
  assert.match(log, /KYC_SERVICE_SECRET/);
  assert.doesNotMatch(stdout, /CANARY/);
  assert.equal(after?.statusCode, 401);
});
