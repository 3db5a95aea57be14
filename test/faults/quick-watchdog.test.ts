/** The watchdog against jobs that wait, run, have finished or are lost, and against a second watchdog. */
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startTcpProxy } from "../servers/tcp-proxy.ts";
import { openQueueTool, type QueueTool } from "../servers/queue-tool.ts";
import { openSweeper, type Sweeper } from "../stage/sweeper.ts";
import { openProxies, STATEMENTS, type Proxies } from "../stage/trouble/proxies.ts";
import { openStage, type Prepared, type Stage, type StageWorker } from "../stage/stage.ts";
import { eventually } from "../waiting.ts";
import { row } from "./row.ts";

/** The timeout of the impatient watchdog. */
const IMPATIENCE_MS = 600;

let stage: Stage;
let tool: QueueTool;
let worker: StageWorker;
let proxies: Proxies;
let impatient: Sweeper;
let patient: Sweeper;
const resources = new AsyncDisposableStack();

before(async () => {
  stage = resources.use(await openStage());
  tool = openQueueTool(stage.redis.url);
  resources.defer(() => tool.close());
  const { environment } = stage;
  impatient = resources.use(openSweeper({ environment, timeoutMinutes: IMPATIENCE_MS / 60_000 }));
  patient = resources.use(openSweeper({ environment, timeoutMinutes: 15 }));
  proxies = resources.use(await openProxies(stage));
  worker = await stage.startWorker({ POSTGRES_URL: proxies.variables.POSTGRES_URL });
});
after(() => resources.disposeAsync());

/** Submits, and waits until the worker is about to save. */
async function submitHeld(person: number) {
  const save = proxies.postgres.hold(STATEMENTS.save);
  const prepared = await stage.submit({ person });
  await save.seen;
  return { prepared, save };
}

/** Makes the record look old to the watchdog. */
const makeOld = ({ kycId }: Prepared) =>
  stage.verdicts.query(
    `UPDATE kyc_verification SET "createdAt" = (now() AT TIME ZONE 'UTC') - interval '20 minutes' WHERE id = $1`,
    [kycId],
  );

async function assertTimedOut({ kycId }: Prepared) {
  assert.equal(await stage.outcomeOf(kycId), "processing_timeout");
  assert.equal((await stage.verdicts.of(kycId)).length, 1);
}

row("26", "the watchdog finds an old record with a young job that runs", "left alone: the job's verdict", async () => {
  const { prepared, save } = await submitHeld(1_401);
  await makeOld(prepared);
  const { failed, leftAlone } = await patient.sweep();
  save.release();
  assert.deepEqual({ failed, leftAlone }, { failed: 0, leftAlone: 1 });
  await stage.settled([prepared], 20_000);
  assert.deepEqual(await stage.audit([prepared]), []);
});

row("26", "the watchdog finds an old record with a young job that waits", "left alone: the job's verdict", async () => {
  await worker.kill("SIGSTOP");
  const prepared = await stage.submit({ person: 1_402 });
  await makeOld(prepared);
  const { failed, leftAlone } = await patient.sweep();
  await worker.kill("SIGCONT");
  assert.deepEqual({ failed, leftAlone }, { failed: 0, leftAlone: 1 });
  await stage.settled([prepared], 20_000);
  assert.deepEqual(await stage.audit([prepared]), []);
});

row("25", "the watchdog fails a record whose job still runs", "the late result changes nothing", async () => {
  const { prepared, save } = await submitHeld(1_403);
  await delay(IMPATIENCE_MS);
  assert.equal((await impatient.sweep()).failed, 1);
  await assertTimedOut(prepared);
  save.release();
  await eventually("the job has ended", async () => (await tool.count()) === 0);
  await assertTimedOut(prepared);
});

row("25", "the watchdog fails a record whose job waits", "the job ends, and asks no provider", async () => {
  await worker.kill("SIGSTOP");
  const prepared = await stage.submit({ person: 1_404 });
  await delay(IMPATIENCE_MS);
  const { failed } = await impatient.sweep();
  await worker.kill("SIGCONT");
  assert.equal(failed, 1);
  await eventually("the job has ended", async () => (await tool.count()) === 0);
  await assertTimedOut(prepared);
  assert.equal(stage.readingsOf(1_404), 0);
});

row("25", "the watchdog sweeps after the verdict", "the verdict stays", async () => {
  const prepared = await stage.submit({ person: 1_405 });
  await stage.settled([prepared], 20_000);
  await delay(IMPATIENCE_MS);
  assert.equal((await impatient.sweep()).failed, 0);
  assert.deepEqual(await stage.audit([prepared]), []);
});

row("8", "Redis has lost the job", "the watchdog fails the record", async () => {
  await worker.kill("SIGSTOP");
  const prepared = await stage.submit({ person: 1_406 });
  await tool.empty();
  await worker.kill("SIGCONT");
  await delay(IMPATIENCE_MS);
  assert.equal((await impatient.sweep()).failed, 1);
  await assertTimedOut(prepared);
});

row("+", "Redis loses the job while it runs", "the run still saves its verdict", async () => {
  const { prepared, save } = await submitHeld(1_407);
  await tool.empty();
  save.release();
  await stage.settled([prepared], 20_000);
  assert.deepEqual(await stage.audit([prepared]), []);
});

row(
  "27",
  "the record is submitted again while the job that the watchdog gave up still runs",
  "the new submission's verdict, and no other",
  async () => {
    const { prepared: old, save } = await submitHeld(1_408);
    await delay(IMPATIENCE_MS);
    assert.equal((await impatient.sweep()).failed, 1);
    const since = await stage.decidedAt(old.kycId);
    const next = await stage.submit({ kind: "mismatch", person: 1_408, kycId: old.kycId, round: 1 });
    save.release();
    await stage.settled([next], 20_000, since);
    await stage.emptied();
    assert.deepEqual(await stage.audit([next]), []);
    assert.equal((await stage.verdicts.of(old.kycId)).length, 2);
  },
);

row(
  "25",
  "the watchdog sweeps all the time while 150 jobs end",
  "each record gets one verdict, which stays",
  async () => {
    const prepared: Prepared[] = [];
    const stop = new AbortController();
    const sweeping = (async () => {
      while (!stop.signal.aborted) await impatient.sweep();
    })();
    for (let index = 0; index < 150; index++) prepared.push(await stage.submit({ person: 1_410 + (index % 5) }));
    await stage.settled(prepared, 60_000);
    stop.abort();
    await sweeping;
    const endings = new Map<string, number>();
    for (const { kycId } of prepared) {
      const written = await stage.verdicts.of(kycId);
      assert.equal(written.length, 1);
      assert.equal((await stage.records.readRecord(kycId))?.status, written[0]?.status);
      endings.set(written[0]?.status ?? "", (endings.get(written[0]?.status ?? "") ?? 0) + 1);
    }
    // Check that the race took place: the watchdog failed some records, and others were completed.
    assert.deepEqual([...endings.keys()].toSorted(), ["ocr_complete", "ocr_failed"]);
  },
);

row(
  "28",
  "two watchdogs sweep 300 stuck records at once, and one of them loses its connections",
  "each record is failed once",
  async () => {
    const kycIds: number[] = [];
    for (let index = 0; index < 300; index++) {
      const kycId = await stage.records.insertRecord({ kycId: 50_000 + index, userId: 1, status: "in_review" });
      kycIds.push(kycId);
    }
    await delay(IMPATIENCE_MS);
    const timeoutMinutes = IMPATIENCE_MS / 60_000;
    const url = new URL(stage.environment["POSTGRES_URL"] ?? "");
    let written = 0;
    const begun = Promise.withResolvers<void>();
    await using proxy = await startTcpProxy({
      targetPort: Number(url.port),
      watch(bytes) {
        if (!bytes.includes("ocr_failed")) return;
        written += 1;
        if (written !== 30) return;
        // Start the other watchdog only now: without a proxy it is faster, and would leave fewer than 30 records to
        // this one.
        begun.resolve();
        proxy.resetOpen();
      },
    });
    url.port = String(proxy.port);
    const options = { timeoutMinutes, batchSize: 20 };
    await using one = openSweeper({ environment: stage.environment, ...options });
    await using other = openSweeper({ environment: { ...stage.environment, POSTGRES_URL: url.href }, ...options });
    await Promise.allSettled([begun.promise.then(() => one.sweep()), other.sweep()]);
    assert.ok(written >= 30);
    await impatient.sweep();
    for (const kycId of kycIds) {
      assert.equal((await stage.verdicts.of(kycId)).length, 1);
      assert.equal((await stage.records.readRecord(kycId))?.status, "ocr_failed");
    }
  },
);
