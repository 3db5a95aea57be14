/** The worker's program from the outside: what it says when it cannot start, and that it always stops. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { freePort } from "../dev/servers/free-port.ts";
import { assertNothingOpen } from "../test/leaks.ts";
import { eventually } from "../test/waiting.ts";

const MAIN = join(import.meta.dirname, "main.ts");
const CANARY = "canary-secret";
const NEVER_OK = { state: "unavailable", okMsAgo: null };

after(assertNothingOpen);

/** A complete configuration whose dependencies do not exist. */
async function environmentOfNobody(): Promise<Record<string, string>> {
  const nowhere = `127.0.0.1:${await freePort()}`;
  return {
    REDIS_URL: `redis://:${CANARY}@${nowhere}`,
    POSTGRES_URL: `postgres://kyc:${CANARY}@${nowhere}/kyc`,
    KYC_ENCRYPTION_KEYS: `1:${randomBytes(32).toString("base64")}`,
    S3_ENDPOINT: `http://${nowhere}`,
    S3_ACCESS_KEY: "GK0",
    S3_SECRET_KEY: CANARY,
    GEMINI_API_KEY: CANARY,
    WORKER_HEALTH_PORT: String(await freePort()),
    WORKER_SHUTDOWN_TIMEOUT_MS: "0",
  };
}

/** Runs the program; `ended` is its exit code, its output has none of the secrets. */
function run(environment: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [MAIN], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, "close").then(([code]: unknown[]) => {
    assert.ok(!output.includes(CANARY), "a secret is in the output");
    return code;
  });
  return { child, ended, output: () => output };
}

test("the worker reports every missing or invalid variable at once, without its value", async () => {
  const { ended, output } = run({ REDIS_URL: CANARY, WORKER_CONCURRENCY: "many" });
  assert.equal(await ended, 1);
  for (const name of ["REDIS_URL", "POSTGRES_URL", "KYC_ENCRYPTION_KEYS", "GEMINI_API_KEY", "WORKER_CONCURRENCY"]) {
    assert.match(output(), new RegExp(`\\b${name}\\b`));
  }
  assert.doesNotMatch(output(), /many|\n\s+at /);
});

test("the worker ends with an error if its health port is in use, even while its dependencies are down", async () => {
  const environment = await environmentOfNobody();
  const other = createServer().listen(Number(environment["WORKER_HEALTH_PORT"]));
  await once(other, "listening");
  const { ended, output } = run(environment);
  assert.equal(await ended, 1);
  assert.match(output(), /WORKER_HEALTH_PORT/);
  other.close();
});

test("the worker is unhealthy while its dependencies are down, and stops on SIGTERM", async () => {
  const environment = await environmentOfNobody();
  const { child, ended } = run(environment);
  let health: Response | undefined;
  await eventually("the health check answers", async () => {
    health = await fetch(`http://127.0.0.1:${environment["WORKER_HEALTH_PORT"]}/health`).catch(() => undefined);
    return health !== undefined;
  });
  assert.equal(health?.status, 503);
  assert.deepEqual(await health.json(), { status: "unavailable", redis: NEVER_OK, postgres: NEVER_OK });
  child.kill("SIGTERM");
  await ended;
});
