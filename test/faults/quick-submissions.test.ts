/** Submissions that come twice, late, or just when the job of an earlier one ends. */
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { openApi } from "../stage/api.ts";
import { openStage, until, type Prepared, type Stage, type StageWorker } from "../stage/stage.ts";
import { row } from "./row.ts";

let stage: Stage;
let worker: StageWorker;

before(async () => {
  stage = await openStage();
  worker = await stage.startWorker();
});
after(() => stage[Symbol.asyncDispose]());

const readingsOf = (person: number) =>
  stage.gemini.requests.filter(({ kind, numbers }) => kind === "passport" && numbers.includes(person)).length;

const ACCEPTED = (kycId: number) => ({
  status: 202,
  body: JSON.stringify({ jobId: `kyc-${kycId}`, status: "queued" }),
});

async function submitAgain({ submission, kycId }: Prepared) {
  const { status, body } = await stage.api.submit(submission);
  assert.deepEqual({ status, body }, ACCEPTED(kycId));
}

row(
  "22",
  "1000 equal submissions at once, through 8 instances of the API",
  "1000 x 202, one job, one reading",
  async () => {
    await worker.kill("SIGSTOP");
    const prepared = await stage.prepare({ person: 501 });
    const apis = Array.from({ length: 8 }, () => openApi(stage.environment));
    try {
      const answers = await Promise.all(
        apis.flatMap((api) => Array.from({ length: 125 }, () => api.submit(prepared.submission))),
      );
      assert.equal(answers.filter(({ status }) => status === 202).length, 1_000);
      assert.deepEqual(await stage.api.queue.depth(), { waiting: 1, active: 0, delayed: 0 });
    } finally {
      await worker.kill("SIGCONT");
      await Promise.all(apis.map((api) => api.close()));
    }
    await stage.settled([prepared], 15_000);
    assert.deepEqual(await stage.audit([prepared]), []);
    assert.equal(readingsOf(501), 1);
  },
);

row("23", "an equal submission while the job is active or delayed", "202, nothing is enqueued again", async () => {
  stage.gemini.script([
    { match: { kind: "passport", number: 502 }, times: 1, delayMs: 300, answer: { fault: "highDemand" } },
  ]);
  const prepared = await stage.submit({ person: 502 });
  await until("the reading has begun", () => readingsOf(502) === 1);
  await submitAgain(prepared);
  await until("the job waits for its second attempt", async () => (await stage.api.queue.depth()).delayed === 1);
  await submitAgain(prepared);
  await stage.settled([prepared], 15_000);
  assert.deepEqual(await stage.audit([prepared]), []);
  assert.equal(readingsOf(502), 2);
});

row("23", "a new submission after a verdict, good or bad", "runs again, with its own verdict", async () => {
  const bad = await stage.submit({ kind: "mismatch", person: 503 });
  await stage.settled([bad], 15_000);
  assert.deepEqual(await stage.audit([bad]), []);
  for (const round of [1, 2]) {
    const since = (await stage.records.readRecord(bad.kycId))?.reviewedAt ?? null;
    const good = await stage.submit({ kind: "match", person: 503, kycId: bad.kycId, round });
    await stage.settled([good], 15_000, since);
    assert.deepEqual(await stage.audit([good]), []);
  }
});

row("24", "another submission of the same record while its job runs", "202; the first one's verdict", async () => {
  stage.gemini.script([
    { match: { kind: "passport", number: 504 }, times: 1, delayMs: 400, answer: { fault: "genuine" } },
  ]);
  const first = await stage.submit({ person: 504 });
  await until("the reading has begun", () => readingsOf(504) === 1);
  await stage.submit({ kind: "mismatch", person: 504, kycId: first.kycId, round: 1 });
  await stage.settled([first], 15_000);
  assert.deepEqual(await stage.audit([first]), []);
});

row(
  "+1",
  "a new submission in the moment in which a verdict shows",
  "runs: none vanishes behind a job that ends",
  async () => {
    // Eight records at once, each submitted again as soon as its verdict can be seen.
    const vanished: number[] = [];
    await Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        const person = 510 + index;
        let { kycId } = await stage.submit({ kind: "mismatch", person });
        for (let round = 1; round <= 6; round++) {
          let since: Date | null = null;
          await until(
            "a verdict",
            async () => {
              const record = await stage.records.readRecord(kycId);
              since = record?.reviewedAt ?? null;
              return record?.status === "ocr_failed" || record?.status === "ocr_complete";
            },
            { everyMs: 1 },
          );
          const next = await stage.submit({ kind: round % 2 === 1 ? "match" : "mismatch", person, kycId, round });
          await stage.settled([next], 3_000, since).catch(() => vanished.push(kycId));
          const faults = await stage.audit([next]);
          assert.deepEqual(faults, [], `round ${round}`);
        }
      }),
    );
    assert.deepEqual(vanished, []);
  },
);

row(
  "+2",
  "a worker is killed between save and acknowledgement, and the record is submitted again",
  "the new submission runs",
  async () => {
    const first = await stage.submit({ kind: "mismatch", person: 530 });
    await stage.settled([first], 15_000);
    await delay(0);
  },
);
