/** The hashes of the records on a real Redis. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, beforeEach, describe, test } from "node:test";
import { startRedis, type Redis } from "../../dev/servers/redis.ts";
import { assertNothingOpen } from "../../test/leaks.ts";
import { QueueUnavailableError } from "../errors.ts";
import type { QueuedSubmission } from "../submission.ts";
import { createRecordCache, type RecordCache } from "./record-cache.ts";
import { connectForCaller, type RedisConnection } from "./redis.ts";

const KYC_ID = 456;
const KEY = "bull:kyc:456";

let server: Redis;
let redis: RedisConnection;
let cache: RecordCache;

before(async () => {
  server = await startRedis();
  redis = connectForCaller(server.url, { onError: () => {} });
  cache = createRecordCache({ redis, prefix: "bull" });
});
after(async () => {
  redis.disconnect();
  await server.stop();
  await assertNothingOpen();
});
beforeEach(() => redis.flushall());

const submissionOf = (kycId = KYC_ID): QueuedSubmission => ({
  userId: 1,
  kycId,
  passportKey: "p.jpg",
  selfieKey: "s.jpg",
  id: randomUUID(),
  submittedAt: 1_700_000_000_000,
});

const HOUR_S = 3_600;

/** A submission may wait for as long as KYC_STUCK_TIMEOUT_MIN allows: 7 days. */
async function assertExpires(): Promise<void> {
  const seconds = await redis.ttl(KEY);
  assert.ok(seconds > 7 * 24 * HOUR_S && seconds <= 8 * 24 * HOUR_S, `${seconds}`);
}

describe("the latest submission", () => {
  test("the latest submission is the one that came last, and stays for longer than a job may wait", async () => {
    assert.equal(await cache.readLatest(KYC_ID), undefined);
    const [first, second] = [submissionOf(), submissionOf()];
    await cache.setLatest(first);
    await redis.expire(KEY, 10);
    await cache.setLatest(second);
    assert.deepEqual(await cache.readLatest(KYC_ID), second);
    assert.deepEqual((await cache.read(KYC_ID)).latest, second);
    await assertExpires();
  });

  for (const [what, text] of [
    ["not JSON", "{broken"],
    ["not a submission", "{}"],
    ["another record's", JSON.stringify(submissionOf(457))],
    ["one whose keys this service would refuse", JSON.stringify({ ...submissionOf(), passportKey: "../x" })],
  ]) {
    test(`the latest submission is unknown if Redis holds a value that is ${what}`, async () => {
      await redis.hset(KEY, "latest", text ?? "");
      assert.equal(await cache.readLatest(KYC_ID), undefined);
      assert.equal((await cache.read(KYC_ID)).latest, undefined);
    });
  }
});

describe("a submission that counts only if no other has come since the record was read", () => {
  for (const before of ["no submission", "a submission", "no submission of ours"]) {
    test(`a conditional submission replaces ${before}, and a second try of the same command succeeds too`, async () => {
      if (before === "a submission") await cache.setLatest(submissionOf());
      if (before === "no submission of ours") await redis.hset(KEY, "latest", "{broken");
      const seen = await cache.read(KYC_ID);
      const submission = submissionOf();
      for (let tries = 0; tries < 2; tries++) assert.equal(await cache.replaceLatest(submission, seen), true);
      assert.deepEqual(await cache.readLatest(KYC_ID), submission);
      await assertExpires();
    });

    test(`a conditional submission does not replace one that came after ${before}`, async () => {
      if (before === "a submission") await cache.setLatest(submissionOf());
      if (before === "no submission of ours") await redis.hset(KEY, "latest", "{broken");
      const seen = await cache.read(KYC_ID);
      const came = submissionOf();
      await cache.setLatest(came);
      assert.equal(await cache.replaceLatest(submissionOf(), seen), false);
      assert.deepEqual(await cache.readLatest(KYC_ID), came);
    });
  }
});

describe("the fence", () => {
  for (const reviewedAt of [null, "1774751400.123456"]) {
    test(`a fence of ${reviewedAt} is set once, and stays what it was when the submission first ran`, async () => {
      const submission = submissionOf();
      await cache.setLatest(submission);
      const cached = await cache.read(KYC_ID);
      assert.equal(await cache.setFence(submission, reviewedAt, cached), reviewedAt);
      assert.equal(await cache.setFence(submission, "99.000000", cached), reviewedAt, "the first one counts");
      const again = await cache.read(KYC_ID);
      assert.equal(await cache.setFence(submission, "99.000000", again), reviewedAt, "it was read with the record");
      assert.equal(
        await cache.setFence(submissionOf(), "99.000000", again),
        "99.000000",
        "each submission has its own",
      );
      await redis.flushall();
      assert.equal(await cache.setFence(submission, "99.000000", again), reviewedAt, "Redis has lost it since");
    });
  }

  test("the fence gives a hash that Redis had lost an expiry", async () => {
    await cache.setFence(submissionOf(), null, await cache.read(KYC_ID));
    await assertExpires();
  });
});

test("a kept value is read with its record, and with no other record", async () => {
  await cache.setLatest(submissionOf());
  await cache.keep(KYC_ID, "paid:a", "sealed");
  assert.equal((await cache.read(KYC_ID)).fields["paid:a"], "sealed");
  assert.deepEqual((await cache.read(457)).fields, {});
  await assertExpires();
});

test("runs alone that did not end are counted for their submission, until it makes progress", async () => {
  const [one, other] = [submissionOf(), submissionOf()];
  assert.deepEqual(
    [await cache.countAlone(one, 1), await cache.countAlone(one, 2), await cache.countAlone(other, 1)],
    [0, 1, 0],
  );
  assert.equal(await cache.countAlone(one, 2), 1, "the same run again, as when an answer of Redis was lost");
  await cache.forgetAlone(one);
  assert.deepEqual([await cache.countAlone(one, 3), await cache.countAlone(other, 2)], [0, 1]);
});

test("a record's hash expires some hours after the verdict, unless the record is submitted again", async () => {
  await cache.setLatest(submissionOf());
  await cache.settle(KYC_ID);
  const seconds = await redis.ttl(KEY);
  assert.ok(seconds > 5 * HOUR_S && seconds <= 6 * HOUR_S, `${seconds}`);
  await cache.setLatest(submissionOf());
  await assertExpires();
});

test("if Redis is down, a verb throws QueueUnavailableError", async (t) => {
  const away = await startRedis();
  await away.stop();
  const connection = connectForCaller(away.url, { onError: () => {} });
  t.after(() => connection.disconnect());
  const nothing = createRecordCache({ redis: connection, prefix: "bull" });
  await assert.rejects(nothing.read(KYC_ID), QueueUnavailableError);
  await assert.rejects(nothing.keep(KYC_ID, "paid:a", "x"), QueueUnavailableError);
});
