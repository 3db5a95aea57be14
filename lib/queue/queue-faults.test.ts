/** The answers to submissions while Redis fails: 503 in time, and 202 again afterwards. */
import assert from "node:assert/strict";
import { after, describe, test, type TestContext } from "node:test";
import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { startRedis, type RedisOptions } from "../../dev/servers/redis.ts";
import { startTcpProxy } from "../../test/servers/tcp-proxy.ts";
import { invocation, processEvent } from "../../test/api-event.ts";
import { assertNothingOpen } from "../../test/leaks.ts";
import { openQueueTool } from "../../test/servers/queue-tool.ts";
import { createRecordedLog } from "../../test/recorded-log.ts";
import { eventually, settledWithin } from "../../test/waiting.ts";
import { createAcceptHandler } from "../intake/accept.ts";
import { QueueUnavailableError } from "../errors.ts";
import { createQueue, type VerificationQueue } from "./queue.ts";
import { connectForCaller } from "./redis.ts";

/** The contract's limit for the 503 of a caller while Redis fails. */
const LIMIT_MS = 3_000;
const TOKEN = "token";
const KYC_ID = 456;

const submissionOf = (kycId: number) => ({
  userId: 1,
  kycId,
  passportKey: `kyc/${kycId}/passport.jpg`,
  selfieKey: `kyc/${kycId}/selfie.jpg`,
});

function openQueue(url: string): VerificationQueue {
  const redis = connectForCaller(url, { onError: () => {} });
  return createQueue({ redis, prefix: "bull", attempts: 5, backoffMs: 2_000 });
}

after(assertNothingOpen);

/** Starts a Redis that the test may break, and the API's function in front of it. */
async function openApi(t: TestContext, options: RedisOptions & { credentials?: string } = {}) {
  const redis = await startRedis(options);
  t.after(() => redis.stop());
  const proxy = await startTcpProxy({ targetPort: redis.port });
  t.after(() => proxy.close());
  const tool = openQueueTool(redis.url);
  t.after(() => tool.close());
  const queue = openQueue(`redis://${options.credentials ?? ""}127.0.0.1:${proxy.port}`);
  t.after(() => queue.close());

  const { log, lines } = createRecordedLog();
  const handler = createAcceptHandler({ isAccepted: (token) => token === TOKEN, queue, log });
  const submit = (kycId = KYC_ID): Promise<APIGatewayProxyStructuredResultV2> =>
    settledWithin(
      LIMIT_MS,
      handler(processEvent({ token: TOKEN, body: JSON.stringify(submissionOf(kycId)) }), invocation()),
    );

  return {
    redis,
    proxy,
    tool,
    queue,
    lines,
    submit,
    async assertAccepted(kycId = KYC_ID): Promise<void> {
      const { statusCode, body } = await submit(kycId);
      assert.equal(statusCode, 202, body);
      assert.equal(await tool.stateOfRecord(kycId), "waiting");
    },
    /** Asserts that the answer says when to retry, and that the log has the cause: Redis's own error `code`. */
    async assertUnavailable(kycId = KYC_ID, code = ""): Promise<void> {
      const { statusCode, headers, body = "" } = await submit(kycId);
      assert.equal(statusCode, 503, body);
      assert.match(String(headers?.["retry-after"]), /^[1-9]\d?$/);
      assert.match(body, /^\{"error":\{"code":"queue_unavailable","message":"[^"]+"\}\}$/);
      assert.ok(!/127\.0\.0\.1|redis:/.test(JSON.stringify([body, headers, lines])));
      assert.ok(code === "" || JSON.stringify(lines.at(-1)).includes(`"code":"${code}"`), JSON.stringify(lines.at(-1)));
    },
    /** Asserts that the API recovers automatically, and that the submission is in the queue once. */
    async assertRecovers(kycId = KYC_ID): Promise<void> {
      await eventually("a submission is accepted", async () => (await submit(kycId)).statusCode === 202);
      assert.equal(await tool.stateOfRecord(kycId), "waiting");
      assert.equal(await tool.count(), 1);
    },
  };
}

describe("the API while Redis fails", () => {
  test("the API answers 503 if Redis is down before the first request, and recovers", async (t) => {
    const api = await openApi(t);
    await api.redis.kill("SIGKILL");
    await api.assertUnavailable();
    await api.assertUnavailable();
    await api.redis.restart();
    await api.assertRecovers();
  });

  test("enqueue fails in time if no server listens at the Redis address", async (t) => {
    const redis = await startRedis();
    await redis.stop();
    const queue = openQueue(redis.url);
    t.after(() => queue.close());
    await settledWithin(LIMIT_MS, assert.rejects(queue.enqueue(submissionOf(KYC_ID)), QueueUnavailableError));
  });

  test("after a crash of Redis, accepted submissions are still there, once, and refused ones are not", async (t) => {
    const api = await openApi(t, { appendOnly: true });
    await api.assertAccepted(1);
    await api.redis.kill("SIGKILL");
    await api.assertUnavailable(2);
    await api.assertUnavailable(1);
    await api.redis.restart();
    await eventually("Redis answers", () =>
      api.queue.depth().then(
        () => true,
        () => false,
      ),
    );
    assert.deepEqual([await api.tool.stateOfRecord(1), await api.tool.stateOfRecord(2)], ["waiting", "unknown"]);
    await api.assertRecovers(1);
  });

  test("the API answers 503 while Redis accepts connections and sends nothing, and recovers", async (t) => {
    const api = await openApi(t);
    api.proxy.treatOpen("silent");
    api.proxy.treatNew("silent");
    await api.assertUnavailable();
    await Promise.all(Array.from({ length: 50 }, (_, kycId) => api.assertUnavailable(kycId + 1)));
    api.proxy.treatNew("pass");
    await eventually("Redis answers", () =>
      api.queue.depth().then(
        () => true,
        () => false,
      ),
    );
    assert.equal(await api.tool.count(), 0);
    await api.assertRecovers();
  });

  test("a submission is accepted if the connection died silently, as after a pause of the function", async (t) => {
    const api = await openApi(t);
    await api.assertAccepted(1);
    api.proxy.treatOpen("silent");
    await api.assertAccepted(2);
    await api.assertAccepted(3);
    assert.equal(await api.tool.count(), 3);
  });

  test("a submission is accepted if the connection was reset", async (t) => {
    const api = await openApi(t);
    await api.assertAccepted(1);
    api.proxy.resetOpen();
    await api.assertAccepted(2);
  });

  test("the API answers 503 while Redis resets every connection, and recovers", async (t) => {
    const api = await openApi(t);
    api.proxy.resetOpen();
    api.proxy.treatNew("reset");
    await api.assertUnavailable();
    api.proxy.treatNew("pass");
    await api.assertRecovers();
  });

  test("if an answer of Redis is lost, the command is sent again, and the job is in the queue once", async (t) => {
    const api = await openApi(t);
    await api.assertAccepted(1);
    api.proxy.treatOpen("drop-replies");
    await api.assertAccepted(2);
    assert.equal(await api.tool.count(), 2);
  });

  test("if all answers of Redis are lost, the API answers 503, and the next try finds the existing job", async (t) => {
    const api = await openApi(t);
    await api.queue.depth();
    api.proxy.treatOpen("drop-replies");
    api.proxy.treatNew("drop-replies");
    await api.assertUnavailable();
    api.proxy.treatNew("pass");
    await api.assertRecovers();
  });

  test("a submission is accepted if Redis is slow, but not too slow", async (t) => {
    const api = await openApi(t);
    api.proxy.delay(200);
    await api.assertAccepted();
  });

  test("the API answers 503 while Redis is frozen, and recovers", async (t) => {
    const api = await openApi(t);
    await api.redis.kill("SIGSTOP");
    await api.assertUnavailable();
    await api.redis.kill("SIGCONT");
    await api.assertRecovers();
  });

  test("the API answers 503 while Redis is out of memory, and recovers", async (t) => {
    const api = await openApi(t);
    await api.assertAccepted();
    await api.tool.redis.config("SET", "maxmemory", "1mb");
    await api.assertUnavailable(2, "OOM");
    await api.tool.redis.config("SET", "maxmemory", "0");
    await api.assertRecovers();
  });

  test("the API answers 503 while Redis is a replica, and recovers", async (t) => {
    const api = await openApi(t);
    await api.queue.depth();
    await api.tool.redis.replicaof("127.0.0.1", 1);
    await api.assertUnavailable(KYC_ID, "READONLY");
    await api.tool.redis.replicaof("NO", "ONE");
    await api.assertRecovers();
  });

  test("the API follows the host name to the new primary if its Redis became a replica", async (t) => {
    const api = await openApi(t);
    const successor = await startRedis();
    t.after(() => successor.stop());
    await api.queue.depth();
    await api.tool.redis.replicaof("127.0.0.1", successor.port);
    api.proxy.retarget(successor.port);
    await eventually("a submission is accepted", async () => (await api.submit()).statusCode === 202);
    const tool = openQueueTool(successor.url);
    t.after(() => tool.close());
    assert.equal(await tool.stateOfRecord(KYC_ID), "waiting");
  });

  test("the API answers 503 while Redis loads its data from disk, and recovers", async (t) => {
    const args = ["--key-load-delay", "2000", "--loading-process-events-interval-bytes", "1024"];
    const api = await openApi(t, { appendOnly: true, args });
    const pairs = Array.from({ length: 1_000 }, (_, index) => [`key-${index}`, "x".repeat(100)]);
    await api.tool.redis.mset(Object.fromEntries(pairs));
    await api.tool.redis.call("BGREWRITEAOF");
    await eventually("the file is rewritten", async () =>
      /aof_rewrite_in_progress:0[\s\S]*aof_rewrite_scheduled:0/.test(await api.tool.redis.info("persistence")),
    );
    await api.redis.kill("SIGKILL");
    const restarted = api.redis.restart();
    await eventually("it loads", async () => {
      await api.assertUnavailable();
      return JSON.stringify(api.lines.at(-1)).includes("LOADING");
    });
    await restarted;
    await api.assertRecovers();
  });

  test("the API answers 503 while Redis refuses the password, and recovers", async (t) => {
    const api = await openApi(t, { credentials: ":new@" });
    await api.tool.redis.config("SET", "requirepass", "old");
    api.proxy.resetOpen();
    await api.assertUnavailable(KYC_ID, "WRONGPASS");
    await api.tool.redis.config("SET", "requirepass", "new");
    await api.assertRecovers();
  });

  test("the API answers 503 if Redis requires a password that is not configured", async (t) => {
    const api = await openApi(t);
    await api.tool.redis.config("SET", "requirepass", "secret");
    api.proxy.resetOpen();
    await api.assertUnavailable(KYC_ID, "NOAUTH");
    await api.tool.redis.config("SET", "requirepass", "");
    await api.assertRecovers();
  });

  test("the API answers 503 if Redis refuses a command to its user", async (t) => {
    const api = await openApi(t, { credentials: "kyc:secret@" });
    await api.tool.redis.call("ACL", "SETUSER", "kyc", "on", ">secret", "~*", "+@all", "-hset", "-evalsha", "-eval");
    await eventually("the user may connect, and no more", async () => {
      await api.assertUnavailable();
      return JSON.stringify(api.lines.at(-1)).includes("NOPERM");
    });
    await api.tool.redis.call("ACL", "SETUSER", "kyc", "+@all");
    await api.assertRecovers();
  });
});
