import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { oneAtATime } from "./lock-file.ts";

async function lockIn(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), "kyc-test-"));
  t.after(() => rm(folder, { recursive: true }));
  return { folder, lock: join(folder, "lock") };
}

test("a lock file lets one process work after the other, also if the work fails", async (t) => {
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

test("a lock file of a dead process does not count", async (t) => {
  const { lock } = await lockIn(t);
  const { pid } = spawnSync("/bin/true");
  await symlink(String(pid), lock);
  assert.equal(await oneAtATime(lock, async () => "done"), "done");
});

test("an empty lock file does not count", async (t) => {
  const { lock } = await lockIn(t);
  await writeFile(lock, "");
  assert.equal(await oneAtATime(lock, async () => "done"), "done");
});
