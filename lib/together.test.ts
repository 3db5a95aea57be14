/** Three branches side by side: which failure counts, and what happens to the others. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { FinalError, RateLimitError, TransientError } from "./errors.ts";
import { together } from "./together.ts";

const NEVER = new AbortController().signal;
const final = () => new FinalError("final", "face_mismatch");
const rateLimit = () => new RateLimitError(1_000);
const transient = () => new TransientError("transient", "ocr_unavailable");

/** A branch that ends when the test ends it, or when it is aborted. */
function branch<T>() {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  let signal = NEVER;
  return {
    resolve,
    reject,
    aborted: () => signal.aborted,
    task: (joint: AbortSignal) => {
      signal = joint;
      joint.addEventListener("abort", () => reject(joint.reason));
      return promise;
    },
  };
}

const later = () => new Promise(setImmediate);

describe("together", () => {
  test("returns what each branch returns, in their order", async () => {
    const [a, b, c] = [branch<number>(), branch<string>(), branch<undefined>()];
    const all = together(NEVER, a.task, b.task, c.task);
    c.resolve(undefined);
    b.resolve("two");
    a.resolve(1);
    assert.deepEqual(await all, [1, "two", undefined]);
  });

  test("starts all branches before any of them has ended", async () => {
    const started: string[] = [];
    const [a, b, c] = [branch<void>(), branch<void>(), branch<void>()];
    const note = (name: string, task: (signal: AbortSignal) => Promise<void>) => (signal: AbortSignal) => {
      started.push(name);
      return task(signal);
    };
    const all = together(NEVER, note("a", a.task), note("b", b.task), note("c", c.task));
    assert.deepEqual(started, ["a", "b", "c"]);
    for (const each of [a, b, c]) each.resolve();
    await all;
  });

  test("a final failure aborts the other branches at once, and is thrown", async () => {
    const error = final();
    const [a, b, c] = [branch(), branch(), branch()];
    const all = assert.rejects(together(NEVER, a.task, b.task, c.task), error);
    b.reject(error);
    await all;
    assert.ok(a.aborted() && c.aborted());
  });

  test("after any other failure the other branches may finish, because their answers are kept", async () => {
    for (const error of [transient(), rateLimit(), new Error("unknown")]) {
      const [a, b, c] = [branch(), branch(), branch()];
      let settled = false;
      const all = assert.rejects(together(NEVER, a.task, b.task, c.task), error).finally(() => (settled = true));
      a.reject(error);
      await later();
      assert.ok(!b.aborted() && !c.aborted() && !settled);
      b.resolve("done");
      c.resolve("done");
      await all;
    }
  });

  test("waits until an aborted branch has ended", async () => {
    const [a, b] = [branch(), branch()];
    const stubborn = Promise.withResolvers<void>();
    let settled = false;
    const all = assert.rejects(together(NEVER, a.task, b.task, () => stubborn.promise)).finally(() => (settled = true));
    a.reject(final());
    await later();
    assert.ok(b.aborted() && !settled);
    stubborn.resolve();
    await all;
  });

  test("the caller's signal reaches every branch", async () => {
    const controller = new AbortController();
    const [a, b, c] = [branch(), branch(), branch()];
    const reason = new Error("shutdown");
    const all = assert.rejects(together(controller.signal, a.task, b.task, c.task), reason);
    controller.abort(reason);
    await all;
  });

  test("a task that throws synchronously is a failed branch", async () => {
    const task = (): Promise<never> => {
      throw transient();
    };
    const ok = async () => 1;
    await assert.rejects(together(NEVER, task, ok, ok), TransientError);
  });

  test("the most decisive failure is thrown, in every order of failures", async () => {
    const kinds = { final, rateLimit, transient, none: () => undefined };
    const order = ["final", "rateLimit", "transient", "none"] as const;
    const kind = fc.constantFrom(...order);
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(kind, kind, kind),
        fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
        async (ends, turns) => {
          const branches = [branch(), branch(), branch()] as const;
          const [a, b, c] = branches;
          const outcome = together(NEVER, a.task, b.task, c.task).then(
            () => "none",
            (error: unknown) => (error instanceof Error ? error.message : "?"),
          );
          for (const turn of turns) {
            const error = kinds[ends[turn] ?? "none"]();
            if (error === undefined) branches[turn]?.resolve(1);
            else branches[turn]?.reject(error);
            await later();
          }
          const worst = order.find((name) => ends.includes(name)) ?? "none";
          const expected = kinds[worst]()?.message ?? "none";
          assert.equal(await outcome, expected);
        },
      ),
      { numRuns: 60 },
    );
  });
});
