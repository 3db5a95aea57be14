import assert from "node:assert/strict";
import { test } from "node:test";
import { freePort } from "../servers/free-port.ts";
import { startStack } from "./stack.ts";

const start = (environment: Readonly<Record<string, string>>) => startStack({ environment, progress: () => {} });

test("the stack does not start beside a Redis of one's own that does not answer, and says so", async () => {
  const REDIS_URL = `redis://127.0.0.1:${await freePort()}`;
  await assert.rejects(
    start({ REDIS_URL }),
    /^DependencyError: Redis cannot be reached \(ECONNREFUSED\): check REDIS_URL/,
  );
});

test("the stack does not start beside a PostgreSQL of one's own that does not answer, and says so", async () => {
  const POSTGRES_URL = `postgres://127.0.0.1:${await freePort()}/kyc`;
  await assert.rejects(start({ POSTGRES_URL }), /^DependencyError: PostgreSQL cannot be reached \(ECONNREFUSED\)/);
});

test("the stack does not start with a setting that is not right, and names it", async () => {
  await assert.rejects(start({ FACE_MATCH_THRESHOLD: "high" }), /^ConfigError: [^]*FACE_MATCH_THRESHOLD: a similarity/);
});
