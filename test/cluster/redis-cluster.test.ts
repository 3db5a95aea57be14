/** The queue and its worker on a real Redis Cluster of three nodes. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { createQueue } from "../../lib/queue/queue.ts";
import { connectForCaller, connectForWorker, setNoEviction } from "../../lib/queue/redis.ts";
import { createRecordCache } from "../../lib/queue/record-cache.ts";
import { createConsumer } from "../../worker/consumer.ts";
import { startDependencies, type Dependencies } from "../../dev/stack/dependencies.ts";
import { startRedisCluster } from "./redis-cluster.ts";
import { startWorker } from "../../dev/stack/service.ts";

const PREFIX = "{bull}";
const JOBS = 20;

const resources = new AsyncDisposableStack();
const onError = () => {};
const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };
let url: string;
let dependencies: Dependencies;

before(async () => {
  ({ url } = resources.use(await startRedisCluster()));
  dependencies = resources.use(
    await startDependencies({
      environment: { REDIS_URL: url },
      progress: () => {},
      defaults: { KYC_QUEUE_PREFIX: PREFIX },
    }),
  );
});

after(() => resources.disposeAsync());

function openQueue(prefix: string) {
  const redis = connectForCaller(url, { cluster: true, onError });
  const queue = createQueue({ redis, prefix, attempts: 1, backoffMs: 1 });
  return { queue, [Symbol.asyncDispose]: () => queue.close() };
}

const submission = (kycId: number) => ({ kycId, userId: 1, passportKey: "kyc/p.jpg", selfieKey: "kyc/s.jpg" });

test("on a cluster, each submitted job runs once, and the worker is counted", async () => {
  await using opened = openQueue(PREFIX);
  const { queue } = opened;
  const seen: number[] = [];
  await Promise.all(Array.from({ length: JOBS }, (_, index) => queue.enqueue(submission(index + 1))));
  await Promise.all(Array.from({ length: JOBS }, () => queue.enqueue(submission(1))));
  assert.deepEqual(await queue.depth(), { waiting: JOBS, active: 0, delayed: 0 });
  assert.equal(await queue.countWorkers(), 0);
  assert.deepEqual(
    (await queue.findJobs([1, 999])).map(({ kycId }) => kycId),
    [1],
  );

  const workerRedis = connectForWorker(url, { cluster: true, onError });
  const worker = createConsumer({
    redis: workerRedis,
    prefix: PREFIX,
    concurrency: 4,
    lockDurationMs: 5_000,
    stalledIntervalMs: 1_000,
    budgetMs: 60_000,
    runJob: async ({ job }) => {
      seen.push(job.submission.kycId);
      return { outcome: "decided" };
    },
    queue,
    cache: createRecordCache({ redis: workerRedis, prefix: PREFIX }),
    log,
  });
  try {
    while ((await queue.depth()).waiting + (await queue.depth()).active > 0) await delay(50);
    assert.equal(await queue.countWorkers(), 1);
  } finally {
    await worker.close(1_000);
    workerRedis.disconnect();
  }
  assert.equal(seen.length, JOBS);
  assert.equal(new Set(seen).size, JOBS);
});

test("on a cluster, noeviction is set on every node", async () => {
  const redis = connectForCaller(url, { cluster: true, onError });
  try {
    assert.equal(await setNoEviction(redis), false, "no node is known yet");
    await redis.ping();
    assert.equal(await setNoEviction(redis), true);
    assert.ok("nodes" in redis);
    const policies = await Promise.all(redis.nodes("master").map((node) => node.config("GET", "maxmemory-policy")));
    assert.equal(policies.length, 3);
    for (const policy of policies) assert.match(JSON.stringify(policy), /noeviction/);
  } finally {
    redis.disconnect();
  }
});

test("a worker starts on a cluster, and refuses a prefix that spreads the keys", async () => {
  const environment = { ...dependencies.environment, REDIS_CLUSTER: "on" };
  const worker = await startWorker({ environment });
  assert.equal((await fetch(worker.healthUrl)).status, 200);
  await worker.stop();
  const refused = { ...environment, KYC_QUEUE_PREFIX: "bull" };
  await assert.rejects(startWorker({ environment: refused }), /KYC_QUEUE_PREFIX: a prefix in braces, such as \{bull\}/);
});

test("a worker that does not expect a cluster names the setting to change", async () => {
  const environment = { ...dependencies.environment, REDIS_CLUSTER: "off", KYC_QUEUE_PREFIX: "bull" };
  await assert.rejects(startWorker({ environment }), (error) => {
    assert.match(String(error), /REDIS_CLUSTER: on: this Redis is a cluster/);
    assert.match(String(error), /KYC_QUEUE_PREFIX: a prefix in braces/);
    return true;
  });
});

test("without braces in the prefix, the cluster itself refuses the queue", async () => {
  await using opened = openQueue("bull");
  await assert.rejects(opened.queue.enqueue(submission(1)), /Redis refused/);
});

test("the queue's keys are all on one node of the cluster", async () => {
  await using opened = openQueue(PREFIX);
  await opened.queue.enqueue(submission(1));
  const cluster = connectForCaller(url, { cluster: true, onError });
  try {
    assert.ok("nodes" in cluster && !(cluster instanceof Redis));
    await cluster.ping();
    const sizes = await Promise.all(cluster.nodes("master").map((node) => node.dbsize()));
    assert.equal(sizes.filter((size) => size > 0).length, 1, String(sizes));
  } finally {
    cluster.disconnect();
  }
});
