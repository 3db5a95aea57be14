/** PostgreSQL dies at each moment of a job, hangs, drops connections, loses answers, or holds a lock on the record. */
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import type { Held } from "../servers/tcp-proxy.ts";
import { openProxies, STATEMENTS, type Proxies } from "../stage/trouble/proxies.ts";
import { lockRecord } from "../stage/trouble/row-lock.ts";
import { openSweeper } from "../stage/sweeper.ts";
import { openStage, type Prepared, type Stage, type StageWorker } from "../stage/stage.ts";
import { eventually } from "../waiting.ts";
import type { KindName } from "../stage/kinds.ts";
import { row } from "./row.ts";

let stage: Stage;
let proxies: Proxies;
let worker: StageWorker;
const resources = new AsyncDisposableStack();

before(async () => {
  stage = resources.use(await openStage());
  proxies = resources.use(await openProxies(stage));
  worker = await stage.startWorker({ POSTGRES_URL: proxies.variables.POSTGRES_URL });
});
after(() => resources.disposeAsync());

const callsAbout = (person: number) =>
  [...stage.gemini.requests, ...stage.compreface.requests].filter(({ numbers }) => numbers.includes(person));

/** Asserts one verdict, in the first attempt, without paying twice. */
async function assertDoneOnce(prepared: Prepared, timeoutMs = 30_000) {
  await stage.assertOneVerdict([prepared], timeoutMs);
  assert.equal((await stage.backend.openResult(prepared.kycId))?.attempts, 1);
  const isPaid = ({ kind, outcome }: { kind: string; outcome: string }) => kind !== "verify" && outcome === "finished";
  const kinds = callsAbout(prepared.person)
    .filter(isPaid)
    .map(({ kind }) => kind);
  assert.equal(new Set(kinds).size, kinds.length, kinds.join());
  await stage.emptied();
  assert.ok(!worker.ended);
}

/** Submits, and waits until the worker is about to save. */
async function submitHeld(person: number, kind: KindName = "match") {
  const save = proxies.postgres.hold(STATEMENTS.save);
  const prepared = await stage.submit({ person, kind });
  await save.seen;
  return { prepared, save };
}

const untilJobWaits = () => worker.nextLine(/the job waits for a server/);

row("13", "PostgreSQL is down when the job starts", "the job waits; one verdict, in the first attempt", async () => {
  const prepared = await stage.prepare({ person: 1_601 });
  await stage.postgres.kill("SIGKILL");
  const waits = untilJobWaits();
  await stage.api.submit(prepared.submission);
  await waits;
  await untilJobWaits();
  assert.deepEqual(callsAbout(1_601), []);
  await stage.postgres.restart();
  await assertDoneOnce(prepared);
});

/** Kills PostgreSQL before the save. Resolves when the job waits for it. */
async function dieBefore(save: Held): Promise<void> {
  const waits = untilJobWaits();
  await stage.postgres.kill("SIGKILL");
  save.release();
  await waits;
}

for (const [index, kind] of (["match", "mismatch"] as const).entries()) {
  const what = kind === "match" ? "success" : "failure";
  row(
    "13",
    `PostgreSQL dies before the save of a ${what}`,
    "the job waits; one verdict; nothing is paid again",
    async () => {
      // The selfie of a mismatch shows the next person.
      const { prepared, save } = await submitHeld(1_610 + 2 * index, kind);
      await dieBefore(save);
      await untilJobWaits();
      await stage.postgres.restart();
      await assertDoneOnce(prepared);
    },
  );
}

for (const [index, keys] of (["the same keys", "its keys in another order, and unknown fields"] as const).entries()) {
  row(
    "23",
    `an equal submission (${keys}) while the job waits for PostgreSQL`,
    "202, one verdict; nothing is paid again",
    async () => {
      const { prepared, save } = await submitHeld(1_645 + index);
      await dieBefore(save);
      const equal = index === 0 ? prepared.submission : { extra: 1, stampKey: null, ...prepared.submission };
      const { status } = await stage.api.submit(equal);
      await stage.postgres.restart();
      assert.equal(status, 202);
      await assertDoneOnce(prepared);
    },
  );
}

row(
  "24",
  "another submission of the record while the job waits for PostgreSQL",
  "202; its own verdict, of its own pictures",
  async () => {
    const { prepared: old, save } = await submitHeld(1_648, "mismatch");
    const next = await stage.prepare({ person: 1_648, kycId: old.kycId, round: 1 });
    await dieBefore(save);
    assert.equal((await stage.api.submit(next.submission)).status, 202);
    await stage.postgres.restart();
    await stage.settled([next], 30_000);
    assert.deepEqual(await stage.audit([next]), []);
    assert.equal((await stage.verdicts.of(old.kycId)).length, 1);
  },
);

row(
  "14",
  "all connections are ended by the server (pg_terminate_backend) while jobs run",
  "each has its verdict",
  async () => {
    stage.gemini.script([]);
    const prepared = await stage.submitMany(20, (index) => 1_620 + index);
    for (let times = 0; times < 5; times++) {
      await stage.verdicts.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'kyc-service'",
      );
      await delay(50);
    }
    for (const entry of prepared) await assertDoneOnce(entry, 60_000);
  },
);

row(
  "14",
  "another client locks the record for longer than the service waits",
  "the job waits; one verdict",
  async () => {
    const { prepared, save } = await submitHeld(1_641);
    {
      await using lock = await lockRecord(stage.environment["POSTGRES_URL"] ?? "", prepared.kycId);
      const waits = untilJobWaits();
      save.release();
      await lock.isWaitedFor();
      await waits;
      assert.equal((await stage.verdicts.of(prepared.kycId)).length, 0);
    }
    await assertDoneOnce(prepared);
  },
);

row("14", "other clients use up PostgreSQL's connections", "the job waits; one verdict", async () => {
  const prepared = await stage.prepare({ person: 1_651 });
  await stage.verdicts.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'kyc-service'",
  );
  const taken: Client[] = [];
  for (let isFull = false; !isFull;) {
    const client = new Client({ connectionString: stage.environment["POSTGRES_URL"] });
    client.on("error", () => {});
    isFull = await client.connect().then(
      () => false,
      () => true,
    );
    if (!isFull) taken.push(client);
  }
  const waits = untilJobWaits();
  await stage.api.submit(prepared.submission);
  assert.match(await waits, /53300/);
  await Promise.all(taken.map((client) => client.end()));
  await assertDoneOnce(prepared);
});

row("14", "the worker's connections to PostgreSQL die without a reset", "the job waits; one verdict", async () => {
  const { prepared, save } = await submitHeld(1_642);
  proxies.postgres.treatOpen("silent");
  save.release();
  await assertDoneOnce(prepared, 60_000);
});

row(
  "15",
  "the verdict is committed, and the answer is lost",
  "the next run finds its own verdict; it was written once",
  async () => {
    const { prepared, save } = await submitHeld(1_643);
    const lost = proxies.postgres.loseAnswerTo(STATEMENTS.commit, STATEMENTS.update);
    save.release();
    await lost;
    await assertDoneOnce(prepared);
  },
);

row(
  "15",
  "the verdict is committed, the answer is lost, and an equal submission comes before the next run",
  "202; it has a verdict of its own",
  async () => {
    const { prepared: first, save } = await submitHeld(1_653);
    const waits = untilJobWaits();
    const lost = proxies.postgres.loseAnswerTo(STATEMENTS.commit, STATEMENTS.update);
    save.release();
    await Promise.all([lost, waits]);
    assert.equal((await stage.verdicts.of(first.kycId)).length, 1);
    const since = await stage.decidedAt(first.kycId);
    const again = await stage.submit({ person: 1_653, kycId: first.kycId });
    assert.deepEqual(again.submission, first.submission);
    await stage.settled([again], 30_000, since);
    assert.deepEqual(await stage.audit([again]), []);
    assert.equal((await stage.verdicts.of(first.kycId)).length, 2);
    await stage.emptied();
  },
);

row(
  "13",
  "PostgreSQL is stopped in order and started again, three times, while 60 jobs run",
  "60 verdicts, each once",
  async () => {
    const prepared = await stage.submitMany(60, (index) => 1_660 + index);
    for (let times = 0; times < 3; times++) {
      await stage.postgres.kill("SIGINT");
      await stage.postgres.restart();
      await delay(300);
    }
    for (const entry of prepared) await assertDoneOnce(entry, 60_000);
  },
);

row(
  "13",
  "PostgreSQL is away for longer than the record's time",
  "the job is given up; when PostgreSQL is back, the watchdog fails the record, once",
  async () => {
    await using brief = await openStage({ settings: { KYC_STUCK_TIMEOUT_MIN: "0.1" } });
    await using watchdog = openSweeper({ environment: brief.environment, timeoutMinutes: 0.1 });
    await brief.startWorker();
    brief.compreface.script([{ match: {}, times: 1, delayMs: 500, answer: { fault: "genuine" } }]);
    const prepared = await brief.submit({ person: 1 });
    await eventually("the faces are compared", () => brief.compreface.requests.length > 0);
    await brief.postgres.kill("SIGKILL");
    await brief.emptied();
    await brief.postgres.restart();
    await eventually("the record is failed", async () => (await watchdog.sweep()).failed === 1);
    assert.equal((await brief.verdicts.of(prepared.kycId)).length, 1);
    assert.equal(await brief.outcomeOf(prepared.kycId), "processing_timeout");
    const next = await brief.submit({ person: 1, kycId: prepared.kycId, round: 1 });
    const since = await brief.decidedAt(prepared.kycId);
    await brief.settled([next], 20_000, since);
    assert.deepEqual(await brief.audit([next]), []);
  },
);

row("32", "after all faults of this file", "no personal datum, token, key or URL in logs or in Redis", async () => {
  assert.deepEqual(
    await stage.leaks([1_601, 1_610, 1_612, 1_620, 1_641, 1_643, 1_645, 1_648, 1_651, 1_653, 1_660]),
    [],
  );
});
