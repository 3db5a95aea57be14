/** The law of resubmission. */
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { STATEMENTS } from "../stage/trouble/proxies.ts";
import type { Prepared } from "../stage/stage.ts";
import { eventually } from "../waiting.ts";
import { law } from "./law.ts";
import { openScene, type Scene } from "./scene.ts";

let scene: Scene;

before(async () => {
  scene = await openScene();
});
after(() => scene[Symbol.asyncDispose]());

/** How often each of these submissions was read, and paid for. */
const readings = (...submissions: readonly Prepared[]) => submissions.map(scene.readingsOf);

law("L1", async () => {
  const first = await scene.stage.submit();
  await scene.assertVerdict(first);
  assert.deepEqual(readings(first), [1]);
});

law("L2", async () => {
  const first = await scene.stage.prepare();
  await scene.whileStopped(async () => {
    await scene.submit(first);
    await scene.submit(first);
    assert.deepEqual(await scene.stage.api.queue.depth(), { waiting: 1, active: 0, delayed: 0 });
  });
  await scene.assertVerdict(first);
  assert.deepEqual(readings(first), [1]);
});

law("L3", async () => {
  const { first, other } = await scene.prepareTwo();
  await scene.whileStopped(async () => {
    await scene.submit(first);
    await scene.submit(other);
    assert.deepEqual(await scene.stage.api.queue.depth(), { waiting: 1, active: 0, delayed: 0 });
  });
  await scene.assertVerdict(other);
  assert.deepEqual(readings(first, other), [0, 1]);
});

law("L4", async () => {
  const first = await scene.stage.prepare();
  await scene.delay(first);
  await scene.submit(first);
  await scene.promote(first);
  await scene.assertVerdict(first);
  assert.deepEqual(readings(first), [1]);
});

law("L5", async () => {
  const { first, other } = await scene.prepareTwo();
  await scene.delay(first);
  await scene.submit(other);
  await scene.promote(first);
  await scene.assertVerdict(other);
  assert.deepEqual(readings(first, other), [1, 1]);
});

law("L6", async () => {
  const first = await scene.stage.prepare();
  const save = await scene.run(first);
  for (let times = 0; times < 3; times++) await scene.submit(first);
  save.release();
  await scene.assertVerdict(first);
  assert.deepEqual(readings(first), [1]);
  assert.equal(scene.stage.storage.readsOf(first.submission.passportKey), 2);
});

law(
  "L6",
  async () => {
    const first = await scene.stage.prepare();
    const save = await scene.run(first);
    // Under the same keys, there are the pictures of somebody else now.
    const replaced = await scene.stage.prepare({ kycId: first.kycId, person: first.kycId + 500 });
    assert.deepEqual(replaced.submission, first.submission);
    await scene.submit(replaced);
    save.release();
    await scene.assertVerdict(replaced);
    assert.deepEqual(readings(first, replaced), [1, 1]);
  },
  "the pictures were replaced under the same keys",
);

law("L7", async () => {
  const { first, other } = await scene.prepareTwo();
  const save = await scene.run(first);
  await scene.submit(other);
  save.release();
  await scene.assertVerdict(other);
  assert.deepEqual(readings(first, other), [1, 1]);
});

for (const isOther of [false, true]) {
  law(
    "L8",
    async () => {
      const { first, other } = await scene.prepareTwo();
      const last = isOther ? other : first;
      await scene.whileStopped(async () => {
        await scene.submit(first);
        await scene.loseLists();
        await scene.submit(last);
        assert.deepEqual(await scene.stage.api.queue.depth(), { waiting: 1, active: 0, delayed: 0 });
      });
      await scene.assertVerdict(last);
      assert.deepEqual(readings(first, other), isOther ? [0, 1] : [1, 0]);
    },
    isOther ? "other pictures" : "the same pictures",
  );
}

for (const status of ["approved", "rejected"]) {
  law(
    "L9",
    async () => {
      const { kycId, first, other } = await scene.prepareTwo("mismatch");
      await scene.submit(first);
      await scene.assertVerdict(first);
      await scene.setRecord(kycId, status, "now()");
      for (const late of [first, other, first]) await scene.submit(late);
      await scene.assertUntouched(kycId, status, 1);
      assert.deepEqual(readings(first, other), [1, 0]);
    },
    status,
  );
}

law("L10", async () => {
  const { kycId, first, other } = await scene.prepareTwo();
  await scene.submit(first);
  await scene.assertVerdict(first);
  for (const late of [first, other]) {
    await scene.submit(late);
    await scene.assertUntouched(kycId, "ocr_complete", 1);
  }
  assert.deepEqual(readings(first, other), [1, 0]);
});

law("L11", async () => {
  // The passport is read and paid for before it fails.
  const first = await scene.stage.submit({ kind: "licence" });
  await scene.assertVerdict(first);
  await scene.submit(first);
  await scene.assertVerdict(first, 2);
  assert.deepEqual(readings(first), [1]);
});

law("L12", async () => {
  const { first, other } = await scene.prepareTwo("mismatch");
  await scene.submit(first);
  await scene.assertVerdict(first);
  await scene.submit(other);
  await scene.assertVerdict(other, 2);
  assert.deepEqual(readings(first, other), [1, 1]);
});

for (const status of ["approved", "rejected"]) {
  law(
    "L13",
    async () => {
      const first = await scene.stage.prepare();
      const save = await scene.run(first);
      await scene.setRecord(first.kycId, status, "now()");
      await scene.submit(first);
      save.release();
      await scene.assertUntouched(first.kycId, status);
      assert.deepEqual(readings(first), [1]);
    },
    status,
  );
}

for (const [row, reviewedAt] of [
  ["L14", `"reviewedAt"`],
  ["L15", "NULL"],
] as const) {
  const play = async () => {
    const { kycId, first, other } = await scene.prepareTwo();
    const save = await scene.run(first);
    await scene.setRecord(kycId, "rejected", "now()");
    await scene.setRecord(kycId, "in_review", reviewedAt);
    await scene.submit(other);
    save.release();
    await scene.assertVerdict(other);
    assert.deepEqual(readings(first, other), [1, 1]);
  };
  law(row, play);
}

law("L16", async () => {
  const { kycId, first, other } = await scene.prepareTwo();
  const save = await scene.run(first);
  await scene.setRecord(kycId, "rejected", "now()");
  await scene.setRecord(kycId, "in_review", `"reviewedAt"`);
  save.release();
  await scene.assertUntouched(kycId, "in_review");
  await scene.submit(other);
  await scene.assertVerdict(other);
});

law("L17", async () => {
  const [known, kycId] = [await scene.stage.prepare(), 900_017];
  const unknown = { ...known, kycId, submission: { ...known.submission, kycId } };
  const attempts = Number(scene.stage.environment["KYC_JOB_ATTEMPTS"]);
  const givenUp = scene.worker.nextLine(/given up/);
  await scene.submit(unknown);
  for (let attempt = 1; attempt < attempts; attempt++) {
    await eventually("the job is delayed", async () => (await scene.stage.api.queue.depth()).delayed === 1);
    await scene.promote(unknown);
  }
  assert.match(await givenUp, /record_missing/);
  await scene.stage.emptied();
  assert.deepEqual(readings(known), [0]);
});

law("L18", async () => {
  const first = await scene.stage.prepare();
  await scene.setRecord(first.kycId, "pending", "NULL");
  await scene.submit(first);
  await scene.assertVerdict(first);
  assert.deepEqual(readings(first), [1]);
});

law("L19", async () => {
  const first = await scene.stage.prepare();
  await scene.setRecord(first.kycId, "pending", "now()");
  await scene.submit(first);
  await scene.assertUntouched(first.kycId, "pending");
  assert.deepEqual(readings(first), [0]);
});

for (const statement of ["update", "commit"] as const) {
  law(
    "L20",
    async () => {
      const { first, other } = await scene.prepareTwo();
      const held = await scene.run(first, statement);
      await scene.submit(other);
      held.release();
      await scene.assertVerdict(other, 2);
      assert.deepEqual(readings(first, other), [1, 1]);
    },
    `before ${statement.toUpperCase()}`,
  );

  law(
    "L21",
    async () => {
      const first = await scene.stage.prepare();
      const held = await scene.run(first, statement);
      await scene.submit(first);
      held.release();
      await scene.assertVerdict(first);
      assert.deepEqual(readings(first), [1]);
    },
    `before ${statement.toUpperCase()}`,
  );
}

for (const moment of ["read", "save"] as const) {
  law(
    "L20",
    async () => {
      const { first, other } = await scene.prepareTwo();
      const held = await scene.run(first, "commit");
      await scene.submit(other);
      const next = scene.proxies.postgres.hold(STATEMENTS[moment]);
      held.release();
      await next.seen;
      await scene.submit(other);
      next.release();
      await scene.assertVerdict(other, 2);
      assert.deepEqual(readings(first, other), [1, 1]);
    },
    `the later submission is repeated before its ${moment}`,
  );
}
