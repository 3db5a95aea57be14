/** What a crash means, at each moment. */
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { startApiProcess } from "../stage/api-process.ts";
import { openProxies, STATEMENTS, type Proxies } from "../stage/trouble/proxies.ts";
import { openSweeper, type Sweeper } from "../stage/sweeper.ts";
import type { Prepared } from "../stage/stage.ts";
import { eventually } from "../waiting.ts";
import { law } from "./law.ts";
import { openScene, type Scene } from "./scene.ts";

let scene: Scene;
/** Between the API or the watchdog, and their servers. */
let between: Proxies;
let watchdog: Sweeper;
const resources = new AsyncDisposableStack();

before(async () => {
  scene = resources.use(await openScene());
  between = resources.use(await openProxies(scene.stage));
  const environment = { ...scene.stage.environment, ...between.variables };
  watchdog = resources.use(openSweeper({ environment, timeoutMinutes: 15 }));
});
after(() => resources.disposeAsync());

/** Submits through a process of the API, which dies when it is about to add the job. */
async function submitAndDie({ submission }: Prepared): Promise<void> {
  await using api = await startApiProcess(scene.stage.environment, { REDIS_URL: between.variables.REDIS_URL });
  const add = between.redis.hold("bull:kyc-jobs:wait");
  const answer = api.submit(submission).catch(() => "none");
  await add.seen;
  await api.kill("SIGKILL");
  between.redis.resetOpen();
  add.release();
  assert.equal(await answer, "none");
}

const latestOf = (kycId: number) => scene.tool.redis.hget(`bull:kyc:${kycId}`, "latest");

law(
  "C1",
  async () => {
    const { kycId, first, other } = await scene.prepareTwo();
    const save = await scene.run(first);
    await submitAndDie(other);
    assert.match((await latestOf(kycId)) ?? "", /\/1\/passport/);
    save.release();
    await scene.assertVerdict(other);
    await scene.submit(other);
    await scene.assertVerdict(other);
  },
  "the record has a job",
);

law(
  "C1",
  async () => {
    const first = await scene.stage.prepare();
    await submitAndDie(first);
    await scene.assertUntouched(first.kycId, "in_review");
    await scene.submit(first);
    await scene.assertVerdict(first);
  },
  "the record has no job",
);

law("C2", async () => {
  const first = await scene.stage.prepare();
  await scene.whileStopped(async () => {
    await using api = await startApiProcess(scene.stage.environment, { REDIS_URL: between.variables.REDIS_URL });
    between.redis.treatOpen("drop-replies");
    between.redis.treatNew("drop-replies");
    const answer = api.submit(first.submission).catch(() => "none");
    await eventually("the job is added", async () => (await scene.stage.api.queue.depth()).waiting === 1);
    await api.kill("SIGKILL");
    assert.equal(await answer, "none");
    between.redis.treatNew("pass");
    between.redis.resetOpen();
  });
  await scene.assertVerdict(first);
  await scene.submit(first);
  await scene.assertVerdict(first);
  assert.equal(scene.readingsOf(first), 1);
});

law(
  "C3",
  async () => {
    const first = await scene.stage.prepare();
    const fence = scene.proxies.redis.hold("fence:");
    await scene.submit(first);
    await fence.seen;
    await scene.killWorker();
    await scene.worker.restart();
    await scene.assertVerdict(first);
    assert.equal(scene.readingsOf(first), 1);
  },
  "before it set the fence",
);

law(
  "C3",
  async () => {
    const { kycId, first, other } = await scene.prepareTwo();
    await scene.run(first);
    await scene.killWorker();
    await scene.setRecord(kycId, "rejected", "now()");
    await scene.setRecord(kycId, "in_review", `"reviewedAt"`);
    await scene.worker.restart();
    // With a fence of its own, the second run would write a verdict of the old pictures.
    await scene.assertUntouched(kycId, "in_review");
    await scene.submit(other);
    await scene.assertVerdict(other);
  },
  "after it set the fence",
);

law("C4", async () => {
  const first = await scene.stage.prepare();
  const keep = scene.proxies.redis.hold("paid:");
  await scene.submit(first);
  await keep.seen;
  await scene.killWorker();
  await scene.worker.restart();
  await scene.assertVerdict(first);
  assert.equal(scene.readingsOf(first), 2);
});

law("C5", async () => {
  const first = await scene.stage.prepare();
  await scene.run(first);
  await eventually("the answer is kept", async () =>
    (await scene.keptWork.purposesOf(first.kycId)).includes("passport"),
  );
  await scene.killWorker();
  await scene.worker.restart();
  await scene.assertVerdict(first);
  assert.equal(scene.readingsOf(first), 1);
});

law("C6", async () => {
  const { first, other } = await scene.prepareTwo();
  const commit = await scene.run(first, "commit");
  await scene.tool.redis.client("PAUSE", 60_000, "WRITE");
  commit.release();
  await eventually("the verdict is saved", async () => (await scene.stage.verdicts.of(first.kycId)).length === 1);
  await scene.killWorker();
  await scene.tool.redis.client("UNPAUSE");
  await scene.worker.restart();
  await scene.assertVerdict(first);
  assert.deepEqual([scene.readingsOf(first), scene.readingsOf(other)], [1, 0]);
});

law(
  "C7",
  async () => {
    const first = await scene.stage.prepare();
    const commit = await scene.run(first, "commit");
    const waits = scene.worker.nextLine(/the job waits for a server/);
    await scene.stage.postgres.kill("SIGKILL");
    commit.release();
    await waits;
    await scene.stage.postgres.restart();
    await scene.assertVerdict(first);
    assert.equal(scene.readingsOf(first), 1);
  },
  "undone",
);

law(
  "C7",
  async () => {
    const first = await scene.stage.prepare();
    const save = await scene.run(first);
    const lost = scene.proxies.postgres.loseAnswerTo(STATEMENTS.commit, STATEMENTS.update);
    save.release();
    await lost;
    await scene.assertVerdict(first);
    assert.equal(scene.readingsOf(first), 1);
  },
  "committed",
);

law("C8", async () => {
  const old = await scene.stage.prepare();
  await scene.stage.verdicts.query(
    `UPDATE kyc_verification SET "createdAt" = "createdAt" - interval '20 minutes' WHERE id = $1`,
    [old.kycId],
  );
  const commit = between.postgres.hold(STATEMENTS.commit);
  const sweeping = watchdog.sweep();
  await commit.seen;
  between.postgres.resetOpen();
  commit.release();
  assert.equal((await sweeping).failed, 0);
  await scene.assertUntouched(old.kycId, "in_review");
  await eventually("the next sweep fails it", async () => (await watchdog.sweep()).failed === 1);
  await scene.assertUntouched(old.kycId, "ocr_failed", 1);
});

law(
  "C9",
  async () => {
    const first = await scene.stage.prepare();
    const save = await scene.run(first);
    await scene.loseHash(first.kycId);
    save.release();
    await scene.assertVerdict(first);
    assert.equal(scene.readingsOf(first), 1);
  },
  "while the job runs",
);

law(
  "C9",
  async () => {
    const first = await scene.stage.prepare();
    await scene.delay(first);
    await scene.loseHash(first.kycId);
    await scene.promote(first);
    await scene.assertVerdict(first);
    assert.equal(scene.readingsOf(first), 2);
  },
  "between two runs",
);

law(
  "C9",
  async () => {
    const first = await scene.stage.prepare();
    const save = await scene.run(first);
    await scene.setRecord(first.kycId, "approved", "now()");
    await scene.loseHash(first.kycId);
    save.release();
    await scene.assertUntouched(first.kycId, "approved");
  },
  "after a decision",
);

for (const repair of ["the next submission", "the next sweep"]) {
  law(
    "C10",
    async () => {
      const first = await scene.stage.prepare();
      await scene.delay(first);
      await scene.loseLists();
      if (repair === "the next sweep") assert.equal((await watchdog.sweep()).repaired, 1);
      else await scene.submit(first);
      await scene.assertVerdict(first);
      assert.equal(scene.readingsOf(first), 1);
    },
    repair,
  );
}

law("C11", async () => {
  const first = await scene.stage.prepare();
  await scene.delay(first);
  await scene.tool.empty();
  await scene.stage.verdicts.query(
    `UPDATE kyc_verification SET "createdAt" = "createdAt" - interval '20 minutes' WHERE id = $1`,
    [first.kycId],
  );
  assert.equal((await watchdog.sweep()).failed, 1);
  await scene.assertUntouched(first.kycId, "ocr_failed", 1);
});
