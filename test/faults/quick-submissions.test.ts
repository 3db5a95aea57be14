/** Submissions that come twice, late, or just when the job of an earlier one ends. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before } from "node:test";
import { createEnvelope, parseKeyring } from "../../lib/record/envelope.ts";
import { openQueueTool } from "../servers/queue-tool.ts";
import { openApi, type Api } from "../stage/api.ts";
import { openKeptWork, type KeptWork } from "../stage/audit/kept-work.ts";
import { openProxies, STATEMENTS, type Proxies } from "../stage/trouble/proxies.ts";
import { openStage, type Prepared, type Stage, type StageWorker } from "../stage/stage.ts";
import { eventually } from "../waiting.ts";
import { row } from "./row.ts";

let stage: Stage;
let worker: StageWorker;
let proxies: Proxies;
let keptWork: KeptWork;
const resources = new AsyncDisposableStack();

before(async () => {
  stage = resources.use(await openStage());
  proxies = resources.use(await openProxies(stage));
  worker = await stage.startWorker({ POSTGRES_URL: proxies.variables.POSTGRES_URL });
  const tool = openQueueTool(stage.redis.url);
  resources.defer(() => tool.close());
  keptWork = openKeptWork(tool, stage.environment);
});
after(() => resources.disposeAsync());

const ACCEPTED = (kycId: number) => ({
  status: 202,
  body: JSON.stringify({ jobId: `kyc-${kycId}`, status: "queued" }),
});

async function submitAgain({ submission, kycId }: Prepared) {
  const { status, body } = await stage.api.submit(submission);
  assert.deepEqual({ status, body }, ACCEPTED(kycId));
}

/** Repeats a submission after a 503, as callers must: on a loaded machine some answers are 503. */
const submitUntilAccepted = (api: Api, { submission, kycId }: Prepared) =>
  eventually("the submission is accepted", async () => {
    const { status, body } = await api.submit(submission);
    if (status === 503) return false;
    assert.deepEqual({ status, body }, ACCEPTED(kycId));
    return true;
  });

row(
  "22",
  "1000 equal submissions at once, through 8 instances of the API",
  "each is answered 202 in the end; one job, one reading",
  async () => {
    await worker.kill("SIGSTOP");
    const prepared = await stage.prepare({ person: 501 });
    const apis = Array.from({ length: 8 }, () => openApi(stage.environment));
    try {
      const eachOf = (api: Api) => Array.from({ length: 125 }, () => submitUntilAccepted(api, prepared));
      await Promise.all(apis.flatMap(eachOf));
      assert.deepEqual(await stage.api.queue.depth(), { waiting: 1, active: 0, delayed: 0 });
    } finally {
      await worker.kill("SIGCONT");
      await Promise.all(apis.map((api) => api.close()));
    }
    await stage.settled([prepared], 15_000);
    assert.deepEqual(await stage.audit([prepared]), []);
    assert.equal(stage.readingsOf(501), 1);
  },
);

row("23", "an equal submission while the job is active or delayed", "202, one job at a time, one verdict", async () => {
  stage.gemini.script([
    { match: { kind: "passport", number: 502 }, times: 1, delayMs: 300, answer: { fault: "highDemand" } },
  ]);
  const prepared = await stage.submit({ person: 502 });
  await eventually("the reading has begun", () => stage.readingsOf(502) === 1);
  await submitAgain(prepared);
  await eventually("the job waits for its second attempt", async () => (await stage.api.queue.depth()).delayed === 1);
  await submitAgain(prepared);
  await stage.settled([prepared], 15_000);
  assert.deepEqual(await stage.audit([prepared]), []);
  assert.equal(stage.readingsOf(502), 2);
});

row("23", "a new submission after a verdict, good or bad", "runs again, with its own verdict", async () => {
  const bad = await stage.submit({ kind: "mismatch", person: 503 });
  await stage.settled([bad], 15_000);
  assert.deepEqual(await stage.audit([bad]), []);
  for (const round of [1, 2]) {
    const since = await stage.decidedAt(bad.kycId);
    const good = await stage.submit({ kind: "match", person: 503, kycId: bad.kycId, round });
    await stage.settled([good], 15_000, since);
    assert.deepEqual(await stage.audit([good]), []);
  }
});

row("24", "another submission of the same record while its job runs", "202; the later one's verdict", async () => {
  const save = proxies.postgres.hold(STATEMENTS.save);
  const first = await stage.submit({ person: 504 });
  await save.seen;
  const next = await stage.submit({ kind: "mismatch", person: 504, kycId: first.kycId, round: 1 });
  save.release();
  await stage.settled([next], 15_000);
  assert.deepEqual(await stage.audit([next]), []);
  assert.equal((await stage.verdicts.of(first.kycId)).length, 1);
});

/** A person rejects the record, then other pictures are submitted. Resolves with the time of the decision. */
async function decideAndSubmitAgain({ kycId, submission }: Prepared): Promise<Date | null> {
  await stage.records.decide(kycId, "rejected");
  const since = await stage.decidedAt(kycId);
  await stage.records.setInReview(kycId);
  assert.equal((await stage.api.submit(submission)).status, 202);
  return since;
}

row(
  "24",
  "a person decides while the record's job runs, and it is submitted again with other pictures",
  "202; the decision stays until the new pictures' verdict",
  async () => {
    const save = proxies.postgres.hold(STATEMENTS.save);
    const first = await stage.submit({ person: 505 });
    await save.seen;
    const next = await stage.prepare({ kind: "mismatch", person: 505, kycId: first.kycId, round: 1 });
    await assertOnlyNext(next, () => save.release());
  },
);

row(
  "24",
  "a person decides while the record's job waits for its next attempt, and it is submitted again with other pictures",
  "202; the decision stays until the new pictures' verdict",
  async () => {
    stage.gemini.script([
      { match: { kind: "passport", number: 506 }, times: 1, answer: { fault: "quotaPerMinute", delaySeconds: 2 } },
    ]);
    const pauses = worker.nextLine(/the queue pauses/);
    const first = await stage.submit({ person: 506 });
    await pauses;
    const next = await stage.prepare({ kind: "mismatch", person: 506, kycId: first.kycId, round: 1 });
    await assertOnlyNext(next, () => {});
  },
);

async function assertOnlyNext(next: Prepared, goOn: () => void) {
  const since = await decideAndSubmitAgain(next);
  assert.equal((await stage.verdicts.of(next.kycId)).length, 0);
  goOn();
  await stage.settled([next], 15_000, since);
  assert.deepEqual(await stage.audit([next]), []);
  await stage.emptied();
  assert.equal((await stage.verdicts.of(next.kycId)).length, 1);
}

row(
  "24",
  "a person decides while a job runs, other pictures are submitted, and a person decides again before their job runs",
  "the last decision stays",
  async () => {
    const save = proxies.postgres.hold(STATEMENTS.save);
    const first = await stage.submit({ person: 507 });
    await save.seen;
    await decideAndSubmitAgain(await stage.prepare({ person: 507, kycId: first.kycId, round: 1 }));
    const nextRead = proxies.postgres.hold(STATEMENTS.read);
    save.release();
    await nextRead.seen;
    await stage.records.decide(first.kycId, "approved");
    nextRead.release();
    await stage.emptied();
    assert.equal((await stage.records.readRecord(first.kycId))?.status, "approved");
    assert.equal((await stage.verdicts.of(first.kycId)).length, 0);
  },
);

row(
  "+",
  "a new submission arrives as soon as a verdict is visible",
  "it runs: no submission is lost behind a job that ends",
  async () => {
    // Eight records at once. Each is submitted again as soon as its verdict is visible.
    const vanished: number[] = [];
    await Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        const person = 510 + index;
        let { kycId } = await stage.submit({ kind: "mismatch", person });
        for (let round = 1; round <= 6; round++) {
          let since: Date | null = null;
          await eventually(
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
  "31",
  "a worker starts with a key that is too short, or without a key",
  "it refuses to start, and says why",
  async () => {
    for (const keys of [
      "1:c2hvcnQ=",
      "",
      `1:${Buffer.alloc(32).toString("base64")}`,
      `1:${Buffer.alloc(32, "key").toString("base64")},1:${Buffer.alloc(32, "key").toString("base64")}`,
    ]) {
      await assert.rejects(stage.startWorker({ KYC_ENCRYPTION_KEYS: keys }), (error: Error) => {
        assert.match(error.message, /KYC_ENCRYPTION_KEYS/);
        assert.ok(keys === "" || !error.message.includes(keys));
        return true;
      });
    }
  },
);

/** Kills the worker of a job that has kept its reading and waits for the last comparison of faces. */
async function killWithKeptWork(person: number): Promise<Prepared> {
  stage.compreface.script([
    { match: { kind: "verify", number: person }, times: 2, answer: { fault: "badGateway" } },
    { match: { kind: "verify", number: person }, times: 1, delayMs: 60_000, answer: { fault: "genuine" } },
  ]);
  const prepared = await stage.submit({ person });
  await eventually(
    "the last attempt",
    () => stage.compreface.requests.filter(({ numbers }) => numbers.includes(person)).length === 3,
  );
  assert.equal(stage.readingsOf(person), 1);
  await worker.kill("SIGKILL");
  return prepared;
}

/** Ends the job with a worker that has these keys. Resolves with the sealed result. */
async function endWith(keys: string, { kycId }: Prepared): Promise<Buffer> {
  const other = await stage.startWorker({ KYC_ENCRYPTION_KEYS: keys });
  await eventually("the verdict", async () => (await stage.records.readRecord(kycId))?.reviewedAt !== null);
  await other.stop();
  await worker.restart();
  return Buffer.from((await stage.records.readRecord(kycId))?.ocrResult ?? []);
}

const newKey = (id: number) => `${id}:${randomBytes(32).toString("base64")}`;
const keys = () => stage.environment["KYC_ENCRYPTION_KEYS"] ?? "";

row(
  "31",
  "the key is replaced while a job with kept work waits",
  "the work is done again and sealed with the new key",
  async () => {
    const prepared = await killWithKeptWork(540);
    const sealed = await endWith(newKey(2), prepared);
    assert.deepEqual([sealed[0], sealed[1]], [1, 2]);
    assert.equal(stage.readingsOf(540), 2);
  },
);

row(
  "31",
  "a new key is put before the old one while a job with kept work waits",
  "the work is not paid again; the verdict is sealed with the new key",
  async () => {
    const prepared = await killWithKeptWork(541);
    const sealed = await endWith(`${newKey(2)},${keys()}`, prepared);
    assert.deepEqual([sealed[0], sealed[1]], [1, 2]);
    assert.equal(stage.readingsOf(541), 1);
  },
);

row(
  "31",
  "kept work is changed in Redis by one byte, or replaced by another record's",
  "it is not used: the work is done again",
  async () => {
    for (const [person, tamper] of [
      [542, (kept: Buffer) => kept.with(kept.length - 20, (kept.at(-20) ?? 0) ^ 1)],
      // Sealed with the right key, but for another record.
      [543, () => createEnvelope({ keys: parseKeyring(keys()) }).seal(1, '{"value":{},"calls":[]}')],
    ] as const) {
      const prepared = await killWithKeptWork(person);
      const [[field, sealed] = assert.fail("nothing is kept")] = await keptWork.answersOf(prepared.kycId);
      await keptWork.plant(prepared.kycId, field, tamper(sealed));
      await worker.restart();
      await stage.settled([prepared], 20_000);
      assert.deepEqual(await stage.audit([prepared]), []);
      assert.equal(stage.readingsOf(person), 2);
    }
  },
);

row("32", "after all faults of this file", "no personal datum, token, key or URL in logs or in Redis", async () => {
  assert.deepEqual(await stage.leaks([501, 502, 503, 504, 510, 511, 540, 541, 542, 543]), []);
});
