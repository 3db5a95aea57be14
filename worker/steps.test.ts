/** What a job's steps keep for its next run. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import * as z from "zod/mini";
import { createEnvelope } from "../lib/record/envelope.ts";
import { asPaid, FinalError, invalidPhoto, QueueUnavailableError, TransientError } from "../lib/errors.ts";
import { createRecordedLog } from "../test/recorded-log.ts";
import { createSteps } from "./steps.ts";

const KYC_ID = 456;
const CANARY = "CANARY-MUSTERMANN";
const envelope = createEnvelope({ keys: [{ id: 1, key: randomBytes(32) }] });
const named = z.object({ name: z.string() });

/** Steps of one run of a job, and what they have kept. */
function open(kept?: string, overrides: Partial<Parameters<typeof createSteps>[0]> = {}) {
  const { log, lines } = createRecordedLog();
  const seals: string[] = [];
  const keep = async (sealed: string) => void seals.push(sealed);
  const steps = createSteps({ kycId: KYC_ID, kept, envelope, keep, log, ...overrides });
  return { steps, seals, lines };
}

/** Work that counts how often it is done. */
function work(name: string) {
  let times = 0;
  return { times: () => times, do: async () => ({ name, times: (times += 1) }) };
}

/** What a run leaves behind after steps with these names. */
async function keptAfter(...names: string[]): Promise<string | undefined> {
  const { steps, seals } = open();
  for (const name of names) await steps.once(name, named, work(name).do);
  return seals.at(-1);
}

describe("once", () => {
  test("does its work and keeps what came of it, sealed", async () => {
    const { steps, seals, lines } = open();
    assert.deepEqual(await steps.once("read", named, async () => ({ name: CANARY })), { name: CANARY });
    assert.equal(seals.length, 1);
    const [sealed = ""] = seals;
    assert.ok(!Buffer.from(sealed, "base64").includes(CANARY));
    assert.deepEqual(JSON.parse(envelope.open(KYC_ID, Buffer.from(sealed, "base64"))), { read: { name: CANARY } });
    assert.ok(!JSON.stringify(lines).includes(CANARY));
  });

  test("does not do again what an earlier run has kept", async () => {
    const kept = await keptAfter("read");
    const { steps, seals } = open(kept);
    const again = work("other");
    assert.deepEqual(await steps.once("read", named, again.do), { name: "read" });
    assert.equal(again.times(), 0);
    assert.deepEqual(seals, [], "there is nothing new to keep");
  });

  test("keeps what earlier runs kept when it adds to it", async () => {
    const { steps, seals } = open(await keptAfter("read"));
    await steps.once("compare", named, work("compare").do);
    const next = open(seals.at(-1));
    const again = work("again");
    for (const name of ["read", "compare"]) await next.steps.once(name, named, again.do);
    assert.equal(again.times(), 0);
  });

  test("keeps the work of branches that run side by side", async () => {
    const { steps, seals } = open();
    const gate = Promise.withResolvers<void>();
    const branches = ["a", "b", "c"].map((name) =>
      steps.once(name, named, async () => {
        await gate.promise;
        return { name };
      }),
    );
    gate.resolve();
    await Promise.all(branches);
    const last = JSON.parse(envelope.open(KYC_ID, Buffer.from(seals.at(-1) ?? "", "base64")));
    assert.deepEqual(Object.keys(last).toSorted(), ["a", "b", "c"]);
  });

  test("keeps nothing of work that failed, and does it again", async () => {
    const { steps, seals } = open();
    const error = new Error(CANARY);
    await assert.rejects(
      steps.once("read", named, () => Promise.reject(error)),
      error,
    );
    assert.deepEqual(seals, []);
    const again = work("read");
    await steps.once("read", named, again.do);
    assert.equal(again.times(), 1);
  });

  test("does again what does not open: another key, another record, or no envelope at all", async () => {
    const kept = await keptAfter("read");
    const stranger = createEnvelope({ keys: [{ id: 1, key: randomBytes(32) }] });
    const seal = (text: string) => envelope.seal(KYC_ID, text).toString("base64");
    for (const { steps } of [
      open(kept, { envelope: stranger }),
      open(kept, { kycId: 457 }),
      open("no envelope"),
      open(""),
      open(seal("not JSON")),
      open(seal('["a list"]')),
    ]) {
      const again = work("read");
      await steps.once("read", named, again.do);
      assert.equal(again.times(), 1);
    }
  });

  test("does again what another version kept in another form", async () => {
    const { steps } = open(await keptAfter("read"));
    const again = work("read");
    await steps.once("read", z.object({ title: z.string() }), async () => ({ title: (await again.do()).name }));
    assert.equal(again.times(), 1);
  });
});

describe("run", () => {
  test("times what is done and what fails; what was kept took no time", async () => {
    const { steps, lines } = open(await keptAfter("read"));
    await steps.once("read", named, work("read").do);
    await steps.run("fetch", async () => undefined);
    await assert.rejects(steps.run("compare", () => Promise.reject(new TypeError(CANARY))));
    assert.deepEqual(Object.keys(steps.timings), ["fetch", "compare"]);
    for (const durationMs of Object.values(steps.timings)) assert.ok(Number.isInteger(durationMs) && durationMs >= 0);
    assert.deepEqual(
      lines.map(({ msg, ["step"]: step, ["cause"]: cause }) => [msg, step, cause]),
      [
        ["step kept from an earlier run", "read", undefined],
        ["step done", "fetch", undefined],
        ["step failed", "compare", "TypeError"],
      ],
    );
    assert.ok(!JSON.stringify(lines).includes(CANARY));
  });

  test("names the engine that answered and its tokens, and the reason of a failure, and nothing of the answer", async () => {
    const { steps, lines } = open();
    const usage = { model: "m", inputTokens: 10, outputTokens: 4, durationMs: 9 };
    await steps.run("read_passport", async () => ({ value: { engine: CANARY, surname: CANARY }, usage }));
    await steps.run("compare_faces", async () => ({ value: { engine: "compreface", similarity: 0.9 } }));
    await assert.rejects(steps.run("read_stamp", () => Promise.reject(invalidPhoto("document_not_passport", "stamp"))));
    assert.partialDeepStrictEqual(lines, [
      { step: "read_passport", engine: "gemini", model: "m", inputTokens: 10, outputTokens: 4 },
      { step: "compare_faces", engine: "compreface" },
      { step: "read_stamp", cause: "FinalError", reason: "document_not_passport" },
    ]);
    assert.ok(!JSON.stringify(lines).includes(CANARY));
  });

  test("tells what the vision model was paid for, in earlier runs too", async () => {
    const usage = { model: "m", inputTokens: 10, outputTokens: 4, durationMs: 9 };
    const { steps } = open();
    await steps.once("compare_faces", z.object({ value: z.string() }), async () => ({ value: "by CompreFace" }));
    await steps.once("read_passport", z.looseObject({}), async () => ({ value: "x", usage }));
    assert.deepEqual(steps.paid(), [{ purpose: "passport", ...usage }]);
  });

  test("tells what was paid for an answer of no use, too, whichever run asked for it", async () => {
    const usage = { model: "m", inputTokens: 10, outputTokens: 4, durationMs: 9 };
    const cutOff = () => Promise.reject(asPaid(new TransientError("cut off", "ocr_bad_output"), usage));
    const first = open();
    await assert.rejects(first.steps.once("read_passport", named, cutOff), TransientError);
    const second = open(first.seals.at(-1));
    await assert.rejects(second.steps.once("read_passport", named, cutOff), TransientError);
    const third = open(second.seals.at(-1));
    await third.steps.once("read_stamp", z.looseObject({}), async () => ({ value: "x", usage }));
    await third.steps.once("read_passport", z.looseObject({}), async () => ({ value: "x", usage }));
    const unusable = { purpose: "passport", outcome: "ocr_bad_output", ...usage };
    assert.deepEqual(third.steps.paid(), [
      unusable,
      unusable,
      { purpose: "passport", ...usage },
      { purpose: "stamp", ...usage },
    ]);
    assert.deepEqual(open(third.seals.at(-1)).steps.paid(), third.steps.paid());
  });

  test("fails for its own reason also where the cost cannot be kept", async () => {
    const usage = { model: "m", inputTokens: 10, outputTokens: 4, durationMs: 9 };
    const full = () => Promise.reject(new QueueUnavailableError("full"));
    const { log } = createRecordedLog();
    const steps = createSteps({ kycId: 456, kept: undefined, envelope, keep: full, log });
    const refusal = asPaid(new FinalError("refused", "ocr_refused"), usage);
    await assert.rejects(
      steps.once("read_passport", named, () => Promise.reject(refusal)),
      (error) => error === refusal,
    );
    assert.deepEqual(steps.paid(), [{ purpose: "passport", outcome: "ocr_refused", ...usage }]);
  });

  test("reports every step to the observer", async () => {
    const seen: string[] = [];
    const observer = {
      step: (step: string, outcome: string) => void seen.push(`${step} ${outcome}`),
      verdict() {},
      attemptFailed() {},
      call() {},
      tokens() {},
    };
    const { steps } = open(await keptAfter("read"), { observer });
    await steps.once("read", named, work("read").do);
    await steps.run("fetch", async () => undefined);
    await assert.rejects(steps.run("compare", () => Promise.reject(new Error("no"))));
    assert.deepEqual(seen, ["read kept", "fetch done", "compare failed"]);
  });
});
