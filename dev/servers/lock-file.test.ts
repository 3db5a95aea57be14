import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { oneAtATime } from "./lock-file.ts";

async function lockIn(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), "kyc-test-"));
  t.after(() => rm(folder, { recursive: true }));
  return { folder, lock: join(folder, "lock") };
}

test("the work of one is done before that of the next begins, and failing work gives way too", async (t) => {
  const { folder, lock } = await lockIn(t);
  const events: string[] = [];
  const work = (name: string) =>
    oneAtATime(lock, async () => {
      events.push(`${name} begins`);
      await new Promise(setImmediate);
      events.push(`${name} ends`);
      if (name === "b") throw new Error("b failed");
    });
  const outcomes = await Promise.allSettled([work("a"), work("b"), work("c")]);
  assert.equal(outcomes.filter(({ status }) => status === "rejected").length, 1);
  for (let turn = 0; turn < 6; turn += 2) {
    assert.equal(events[turn]?.replace("begins", "ends"), events[turn + 1]);
  }
  assert.deepEqual(await readdir(folder), []);
});

test("the lock of a process that died is no lock", async (t) => {
  const { lock } = await lockIn(t);
  const { pid } = spawnSync("/bin/true");
  await writeFile(lock, String(pid));
  assert.equal(await oneAtATime(lock, async () => "done"), "done");
});

test("the empty lock of a process that died before it wrote its id is no lock", async (t) => {
  const { lock } = await lockIn(t);
  await writeFile(lock, "");
  assert.equal(await oneAtATime(lock, async () => "done"), "done");
});
