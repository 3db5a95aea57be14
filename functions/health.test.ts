/** `GET /health`, in every state of the dependencies. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import fc from "fast-check";
import { handler } from "./health.ts";

const OK = {
  statusCode: 200,
  headers: { "content-type": "application/json", "cache-control": "no-store" },
  body: '{"status":"ok"}',
};

test("GET /health answers 200 with status ok", async () => {
  assert.deepEqual(await handler(), OK);
});

test("GET /health gives the same answer to every event", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.anything()), async (event) => {
      assert.deepEqual(await Reflect.apply(handler, undefined, event), OK);
    }),
  );
});

test("GET /health needs no configuration and keeps nothing open", async () => {
  const program = `
    const { handler } = await import(${JSON.stringify(import.meta.resolve("./health.ts"))});
    console.log((await handler()).body);
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
    env: {},
    cwd: join(import.meta.dirname, ".."),
  });
  assert.equal(stdout, `${OK.body}\n`);
});
