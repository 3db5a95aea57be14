/** Gemini's rate limits, and providers that are down for all jobs. */
import assert from "node:assert/strict";
import { describe } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { openStage, type Prepared, type Stage } from "../stage/stage.ts";
import { eventually } from "../waiting.ts";
import { row } from "./row.ts";

async function submitMany(stage: Stage, count: number): Promise<Prepared[]> {
  const prepared = await Promise.all(
    Array.from({ length: count }, (_, index) => stage.prepare({ person: 1 + (index % 10) })),
  );
  for (const { submission } of prepared) {
    await eventually("the submission is accepted", async () => (await stage.api.submit(submission)).status === 202);
  }
  return prepared;
}

const attemptsOf = async (stage: Stage, { kycId }: Prepared) => (await stage.backend.openResult(kycId))?.attempts;

const millis = (iso: string) => Date.parse(iso);

const callsOf = (stage: Stage, kind: string) =>
  [...stage.gemini.requests, ...stage.compreface.requests].filter((call) => call.kind === kind).length;

// Run these rows side by side: they mostly wait, and each has its own stage.
void describe("limits", { concurrency: 3 }, () => {
  for (const [name, delaySeconds, waitMs] of [
    ["with a delay of 3 s", 3, 3_000],
    ["with a delay of 2.25 s", 2.25, 2_250],
  ] as const) {
    row("17", `Gemini: HTTP 429 ${name}, two workers`, "both wait that long; it costs no attempt", async () => {
      await using stage = await openStage();
      stage.gemini.script([
        { match: { kind: "passport" }, times: 1, answer: { fault: "quotaPerMinute", delaySeconds } },
      ]);
      const workers = [await stage.startWorker(), await stage.startWorker()];
      const pauses = Promise.race(workers.map((worker) => worker.nextLine(/the queue pauses/)));
      const [first] = await submitMany(stage, 1);
      assert.ok(first);
      await pauses;
      const others = await submitMany(stage, 6);
      await stage.assertOneVerdict([first, ...others]);
      for (const entry of [first, ...others]) assert.equal(await attemptsOf(stage, entry), 1);
      const limited = stage.gemini.requests.find(({ status }) => status === 429);
      const after = stage.gemini.requests.filter(({ at }) => millis(at) > millis(limited?.at ?? "") + 250);
      const soonest = Math.min(...after.map(({ at }) => millis(at))) - millis(limited?.at ?? "");
      assert.ok(soonest >= waitMs, `asked again after ${soonest} ms`);
    });
  }

  row("17", "Gemini: HTTP 429 without a delay", "all wait for a minute, then go on", async () => {
    await using stage = await openStage();
    stage.gemini.script([{ match: { kind: "passport" }, times: 1, answer: { fault: "quotaPerMinute" } }]);
    await stage.startWorker();
    const prepared = await submitMany(stage, 2);
    await stage.assertOneVerdict(prepared, 90_000);
    for (const entry of prepared) assert.equal(await attemptsOf(stage, entry), 1);
  });

  row("17", "Gemini: HTTP 429 for longer than the record's time", "ocr_rate_limited", async () => {
    await using stage = await openStage({ settings: { KYC_STUCK_TIMEOUT_MIN: "0.1" } });
    stage.gemini.script([
      { match: { kind: "passport" }, times: null, answer: { fault: "quotaPerMinute", delaySeconds: 2 } },
    ]);
    await stage.startWorker();
    const prepared = await submitMany(stage, 1);
    await stage.settled(prepared, 30_000);
    assert.equal(await stage.outcomeOf(prepared[0]?.kycId ?? 0), "ocr_rate_limited");
  });

  row(
    "16",
    "the object storage hangs once before it answers, and once in the middle of a body",
    "given up after 30 s; then a verdict",
    async () => {
      await using stage = await openStage();
      await stage.startWorker();
      const prepared = await Promise.all([1, 2].map((person) => stage.prepare({ person })));
      for (const [index, { submission }] of prepared.entries()) {
        const fault = index === 0 ? "hang" : "hangMidBody";
        stage.storage.addRules([{ match: { key: submission.selfieKey }, times: 1, answer: { fault } }]);
        await stage.api.submit(submission);
      }
      await stage.assertOneVerdict(prepared, 60_000);
      for (const entry of prepared) assert.equal(await attemptsOf(stage, entry), 2);
    },
  );

  row(
    "+",
    "Gemini is down for 12 s while 60 jobs come",
    "60 verdicts; the outage costs no job an attempt, and Gemini gets few calls",
    async (context) => {
      await using stage = await openStage();
      stage.gemini.script([{ match: {}, times: null, answer: { fault: "badGateway" } }]);
      await stage.startWorker();
      const prepared = await submitMany(stage, 60);
      await delay(12_000);
      const failed = callsOf(stage, "passport");
      stage.gemini.script([]);
      await stage.assertOneVerdict(prepared, 60_000);
      // The circuit opens after 20 failures. Then there is one call every 5 s, plus the calls that ran when it opened.
      assert.ok(failed <= 40, `${failed} failed calls`);
      context.diagnostic(`${failed} failed calls in 12 s`);
    },
  );

  row(
    "+",
    "CompreFace is down, and stays down, while 30 jobs come",
    "30 verdicts by the other engine",
    async (context) => {
      await using stage = await openStage();
      stage.compreface.script([{ match: {}, times: null, answer: { fault: "badGateway" } }]);
      await stage.startWorker();
      const prepared = await submitMany(stage, 30);
      await stage.assertOneVerdict(prepared, 120_000);
      for (const { kycId } of prepared) {
        const result = await stage.backend.openResult(kycId);
        assert.equal(result?.status === "ocr_complete" ? result.faceMatch.engine : undefined, "gemini");
      }
      // The readings are kept while the jobs wait, so each was asked for once.
      assert.equal(callsOf(stage, "passport"), 30);
      context.diagnostic(`${callsOf(stage, "verify")} failed calls of CompreFace`);
    },
  );

  row(
    "+",
    "the object storage is down for 12 s while 60 jobs come",
    "60 verdicts; the outage costs no job an attempt",
    async () => {
      await using stage = await openStage();
      const prepared = await Promise.all(
        Array.from({ length: 60 }, (_, index) => stage.prepare({ person: 1 + (index % 10) })),
      );
      stage.storage.script([{ match: {}, times: null, answer: { fault: "status", status: 503 } }]);
      await stage.startWorker();
      for (const { submission } of prepared) await stage.api.submit(submission);
      await delay(12_000);
      stage.storage.script([]);
      await stage.assertOneVerdict(prepared, 60_000);
    },
  );

  row(
    "+",
    "Gemini is down for longer than a job waits for it",
    "ocr_unavailable, before the record's time is over",
    async () => {
      await using stage = await openStage({ settings: { KYC_STUCK_TIMEOUT_MIN: "0.5" } });
      stage.gemini.script([{ match: {}, times: null, answer: { fault: "badGateway" } }]);
      await stage.startWorker();
      const prepared = await submitMany(stage, 30);
      await stage.settled(prepared, 60_000);
      for (const { kycId } of prepared) assert.equal(await stage.outcomeOf(kycId), "ocr_unavailable");
    },
  );
});
