import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { createCircuit } from "./circuit.ts";
import { FinalError, ProviderDownError, RateLimitError, TransientError } from "../errors.ts";

const OUTAGE = new TransientError("no answer", "ocr_unavailable");
const PROBE_EVERY_MS = 30;

/** A circuit that opens after three failures, and a provider whose answers a test scripts. */
function provider() {
  const changes: string[] = [];
  let calls = 0;
  let answer: () => Promise<string> = async () => "read";
  const circuit = createCircuit({
    outages: ["ocr_unavailable"],
    patienceMs: 1_000,
    onChange: (state) => changes.push(state),
    failuresToOpen: 3,
    probeEveryMs: PROBE_EVERY_MS,
  });
  return {
    changes,
    calls: () => calls,
    check: circuit.check,
    answers: (next: () => Promise<string>) => (answer = next),
    fails: (error: Error) => (answer = () => Promise.reject(error)),
    call: () =>
      circuit.run(() => {
        calls += 1;
        return answer();
      }),
  };
}

type Provider = ReturnType<typeof provider>;

async function fail(gemini: Provider, error: Error, times: number): Promise<unknown[]> {
  gemini.fails(error);
  const failures: unknown[] = [];
  for (let time = 0; time < times; time++) failures.push(await gemini.call().catch((failure: unknown) => failure));
  return failures;
}

/** Waits until the circuit lets one call through again. */
const untilProbed = () => delay(2 * PROBE_EVERY_MS);

describe("a provider that does not answer", () => {
  test("after enough failures in a row the circuit opens, and the failure that opens it costs no attempt", async () => {
    const gemini = provider();
    const [first, second, third] = await fail(gemini, OUTAGE, 3);
    assert.deepEqual([first, second], [OUTAGE, OUTAGE]);
    assert.ok(third instanceof ProviderDownError);
    assert.equal(third.reason, "ocr_unavailable");
    assert.deepEqual(gemini.changes, ["open"]);
    assert.throws(() => gemini.check(), ProviderDownError);
    await assert.rejects(gemini.call(), ProviderDownError);
    assert.equal(gemini.calls(), 3);
  });

  test("one call at a time probes it, and an answered probe closes the circuit", async () => {
    const gemini = provider();
    await fail(gemini, OUTAGE, 3);
    await untilProbed();
    await assert.rejects(gemini.call(), ProviderDownError);
    assert.equal(gemini.calls(), 4);
    await assert.rejects(gemini.call(), ProviderDownError);
    assert.equal(gemini.calls(), 4);

    await untilProbed();
    const answered = Promise.withResolvers<string>();
    gemini.answers(() => answered.promise);
    const probe = gemini.call();
    await assert.rejects(gemini.call(), ProviderDownError);
    answered.resolve("read");
    assert.equal(await probe, "read");
    assert.equal(await gemini.call(), "read");
    assert.deepEqual(gemini.changes, ["open", "open", "closed"]);
  });

  test("an aborted probe leaves the circuit open", async () => {
    const gemini = provider();
    await fail(gemini, OUTAGE, 3);
    await untilProbed();
    const givenUp = new Error("shutdown");
    assert.deepEqual(await fail(gemini, givenUp, 1), [givenUp]);
    await assert.rejects(gemini.call(), ProviderDownError);
    assert.equal(gemini.calls(), 4);
  });
});

describe("a provider that answers", () => {
  test("single failures between successes do not open the circuit", async () => {
    const gemini = provider();
    for (let round = 0; round < 5; round++) {
      assert.deepEqual(await fail(gemini, OUTAGE, 2), [OUTAGE, OUTAGE]);
      gemini.answers(async () => "read");
      assert.equal(await gemini.call(), "read");
    }
    assert.deepEqual(gemini.changes, []);
  });

  test("refusals do not open the circuit", async () => {
    const refusals = [
      new FinalError("refused", "ocr_refused"),
      new RateLimitError(1_000),
      new TransientError("nonsense", "ocr_bad_output"),
    ];
    for (const refusal of refusals) {
      const gemini = provider();
      assert.deepEqual(new Set(await fail(gemini, refusal, 10)), new Set([refusal]));
      assert.deepEqual(await fail(gemini, OUTAGE, 2), [OUTAGE, OUTAGE]);
      await fail(gemini, refusal, 1);
      assert.deepEqual(await fail(gemini, OUTAGE, 2), [OUTAGE, OUTAGE]);
      assert.deepEqual(gemini.changes, []);
    }
  });

  test("aborted calls do not open the circuit", async () => {
    const gemini = provider();
    await fail(gemini, new Error("another picture has failed for good"), 10);
    gemini.answers(async () => "read");
    assert.equal(await gemini.call(), "read");
    assert.deepEqual(gemini.changes, []);
  });
});

test("a job waits for a provider that is down until its patience ends", () => {
  const down = new ProviderDownError("ocr_unavailable", 1_000);
  assert.ok(down.isWorthWaiting(5_000, 5_999));
  assert.ok(!down.isWorthWaiting(5_000, 6_000));
});
