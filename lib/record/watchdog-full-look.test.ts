/** A sweep of a large table reads all records now and then, and otherwise only those that can be in review. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { createRecordedLog } from "../../test/recorded-log.ts";
import { startRecordsForFile } from "../../test/servers/records-database.ts";
import { createDatabase } from "./database.ts";
import { createEnvelope } from "./envelope.ts";
import { createWatchdog } from "./watchdog.ts";

const MINUTE_MS = 60_000;
const NEW_ID = 1_000_000;

const server = await startRecordsForFile();

/** A watchdog with a clock of its own, and the ids after which it has listed records. */
async function open(t: TestContext) {
  const records = await server.open(t);
  const database = createDatabase({ url: records.url, connections: 4 });
  t.after(() => database.close());
  const listedAfter: number[] = [];
  let nowMs = Date.now();
  const watchdog = createWatchdog({
    database: {
      ...database,
      listInReview(since, afterId, limit) {
        listedAfter.push(afterId);
        return database.listInReview(since, afterId, limit);
      },
    },
    queue: { findJobs: async () => [], putBack: () => assert.fail("there is no job") },
    envelope: createEnvelope({ keys: [{ id: 1, key: Buffer.alloc(32, "k") }] }),
    timeoutMinutes: 15,
    sinceColumn: "createdAt",
    version: "1",
    log: createRecordedLog().log,
    now: () => nowMs,
  });
  return {
    records,
    pass: (minutes: number) => (nowMs += minutes * MINUTE_MS),
    async sweep() {
      listedAfter.length = 0;
      const { failed } = await watchdog.sweep({ hasTime: () => true });
      return { failed, listedAfter: [...listedAfter] };
    },
  };
}

test("a sweep begins at the oldest record in review, less a margin; each ten minutes it looks at all", async (t) => {
  const { records, pass, sweep } = await open(t);
  await records.insertInReview(NEW_ID);
  assert.deepEqual(await sweep(), { failed: 0, listedAfter: [0, 0] });

  // Created before that record, and set in review later: one shortly before it, one long ago.
  await records.insertInReview(NEW_ID - 9_000, 16);
  await records.insertInReview(1, 16);
  pass(1);
  const begin = NEW_ID - 10_000;
  assert.deepEqual(await sweep(), { failed: 1, listedAfter: [begin, begin] });
  pass(9);
  assert.deepEqual(await sweep(), { failed: 1, listedAfter: [0, 0] });
});

test("in a small table, each sweep looks at all", async (t) => {
  const { records, pass, sweep } = await open(t);
  await records.insertInReview(9_000);
  await sweep();
  await records.insertInReview(1, 16);
  pass(1);
  assert.deepEqual(await sweep(), { failed: 1, listedAfter: [0, 0] });
});

test("without a record in review, the next sweep looks at all again", async (t) => {
  const { records, pass, sweep } = await open(t);
  assert.deepEqual(await sweep(), { failed: 0, listedAfter: [0, 0] });
  await records.insertInReview(1, 16);
  pass(1);
  assert.deepEqual(await sweep(), { failed: 1, listedAfter: [0, 0] });
});
