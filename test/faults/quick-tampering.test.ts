/** Attacks by somebody who can write to Redis, but does not have our key. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before } from "node:test";
import { openScene, type Scene } from "../lifecycle/scene.ts";
import { startApiProcess } from "../stage/api-process.ts";
import { keyOf } from "../stage/audit/kept-work.ts";
import { openProxies } from "../stage/trouble/proxies.ts";
import { openSweeper } from "../stage/sweeper.ts";
import type { Prepared } from "../stage/stage.ts";
import { row } from "./row.ts";

let scene: Scene;

before(async () => {
  scene = await openScene();
});
after(() => scene[Symbol.asyncDispose]());

/** Adds the attacker's job, with all the data of a real job. */
async function forge(jobId: string, prepared: Prepared, extra: object = {}): Promise<void> {
  const [, id = randomUUID()] = jobId.split(".");
  const data = { ...prepared.submission, id, submittedAt: Date.now(), ...extra };
  await scene.tool.queue.add("verify", data, { jobId });
}

/** Makes a record with a verdict. Resolves with it and its sealed result. */
async function decided(kind: Prepared["kind"] = "match") {
  const prepared = await scene.stage.submit({ kind });
  await scene.assertVerdict(prepared);
  const record = await scene.stage.records.readRecord(prepared.kycId);
  return { prepared, kycId: prepared.kycId, sealed: Buffer.from(record?.ocrResult ?? []) };
}

row(
  "35",
  "a forged job brings a verdict: made up, another record's, the record's own sealed failure as a success",
  "it is not used: a decided record stays, and a record in review gets the verdict of its pictures",
  async () => {
    const failed = await decided("licence");
    const other = await decided();
    for (const sealed of ["AAAA", other.sealed.toString("base64"), failed.sealed.toString("base64")]) {
      const extra = { verdict: { status: "ocr_complete", sealed }, fence: null, ending: true, kept: sealed };
      const approved = await decided();
      await scene.setRecord(approved.kycId, "approved", "now()");
      const open = await scene.stage.prepare();
      for (const { kycId, prepared } of [approved, other, { kycId: open.kycId, prepared: open }]) {
        await forge(`kyc-${kycId}`, prepared, extra);
        await forge(`kyc-${kycId}.${randomUUID()}`, prepared, extra);
      }
      await scene.assertUntouched(approved.kycId, "approved", 1);
      await scene.assertVerdict(other.prepared);
      await scene.assertVerdict(open);
    }
  },
);

row("35", "a forged job names another record than its id", "it is dropped, with an error in the log", async () => {
  const [mine, victim] = [await scene.stage.prepare(), await scene.stage.prepare()];
  for (const jobId of [
    `kyc-${mine.kycId}.${randomUUID()}`,
    `kyc-${mine.kycId}`,
    "other",
    "kyc-1e3",
    `kyc-0${mine.kycId}`,
  ]) {
    const dropped = scene.worker.nextLine(/dropped: this job is not one of this service/);
    await forge(jobId, victim);
    await dropped;
  }
  await scene.assertUntouched(victim.kycId, "in_review");
  await scene.assertUntouched(mine.kycId, "in_review");
});

row(
  "35",
  "a forged job stands under the record's deduplication id when it is submitted",
  "it is dropped; the submission is verified",
  async () => {
    const first = await scene.stage.prepare();
    await scene.whileStopped(async () => {
      const deduplication = { id: `kyc-${first.kycId}`, keepLastIfActive: true };
      await scene.tool.queue.add("verify", { junk: true }, { jobId: `kyc-${first.kycId}`, deduplication });
      await scene.submit(first);
    });
    await scene.assertVerdict(first);
  },
);

row(
  "35",
  "a forged note says that a success may be replaced; a forged fence says that nobody has decided",
  "neither is used: the record stays",
  async () => {
    const { kycId, prepared, sealed } = await decided();
    const latest: unknown = JSON.parse((await scene.tool.redis.hget(keyOf(kycId), "latest")) ?? "");
    const replaced = typeof latest === "object" && latest !== null && "id" in latest ? String(latest.id) : "";
    const other = { ...prepared, submission: { ...prepared.submission, passportKey: "kyc/other.jpg" } };
    for (const note of [replaced, Buffer.from(replaced).toString("base64"), sealed.toString("base64")]) {
      const id = randomUUID();
      const reviewedAt = await scene.stage.verdicts.query(
        `SELECT extract(epoch from "reviewedAt")::text AS at FROM kyc_verification WHERE id = $1`,
        [kycId],
      );
      await scene.tool.redis.hset(keyOf(kycId), "replaceable", note, `fence:${id}`, String(reviewedAt.rows[0]?.at));
      await forge(`kyc-${kycId}.${id}`, other);
    }
    await scene.assertVerdict(prepared);
  },
);

row(
  "36",
  "kept work is planted: of the record's earlier pictures, of another record, a sealed result, or invented",
  "it is not used: the pictures are read, and the verdict is about them",
  async () => {
    const { kycId, first, other } = await scene.prepareTwo();
    await scene.submit(first);
    await scene.assertVerdict(first);
    // The same pictures in the attacker's own record, so that the field's name is the same.
    const twin = await scene.stage.submit({ person: other.person });
    await scene.assertVerdict(twin);
    const [[field, ofTwin] = assert.fail("nothing is kept")] = await scene.keptWork.answersOf(twin.kycId);
    const [[, earlier] = assert.fail("nothing is kept")] = await scene.keptWork.answersOf(kycId);
    const result = (await scene.stage.records.readRecord(kycId))?.ocrResult ?? Buffer.alloc(0);
    let verdicts = 1;
    for (const planted of [earlier, ofTwin, result, Buffer.from("{}"), Buffer.alloc(0)]) {
      await scene.tool.redis.del(keyOf(kycId));
      await scene.keptWork.plant(kycId, field, planted);
      await scene.setRecord(kycId, "in_review", `"reviewedAt"`);
      const before = scene.readingsOf(other);
      await scene.submit(other);
      await scene.assertVerdict(other, ++verdicts);
      assert.equal(scene.readingsOf(other), before + 1);
    }
  },
);

/** A text that only the script that removes a job contains. */
const REMOVAL = "bull:kyc-jobs:repeat";

for (const end of ["goes on", "dies"]) {
  row(
    "37",
    `two submissions find a lost job at the same time; the first is about to remove it, the second is accepted; the first ${end}`,
    "the second's job stays and gets its verdict",
    async () => {
      const { first, other } = await scene.prepareTwo();
      await using between = await openProxies(scene.stage);
      await using api = await startApiProcess(scene.stage.environment, { REDIS_URL: between.variables.REDIS_URL });
      await scene.whileStopped(async () => {
        await scene.submit(first);
        await scene.loseLists();
        const removal = between.redis.hold(REMOVAL);
        const answer = api.submit(first.submission).catch(() => "none");
        await removal.seen;
        await scene.submit(other);
        if (end === "dies") {
          await api.kill("SIGKILL");
          between.redis.resetOpen();
        }
        removal.release();
        assert.equal(await answer, end === "dies" ? "none" : 202);
      });
      await scene.assertVerdict(other);
    },
  );
}

row(
  "37",
  "the watchdog is about to put back a lost job, and the record is submitted",
  "the submission's job stays and gets its verdict",
  async () => {
    const { first, other } = await scene.prepareTwo();
    await using between = await openProxies(scene.stage);
    const environment = { ...scene.stage.environment, ...between.variables };
    await using watchdog = openSweeper({ environment, timeoutMinutes: 15 });
    await scene.whileStopped(async () => {
      await scene.submit(first);
      await scene.loseLists();
      const removal = between.redis.hold(REMOVAL);
      const sweeping = watchdog.sweep();
      await removal.seen;
      await scene.submit(other);
      removal.release();
      await sweeping;
      assert.equal((await scene.stage.api.queue.depth()).waiting, 1);
    });
    await scene.assertVerdict(other);
  },
);

row(
  "38",
  "Redis evicts one of the queue's keys while a job waits",
  "for any of the keys, the next submission is verified",
  async () => {
    const queueKeys = ["wait", "marker", "meta", "events", "id"].map((name) => () => `bull:kyc-jobs:${name}`);
    const recordKeys = [
      (kycId: number) => `bull:kyc-jobs:de:kyc-${kycId}`,
      async (kycId: number) => `bull:kyc-jobs:${(await scene.tool.jobOf(kycId))?.id}`,
      keyOf,
    ];
    for (const nameKey of [...queueKeys, ...recordKeys]) {
      const { kycId, first, other } = await scene.prepareTwo();
      await scene.whileStopped(async () => {
        await scene.submit(first);
        await scene.tool.redis.del(await nameKey(kycId));
        await scene.submit(other);
      });
      await scene.assertVerdict(other);
    }
  },
);

row("38", "jobs of other applications are in the queue", "they end and leave Redis", async () => {
  await scene.tool.queue.add("mail", { to: "somebody" });
  await scene.tool.queue.add("mail", { to: "somebody" }, { jobId: "mail-1", attempts: 3, removeOnFail: false });
  await scene.stage.emptied();
  assert.equal(await scene.tool.count(), 0);
});
