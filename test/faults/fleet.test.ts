/** Two workers that are killed in turn, or hung, or told to stop, while many jobs run. */
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { createRandom } from "../../local/samples/random.ts";
import { countPaid } from "../stage/paid.ts";
import { openStage, until, type Prepared, type Stage } from "../stage/stage.ts";
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

/** Each submission has one verdict, the right one, and no job is left. */
async function assertAllDone(stage: Stage, prepared: readonly Prepared[]) {
  assert.deepEqual(await stage.audit(prepared), []);
  const counts = await stage.verdicts.counts();
  assert.deepEqual(
    prepared.filter(({ kycId }) => counts.get(kycId) !== 1),
    [],
  );
  assert.deepEqual(await stage.api.queue.depth(), { waiting: 0, active: 0, delayed: 0 });
}

row(
  "2",
  "two workers are killed in turn, all the time, while 500 jobs run",
  "500 verdicts, each once",
  async (context) => {
    await using stage = await openStage({ latencyMs: { gemini: 300, compreface: 100 } });
    const workers = [await stage.startWorker(), await stage.startWorker()];
    const submitting = submitMany(stage, 500);
    let kills = 0;
    while ((await stage.verdicts.counts()).size < 500) {
      await delay(500);
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
  "each finishes what it runs; nothing is asked twice",
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
  "it is given back, and runs elsewhere without a lost attempt",
  async () => {
    await using stage = await openStage({ settings: { WORKER_SHUTDOWN_TIMEOUT_MS: "300" } });
    stage.gemini.script([{ match: { kind: "passport" }, times: 1, delayMs: 20_000, answer: { fault: "genuine" } }]);
    const stopping = await stage.startWorker();
    const prepared = await stage.submit({ person: 1 });
    await until("the reading has begun", () => stage.gemini.requests.length > 0);
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
    await until("readings have begun", () => stage.gemini.requests.length >= 4);
    await frozen.kill("SIGSTOP");
    await stage.startWorker();
    await stage.settled(prepared, 30_000);
    await frozen.kill("SIGCONT");
    await delay(2_000);
    await assertAllDone(stage, prepared);
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
    await until("the reading has begun", () => stage.gemini.requests.length === 1);
    await frozen.kill("SIGSTOP");
    const other = await stage.startWorker();
    await stage.settled([old], 20_000);
    const since = (await stage.records.readRecord(old.kycId))?.reviewedAt ?? null;

    // The new job waits while the old run, which knows nothing of all this, goes on.
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
