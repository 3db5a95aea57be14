/** Decisions of people stand against requests that are repeated late. */
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { openScene, type Scene } from "../lifecycle/scene.ts";
import { openApi } from "../stage/api.ts";
import { openProxies } from "../stage/trouble/proxies.ts";
import { row } from "./row.ts";

let scene: Scene;

before(async () => {
  scene = await openScene();
});
after(() => scene[Symbol.asyncDispose]());

for (const kind of ["match", "mismatch"] as const) {
  for (const status of ["approved", "rejected"]) {
    row(
      "33",
      `a ${kind} is ${status} by a person, and the request is repeated, with the same and with other pictures`,
      "202; the decision stays; no provider is asked",
      async () => {
        const { kycId, first, other } = await scene.prepareTwo(kind);
        await scene.submit(first);
        await scene.assertVerdict(first);
        await scene.setRecord(kycId, status, "now()");
        const readings = scene.readingsOf(first);
        for (const late of [first, other, first]) {
          await scene.submit(late);
          await scene.assertUntouched(kycId, status, 1);
        }
        assert.deepEqual([scene.readingsOf(first), scene.readingsOf(other)], [readings, 0]);
      },
    );
  }
}

row(
  "33",
  "Redis has taken the job, its answer is lost (503); a person rejects the verdict; the backend repeats its request",
  "202; the decision stays",
  async () => {
    const first = await scene.stage.prepare();
    await using between = await openProxies(scene.stage);
    const api = openApi({ ...scene.stage.environment, ...between.variables });
    between.redis.treatNew("drop-replies");
    assert.equal((await api.submit(first.submission)).status, 503);
    await api.close();
    await scene.assertVerdict(first);
    await scene.setRecord(first.kycId, "rejected", "now()");
    await scene.submit(first);
    await scene.assertUntouched(first.kycId, "rejected", 1);
  },
);

row("33", "a person decides before the job has run", "the job asks no provider; the decision stays", async () => {
  const first = await scene.stage.prepare();
  await scene.whileStopped(async () => {
    await scene.submit(first);
    await scene.setRecord(first.kycId, "approved", "now()");
  });
  await scene.assertUntouched(first.kycId, "approved");
  assert.equal(scene.readingsOf(first), 0);
});

row(
  "34",
  'a person decides during a job, and the backend reopens the record with "reviewedAt" NULL and submits other pictures',
  "the verdict of the new pictures, and no other",
  async () => {
    for (const status of ["approved", "rejected"]) {
      const { kycId, first, other } = await scene.prepareTwo();
      const save = await scene.run(first);
      await scene.setRecord(kycId, status, "now()");
      await scene.setRecord(kycId, "in_review", "NULL");
      await scene.submit(other);
      save.release();
      await scene.assertVerdict(other);
    }
  },
);

row(
  "34",
  "a reopened record gets the verdict of its new pictures, and the request for the first pictures is repeated",
  "202; the verdict of the new pictures stays",
  async () => {
    const { kycId, first, other } = await scene.prepareTwo();
    const save = await scene.run(first);
    await scene.setRecord(kycId, "rejected", "now()");
    await scene.setRecord(kycId, "in_review", "NULL");
    await scene.submit(other);
    save.release();
    await scene.assertVerdict(other);
    await scene.submit(first);
    await scene.assertVerdict(other);
  },
);
