/** The steps of a run, and the answers that are kept for the next one. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import * as z from "zod/mini";
import { FinalError, invalidPhoto, QueueUnavailableError, TransientError } from "../../lib/errors.ts";
import type { Picture } from "../../lib/images/images.ts";
import { NO_OBSERVER } from "../../lib/observe/telemetry.ts";
import { recordCall, type Call } from "../../lib/observe/calls.ts";
import { createEnvelope } from "../../lib/record/envelope.ts";
import { createRecordedLog } from "../../test/recorded-log.ts";
import { createSteps } from "./steps.ts";

const KYC_ID = 456;
const CANARY = "CANARY-MUSTERMANN";
const TOKENS = { model: "m", inputTokens: 10, outputTokens: 4 };
const envelope = createEnvelope({ keys: [{ id: 1, key: randomBytes(32) }] });
const named = z.object({ name: z.string() });
const SUBMISSION = {
  userId: 1,
  kycId: KYC_ID,
  passportKey: "p.jpg",
  selfieKey: "s.jpg",
  id: "0b8c64c8-3a5f-4b11-9a57-2a6f3a7f0c11",
  submittedAt: 0,
};
const LATER = { ...SUBMISSION, id: "5e0a2f6e-0a55-4b7c-8a0b-6a2f1f1f2d22" };

const picture = (text: string): Picture => ({ role: "passport", jpeg: Buffer.from(text), width: 1, height: 1 });
const QUESTION = { name: "read_passport", model: "m", pictures: [picture("page")], schema: named };

type Fields = Readonly<Record<string, string>>;

/** Steps of one run, and what Redis holds after it: what it held before, and what the run kept. */
function open(before: Fields = {}, overrides: Partial<Parameters<typeof createSteps>[0]> = {}) {
  const { log, lines } = createRecordedLog();
  const fields: Record<string, string> = { ...before };
  const calls: Call[] = [];
  const cache = { keep: async (_: number, field: string, sealed: string) => void (fields[field] = sealed) };
  const cached = { latest: undefined, fields: before };
  const steps = createSteps({ submission: SUBMISSION, cached, cache, envelope, calls, log, ...overrides });
  return { steps, fields, calls, lines };
}

/** Work that is paid for, and counts how often it is done. */
function work(name: string = CANARY, failure?: Error) {
  let times = 0;
  const ask = () =>
    recordCall({ provider: "gemini", purpose: "passport" }, async (paid) => {
      times += 1;
      paid(TOKENS);
      if (failure !== undefined) throw failure;
      return { name };
    });
  return { times: () => times, do: ask };
}

/** Returns the fields in Redis after a run that asked a question. */
async function keptAfter(question = QUESTION, name = CANARY): Promise<Fields> {
  const { steps, fields } = open();
  await steps.paid(question, work(name).do);
  await steps.kept();
  return fields;
}

const callsOf = (calls: readonly Call[]) => calls.map(({ purpose, outcome, tokens }) => [purpose, outcome, tokens]);

describe("paid answers", () => {
  test("a paid answer is kept, sealed, and not paid for again", async () => {
    const kept = await keptAfter();
    assert.equal(Object.keys(kept).length, 1);
    assert.ok(!JSON.stringify(kept).includes(CANARY));
    assert.ok(!Buffer.from(Object.values(kept)[0] ?? "", "base64").includes(CANARY));
    const next = open(kept);
    const again = work();
    assert.deepEqual(await next.steps.paid(QUESTION, again.do), { name: CANARY });
    assert.equal(again.times(), 0);
    assert.deepEqual(next.fields, kept, "there is nothing new to keep");
    assert.deepEqual(callsOf(next.calls), [["passport", "answered", TOKENS]], "it was paid for once");
    assert.ok(!JSON.stringify(next.lines).includes(CANARY));
  });

  test("a paid answer is also kept for the same question of a later submission", async () => {
    const again = work();
    await open(await keptAfter(), { submission: LATER }).steps.paid(QUESTION, again.do);
    assert.equal(again.times(), 0);
  });

  for (const [what, question] of [
    ["another step", { ...QUESTION, name: "read_stamp" }],
    ["another model", { ...QUESTION, model: "m2" }],
    ["another picture", { ...QUESTION, pictures: [picture("pag3")] }],
    ["one more picture", { ...QUESTION, pictures: [picture("page"), picture("")] }],
    ["the same bytes in other pictures", { ...QUESTION, pictures: [picture("pa"), picture("ge")] }],
    ["an answer of another form", { ...QUESTION, schema: z.object({ name: z.number() }) }],
  ] as const) {
    test(`a kept answer is not used for ${what}`, async () => {
      const { steps } = open(await keptAfter());
      let times = 0;
      await steps.paid<unknown>(question, async () => void (times += 1));
      assert.equal(times, 1);
    });
  }

  test("a kept answer that was not sealed for this record and question is ignored", async () => {
    const kept = await keptAfter();
    const [field, sealed] = Object.entries(kept)[0] ?? assert.fail("nothing was kept");
    const other = await keptAfter({ ...QUESTION, name: "read_stamp" });
    const seal = (text: string, purpose?: string) => envelope.seal(KYC_ID, text, purpose).toString("base64");
    const answer = JSON.stringify({ value: { name: "FORGED" }, calls: [] });
    const stranger = createEnvelope({ keys: [{ id: 1, key: randomBytes(32) }] });
    for (const [what, planted, overrides] of [
      ["another key", sealed, { envelope: stranger }],
      ["another record", sealed, { submission: { ...SUBMISSION, kycId: 457 } }],
      ["another question's answer", Object.values(other)[0], {}],
      ["a result", seal(answer), {}],
      ["another purpose", seal(answer, "kyc_calls:x"), {}],
      ["no envelope", "AAAA", {}],
      ["nothing", "", {}],
      ["sealed text that is not JSON", seal("not JSON", `kyc_${field}`), {}],
      ["sealed JSON of another form", seal('["a list"]', `kyc_${field}`), {}],
    ] as const) {
      const again = work();
      const { steps } = open({ [field]: planted ?? "" }, overrides);
      assert.deepEqual(await steps.paid(QUESTION, again.do), { name: CANARY }, what);
      assert.equal(again.times(), 1, what);
    }
  });

  test("the answers of branches that run at the same time are all kept", async () => {
    const { steps, fields } = open();
    const names = ["a", "b", "c"];
    await Promise.all(names.map((name) => steps.paid({ ...QUESTION, name }, work(name).do)));
    await steps.kept();
    const next = open(fields);
    for (const name of names) {
      assert.deepEqual(await next.steps.paid({ ...QUESTION, name }, () => assert.fail("it is kept")), { name });
    }
  });

  test("a useless answer is not kept, but its cost is, for the runs of its submission", async () => {
    const cutOff = new TransientError("cut off", "ocr_bad_output");
    const first = open();
    await assert.rejects(first.steps.paid(QUESTION, work(CANARY, cutOff).do), cutOff);
    await first.steps.kept();
    const second = open(first.fields);
    await assert.rejects(second.steps.paid(QUESTION, work(CANARY, cutOff).do), cutOff);
    await second.steps.kept();
    const third = open(second.fields);
    const again = work();
    await third.steps.paid(QUESTION, again.do);
    assert.equal(again.times(), 1);
    const useless = ["passport", "ocr_bad_output", TOKENS];
    assert.deepEqual(callsOf(third.calls), [useless, useless]);
    assert.deepEqual(open(second.fields, { submission: LATER }).calls, []);
  });

  test("an answer that cannot be kept is still used, and an error is still thrown", async () => {
    const cache = { keep: () => Promise.reject(new QueueUnavailableError("full")) };
    const { steps, lines } = open({}, { cache });
    assert.deepEqual(await steps.paid(QUESTION, work().do), { name: CANARY });
    const refusal = new FinalError("refused", "ocr_refused");
    await assert.rejects(steps.paid({ ...QUESTION, name: "read_stamp" }, work(CANARY, refusal).do), refusal);
    await steps.kept();
    assert.equal(lines.filter(({ level }) => level === "warn").length, 2);
  });
});

test("an answer that cost nothing is not kept", async () => {
  const { steps, fields } = open();
  await steps.paid(QUESTION, async () => ({ name: "by CompreFace" }));
  const down = new TransientError("down", "face_match_unavailable");
  await assert.rejects(
    steps.paid(QUESTION, () => Promise.reject(down)),
    down,
  );
  await steps.kept();
  assert.deepEqual(fields, {});
});

test("a run knows whether any answer about its record is kept", async () => {
  assert.equal(open().steps.hasAnswers, false);
  assert.equal(open({ "calls:x": "", "fence:x": "" }).steps.hasAnswers, false);
  assert.equal(open(await keptAfter()).steps.hasAnswers, true);
});

describe("steps", () => {
  test("a step is timed, logged and observed, done or failed; a kept answer took no time", async () => {
    const seen: string[] = [];
    const observer = { ...NO_OBSERVER, step: (step: string, outcome: string) => void seen.push(`${step} ${outcome}`) };
    const { steps, lines } = open(await keptAfter(), { observer });
    await steps.paid(QUESTION, work().do);
    await steps.run("fetch", async () => undefined);
    await assert.rejects(steps.run("compare", () => Promise.reject(new TypeError(CANARY))));
    assert.deepEqual(Object.keys(steps.timings), ["fetch", "compare"]);
    for (const durationMs of Object.values(steps.timings)) assert.ok(Number.isInteger(durationMs) && durationMs >= 0);
    assert.deepEqual(
      lines.map(({ msg, ["step"]: step, ["cause"]: cause }) => [msg, step, cause]),
      [
        ["step kept from an earlier run", "read_passport", undefined],
        ["step done", "fetch", undefined],
        ["step failed", "compare", "TypeError"],
      ],
    );
    assert.deepEqual(seen, ["read_passport kept", "fetch done", "compare failed"]);
    assert.ok(!JSON.stringify(lines).includes(CANARY));
  });

  test("a step's log line has the engine, its tokens and a failure's reason, and nothing of the answer", async () => {
    const { steps, lines } = open();
    await steps.paid(QUESTION, work().do);
    await steps.run("compare_faces", async () => ({ engine: "compreface", similarity: 0.9, surname: CANARY }));
    await steps.run("compare_faces", async () => ({ engine: CANARY }));
    await assert.rejects(steps.run("read_stamp", () => Promise.reject(invalidPhoto("document_not_passport", "stamp"))));
    assert.partialDeepStrictEqual(lines, [
      { step: "read_passport", engine: "gemini", ...TOKENS },
      { step: "compare_faces", engine: "compreface" },
      { step: "compare_faces" },
      { step: "read_stamp", cause: "FinalError", reason: "document_not_passport" },
    ]);
    assert.ok(!JSON.stringify(lines).includes(CANARY));
  });
});
