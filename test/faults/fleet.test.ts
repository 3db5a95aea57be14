/** Two workers are killed in turn, hang, or receive SIGTERM while many jobs run. */
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { createRandom } from "../../dev/samples/random.ts";
import { blockedOnSignal } from "../stage/trouble/misbehave.ts";
import { countPaid } from "../stage/audit/paid.ts";
import { openProxies, STATEMENTS } from "../stage/trouble/proxies.ts";
import { openStage, type Prepared, type Stage } from "../stage/stage.ts";
import { eventually } from "../waiting.ts";
import { row } from "./row.ts";

const SEED = 20_261_122;
const KINDS = ["match", "match", "match", "stamped", "mismatch", "noFace", "licence"] as const;

/** Submits jobs of all kinds. */
async function submitMany(stage: Stage, count: number): Promise<Prepared[]> {
  const random = createRandom(SEED);
  const prepared: Prepared[] = [];
  for (let index = 0; index < count; index++) {
    prepared.push(await stage.submit({ kind: random.pick(KINDS), person: 2 * (1 + (index % 10)) }));
  }
  return prepared;
}

/** Asserts that each submission has exactly one verdict, the right one, and that no job is left. */
async function assertAllDone(stage: Stage, prepared: readonly Prepared[]) {
  assert.deepEqual(await stage.audit(prepared), []);
  const counts = await stage.verdicts.counts();
  assert.deepEqual(
    prepared.filter(({ kycId }) => counts.get(kycId) !== 1),
    [],
  );
  await stage.emptied();
}

row(
  "2",
  "two workers are killed in turn, all the time, while 500 jobs run",
  "500 verdicts, each once",
  async (context) => {
    await using stage = await openStage({ latencyMs: { gemini: 400, compreface: 50 } });
    const workers = [await stage.startWorker(), await stage.startWorker()];
    const submitting = submitMany(stage, 500);
    let kills = 0;
    for (let seen = 0; seen < 500;) {
      await delay(2_000);
      // Wait for progress between two kills, even on a slow machine.
      await eventually("a verdict", async () => (await stage.verdicts.counts()).size > seen);
      seen = (await stage.verdicts.counts()).size;
      const worker = workers[kills % 2];
      await worker?.kill("SIGKILL");
      await worker?.restart();
      kills++;
    }
    const prepared = await submitting;
    await stage.settled(prepared, 60_000);
    await assertAllDone(stage, prepared);
    const { answered, abandoned } = countPaid(stage);
    context.diagnostic(`${kills} kills; answered ${JSON.stringify(answered)}, ${abandoned} calls cut off`);
  },
);

row(
  "4",
  "SIGTERM under load, for one worker after the other",
  "each worker finishes its jobs; no provider is asked twice",
  async () => {
    await using stage = await openStage({ latencyMs: { gemini: 500, compreface: 100 } });
    const workers = [await stage.startWorker(), await stage.startWorker()];
    const prepared = await submitMany(stage, 60);
    for (const worker of workers) {
      await delay(500);
      await worker.kill("SIGTERM");
      assert.ok(worker.lines.some((line) => line.includes('"msg":"stopped"')));
      await worker.restart();
    }
    await stage.settled(prepared, 60_000);
    await assertAllDone(stage, prepared);
    assert.equal(stage.logs.filter((line) => /"msg":"given back"|died or hung/.test(line)).length, 0);
    const { answered } = countPaid(stage);
    const submitted = (kinds: readonly string[]) => prepared.filter(({ kind }) => kinds.includes(kind)).length;
    assert.equal(answered["stamp"], submitted(["stamped"]));
    assert.ok((answered["passport"] ?? 0) <= prepared.length);
  },
);

row(
  "5",
  "SIGTERM, and a job runs longer than the grace",
  "the job goes back to the queue, and runs on another worker without losing an attempt",
  async () => {
    await using stage = await openStage({ settings: { WORKER_SHUTDOWN_TIMEOUT_MS: "300" } });
    stage.gemini.script([{ match: { kind: "passport" }, times: 1, delayMs: 20_000, answer: { fault: "genuine" } }]);
    const stopping = await stage.startWorker();
    const prepared = await stage.submit({ person: 1 });
    await eventually("the reading has begun", () => stage.gemini.requests.length > 0);
    await stage.startWorker();
    await stopping.kill("SIGTERM");
    assert.ok(stopping.lines.some((line) => line.includes('"msg":"given back"')));
    assert.ok(stopping.lines.some((line) => line.includes('"msg":"stopped"')));
    await stage.settled([prepared], 10_000);
    await assertAllDone(stage, [prepared]);
    assert.equal((await stage.backend.openResult(prepared.kycId))?.attempts, 1);
  },
);

row(
  "29",
  "a worker hangs for longer than its locks last, with eight jobs (SIGSTOP), and wakes up",
  "eight verdicts, each once",
  async () => {
    await using stage = await openStage({ latencyMs: { gemini: 500, compreface: 100 } });
    const frozen = await stage.startWorker();
    const prepared = await submitMany(stage, 8);
    await eventually("readings have begun", () => stage.gemini.requests.length >= 4);
    await frozen.kill("SIGSTOP");
    await stage.startWorker();
    await stage.settled(prepared, 30_000);
    await frozen.kill("SIGCONT");
    await delay(2_000);
    await assertAllDone(stage, prepared);
  },
);

row(
  "29",
  "the only worker hangs for longer than its locks last, and readings take longer than its locks too",
  "one verdict, the right one; no more than one reading is paid twice",
  async () => {
    await using stage = await openStage({ latencyMs: { gemini: 3_000, compreface: 50 } });
    const worker = await stage.startWorker();
    const prepared = await stage.submit({ person: 1 });
    await eventually("the reading has begun", () => stage.gemini.requests.length === 1);
    await worker.kill("SIGSTOP");
    await delay(2_300);
    await worker.kill("SIGCONT");
    await stage.settled([prepared], 30_000);
    await assertAllDone(stage, [prepared]);
    assert.ok(stage.gemini.requests.length <= 2, `${stage.gemini.requests.length} readings`);
  },
);

row(
  "29",
  "a worker's event loop is blocked for longer than its locks last, with eight jobs",
  "eight verdicts, each once; the worker goes on",
  async () => {
    await using stage = await openStage({ latencyMs: { gemini: 1_000, compreface: 100 } });
    const blocked = await stage.startWorker(blockedOnSignal(6_000));
    const prepared = await submitMany(stage, 8);
    await eventually("readings have begun", () => stage.gemini.requests.length >= 4);
    await blocked.kill("SIGUSR2");
    await stage.startWorker();
    await stage.settled(prepared, 30_000);
    await delay(6_000);
    await assertAllDone(stage, prepared);
    assert.ok(!blocked.ended);
    const next = await submitMany(stage, 8);
    await stage.settled(next, 30_000);
    await assertAllDone(stage, next);
    assert.deepEqual(await stage.leaks([2, 4, 6, 8, 10]), []);
  },
);

row(
  "27",
  "a worker hangs; its job ends elsewhere; the record is submitted again with other pictures; it wakes up",
  "the new submission's verdict, of its own pictures",
  async () => {
    await using stage = await openStage();
    const frozen = await stage.startWorker();
    stage.gemini.script([{ match: { kind: "passport" }, times: 1, delayMs: 500, answer: { fault: "genuine" } }]);
    const old = await stage.submit({ person: 1 });
    await eventually("the reading has begun", () => stage.gemini.requests.length === 1);
    await frozen.kill("SIGSTOP");
    const other = await stage.startWorker();
    await stage.settled([old], 20_000);
    const since = await stage.decidedAt(old.kycId);

    // The new job waits while the old run continues. The old run does not know of the new submission.
    await other.kill("SIGSTOP");
    const next = await stage.submit({ kind: "mismatch", person: 1, kycId: old.kycId, round: 1 });
    await frozen.kill("SIGCONT");
    await delay(1_000);
    await other.kill("SIGCONT");
    await stage.settled([next], 20_000, since);
    await delay(500);
    assert.deepEqual(await stage.audit([next]), []);
    assert.equal((await stage.verdicts.of(old.kycId)).length, 2);
  },
);

for (const isSubmittedAgain of [false, true]) {
  row(
    "7",
    `a worker hangs before it has read the record; its job ends elsewhere${isSubmittedAgain ? ", and so does a new submission" : ""}; it wakes up`,
    "it writes nothing, and asks no provider",
    async () => {
      await using stage = await openStage();
      await using proxies = await openProxies(stage);
      const frozen = await stage.startWorker({ POSTGRES_URL: proxies.variables.POSTGRES_URL });
      const read = proxies.postgres.hold(STATEMENTS.read);
      const old = await stage.submit({ kind: "mismatch", person: 1 });
      await read.seen;
      await frozen.kill("SIGSTOP");
      await stage.startWorker();
      await stage.settled([old], 20_000);
      let last = old;
      if (isSubmittedAgain) {
        const since = await stage.decidedAt(old.kycId);
        last = await stage.submit({ kind: "match", person: 1, kycId: old.kycId, round: 1 });
        await stage.settled([last], 20_000, since);
      }
      const paid = countPaid(stage);
      read.release();
      await frozen.kill("SIGCONT");
      await delay(2_000);
      await assertVerdicts(stage, last, isSubmittedAgain ? 2 : 1);
      assert.deepEqual(countPaid(stage), paid);
      assert.ok(!frozen.ended);
    },
  );
}

/** Asserts that the record had this many verdicts, the last one about this submission, and that no job is left. */
async function assertVerdicts(stage: Stage, last: Prepared, count: number) {
  assert.deepEqual(await stage.audit([last]), []);
  assert.equal((await stage.verdicts.of(last.kycId)).length, count);
  await stage.emptied();
}
