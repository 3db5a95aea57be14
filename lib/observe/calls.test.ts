/** The ledger of provider calls. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TransientError } from "../errors.ts";
import { collectCalls, costOf, recordCall, type Call } from "./calls.ts";

const TOKENS = { model: "m", inputTokens: 1_000, outputTokens: 200 };
const ASKED = { provider: "gemini", purpose: "passport" };
const away = new TransientError("away", "ocr_unavailable");

/** Collects the calls of some work. Checks their durations and leaves them out. */
async function callsOf(work: () => Promise<unknown>): Promise<readonly Omit<Call, "durationMs">[]> {
  const calls: Call[] = [];
  await collectCalls((call) => void calls.push(call), work);
  return calls.map(({ durationMs, ...call }) => {
    assert.ok(Number.isInteger(durationMs) && durationMs >= 0);
    return call;
  });
}

describe("calls", () => {
  test("a call that was answered is recorded with its tokens, and returns its answer", async () => {
    const calls = await callsOf(async () => {
      const answer = await recordCall(ASKED, async (paid) => {
        paid(TOKENS);
        return "answer";
      });
      assert.equal(answer, "answer");
    });
    assert.deepEqual(calls, [{ ...ASKED, outcome: "answered", tokens: TOKENS }]);
  });

  test("a call that failed is recorded with its reason, and throws its error", async () => {
    const calls = await callsOf(() =>
      assert.rejects(
        recordCall(ASKED, () => Promise.reject(away)),
        away,
      ),
    );
    assert.deepEqual(calls, [{ ...ASKED, outcome: "ocr_unavailable" }]);
  });

  test("a call whose answer was unusable is recorded with its tokens", async () => {
    const ask = async (paid: (tokens: typeof TOKENS) => void) => {
      paid(TOKENS);
      throw away;
    };
    const calls = await callsOf(() => assert.rejects(recordCall(ASKED, ask), away));
    assert.deepEqual(calls, [{ ...ASKED, outcome: "ocr_unavailable", tokens: TOKENS }]);
  });

  test("a call that ended with an error without a reason is recorded as aborted", async () => {
    const calls = await callsOf(() => assert.rejects(recordCall(ASKED, () => Promise.reject(new Error("stop")))));
    assert.deepEqual(calls, [{ ...ASKED, outcome: "aborted" }]);
  });

  test("a call outside any collection still runs", async () => {
    assert.equal(await recordCall(ASKED, async () => "answer"), "answer");
  });
});

test("nested work collects its own calls, and the outer work collects them too, in the order in which they end", async () => {
  const gate = Promise.withResolvers<void>();
  const call = (purpose: string, wait?: Promise<void>) => recordCall({ ...ASKED, purpose }, async () => wait);
  const inner: (readonly { purpose: string }[])[] = [];
  const outer = await callsOf(() =>
    Promise.all([
      callsOf(() => call("passport", gate.promise)).then((calls) => inner.push(calls)),
      callsOf(async () => {
        await call("stamp");
        gate.resolve();
      }).then((calls) => inner.push(calls)),
    ]),
  );
  const purposes = (calls: readonly { purpose: string }[]) => calls.map(({ purpose }) => purpose);
  assert.deepEqual(purposes(outer), ["stamp", "passport"]);
  assert.deepEqual(inner.map((calls) => purposes(calls).join()).toSorted(), ["passport", "stamp"]);
});

test("the cost needs both prices", () => {
  const input = { GEMINI_PRICE_INPUT_PER_MILLION: 2 };
  const output = { GEMINI_PRICE_OUTPUT_PER_MILLION: 10 };
  assert.equal(costOf(TOKENS, { ...input, ...output }), 0.004);
  for (const prices of [{}, input, output]) assert.equal(costOf(TOKENS, prices), undefined);
});
