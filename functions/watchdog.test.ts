/** The watchdog's function, as a process of its own, on a real PostgreSQL and a Redis that does not answer. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { startRedis } from "../dev/servers/redis.ts";
import { startTcpProxy } from "../test/servers/tcp-proxy.ts";
import { startRecordsServer } from "../test/servers/records-database.ts";

const PROGRAM = `
  const { handler } = await import(${JSON.stringify(import.meta.resolve("./watchdog.ts"))});
  const context = { functionName: "kyc-test", awsRequestId: "1", getRemainingTimeInMillis: () => 60_000 };
  await handler({}, context).catch((error) => console.log("ended with", error.name));
  process.exit(0);
`;

test("the watchdog sweeps even if Redis does not answer, and then fails because it cannot measure the queue", async (t) => {
  await using resources = new AsyncDisposableStack();
  const redis = resources.adopt(await startRedis(), (server) => server.stop());
  const postgres = resources.adopt(await startRecordsServer(), (server) => server.stop());
  const proxy = resources.adopt(await startTcpProxy({ targetPort: redis.port }), (open) => open.close());
  proxy.treatNew("silent");
  const options = {
    cwd: join(import.meta.dirname, ".."),
    env: {
      REDIS_URL: `redis://127.0.0.1:${proxy.port}`,
      POSTGRES_URL: (await postgres.open(t)).url,
      KYC_ENCRYPTION_KEYS: `1:${Buffer.alloc(32, "key").toString("base64")}`,
    },
  };
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, ["--input-type=module", "-e", PROGRAM], options, (_, stdout) => resolve(stdout));
  });
  const order = ["sweep done", "the queue cannot be measured", "ended with QueueUnavailableError"];
  assert.deepEqual(
    order.map((line) => output.indexOf(line)).toSorted((one, other) => one - other),
    order.map((line) => output.indexOf(line)),
    output,
  );
  for (const line of order) assert.ok(output.includes(line), output);
});
