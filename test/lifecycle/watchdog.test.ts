/** The watchdog, at every moment of a submission's life. */
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Held } from "../servers/tcp-proxy.ts";
import { openProxies, STATEMENTS, type Proxies } from "../stage/trouble/proxies.ts";
import { openSweeper, type Sweeper } from "../stage/sweeper.ts";
import type { Prepared } from "../stage/stage.ts";
import { eventually } from "../waiting.ts";
import { law } from "./law.ts";
import { openScene, type Scene } from "./scene.ts";

/** What is older than this is stuck for the impatient watchdog. */
const IMPATIENCE_MS = 200;

let scene: Scene;
/** Between the patient watchdog and its servers. */
let between: Proxies;
let patient: Sweeper;
let impatient: Sweeper;
const resources = new AsyncDisposableStack();

before(async () => {
  scene = resources.use(await openScene());
  between = resources.use(await openProxies(scene.stage));
  const { environment } = scene.stage;
  patient = resources.use(openSweeper({ environment: { ...environment, ...between.variables }, timeoutMinutes: 15 }));
  impatient = resources.use(openSweeper({ environment, timeoutMinutes: IMPATIENCE_MS / 60_000 }));
});
after(() => resources.disposeAsync());

/** The record was created long ago, as far as the watchdog can see. */
const makeOld = ({ kycId }: Prepared) =>
  scene.stage.verdicts.query(
    `UPDATE kyc_verification SET "createdAt" = (now() AT TIME ZONE 'UTC') - interval '20 minutes' WHERE id = $1`,
    [kycId],
  );

async function prepareOld(): Promise<Prepared> {
  const prepared = await scene.stage.prepare();
  await makeOld(prepared);
  return prepared;
}

async function assertTimedOut({ kycId }: Prepared): Promise<void> {
  await scene.assertUntouched(kycId, "ocr_failed", 1);
  const result = await scene.stage.backend.openResult(kycId);
  assert.equal(result?.status === "ocr_failed" && result.failureCode, "processing_timeout");
}

law("W1", async () => {
  const old = await prepareOld();
  assert.equal((await patient.sweep()).failed, 1);
  await assertTimedOut(old);
});

law("W2", async () => {
  const old = await prepareOld();
  const save = await scene.run(old);
  assert.deepEqual(await patient.sweep(), { failed: 0, leftAlone: 1, repaired: 0, finished: true });
  save.release();
  await scene.assertVerdict(old);
  await scene.whileStopped(async () => {
    await scene.setRecord(old.kycId, "in_review", "NULL");
    await scene.submit(old);
    assert.deepEqual(await patient.sweep(), { failed: 0, leftAlone: 1, repaired: 0, finished: true });
  });
  await scene.assertVerdict(old, 2);
});

law(
  "W3",
  async () => {
    const waiting = await scene.stage.prepare();
    await scene.whileStopped(async () => {
      await scene.submit(waiting);
      await delay(IMPATIENCE_MS);
      assert.equal((await impatient.sweep()).failed, 1);
    });
    await assertTimedOut(waiting);
    assert.equal(scene.readingsOf(waiting), 0);
  },
  "the job waits",
);

for (const statement of ["read", "save"] as const) {
  law(
    "W3",
    async () => {
      const running = await scene.stage.prepare();
      const held = await scene.run(running, statement);
      await delay(IMPATIENCE_MS);
      assert.equal((await impatient.sweep()).failed, 1);
      held.release();
      await assertTimedOut(running);
    },
    `the job runs, before its ${statement}`,
  );
}

/** Submits an old record again while the watchdog that sweeps is held back. */
async function submitDuringSweep(hold: () => Held) {
  const old = await prepareOld();
  const held = hold();
  const sweeping = patient.sweep();
  await held.seen;
  await scene.submit(old);
  return { old, held, sweeping };
}

/** The watchdog's round trips while it holds no lock yet, and those while the record is locked. */
const ROUND_TRIPS = {
  unlocked: { "it lists": "ORDER BY id LIMIT", "it locks": STATEMENTS.save },
  locked: { "it updates": STATEMENTS.update, "it commits": STATEMENTS.commit },
};

for (const [moment, statement] of Object.entries(ROUND_TRIPS.unlocked)) {
  law(
    "W4",
    async () => {
      const { old, held, sweeping } = await submitDuringSweep(() => between.postgres.hold(statement));
      await scene.assertVerdict(old);
      held.release();
      assert.equal((await sweeping).failed, 0);
      await scene.assertVerdict(old);
    },
    `before ${moment}; the job ends first`,
  );
}

law(
  "W4",
  async () => {
    const { old, held, sweeping } = await submitDuringSweep(() => between.redis.hold("bull:kyc-jobs:de:"));
    await untilReadWaits();
    held.release();
    assert.equal((await sweeping).failed, 0);
    await scene.assertVerdict(old);
  },
  "before it looks into the queue",
);

for (const [moment, statement] of Object.entries(ROUND_TRIPS.locked)) {
  law(
    "W4",
    async () => {
      const { old, held, sweeping } = await submitDuringSweep(() => between.postgres.hold(statement));
      await untilReadWaits();
      held.release();
      assert.equal((await sweeping).failed, 1);
      await scene.assertVerdict(old, 2);
    },
    `before ${moment}; the job waits for the locked row`,
  );
}

/** The worker waits for the row that the watchdog has locked. */
const untilReadWaits = () =>
  eventually("a statement waits for a lock", async () => {
    const { rows } = await scene.stage.verdicts.query(
      "SELECT 1 FROM pg_stat_activity WHERE application_name = 'kyc-service' AND wait_event_type = 'Lock'",
    );
    return rows.length > 0;
  });

law("W5", async () => {
  const young = await scene.stage.prepare();
  await scene.whileStopped(async () => {
    await scene.submit(young);
    await scene.loseLists();
    assert.equal((await patient.sweep()).repaired, 1);
    assert.deepEqual(await scene.stage.api.queue.depth(), { waiting: 1, active: 0, delayed: 0 });
  });
  await scene.assertVerdict(young);
});

law(
  "W5",
  async () => {
    const { first, other } = await scene.prepareTwo();
    const save = await scene.run(first);
    await scene.loseLists();
    await scene.submit(other);
    save.release();
    await eventually("the verdict", async () => {
      await patient.sweep();
      return (await scene.stage.verdicts.of(first.kycId)).length > 0 && (await scene.tool.count()) === 0;
    });
    await scene.assertVerdict(other);
  },
  "while it runs, and other pictures are submitted",
);

law("W6", async () => {
  const { kycId } = await prepareOld();
  const held = between.postgres.hold(STATEMENTS.save);
  const sweeping = patient.sweep();
  await held.seen;
  await scene.setRecord(kycId, "approved", "now()");
  held.release();
  assert.equal((await sweeping).failed, 0);
  await scene.assertUntouched(kycId, "approved");
});
