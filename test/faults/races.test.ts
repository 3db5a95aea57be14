/** Three thousand races per test between writers of a verdict, each for one record, on a real PostgreSQL. */
import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, before } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import pLimit from "p-limit";
import type { RecordCache } from "../../lib/queue/record-cache.ts";
import { createDatabase, type Database } from "../../lib/record/database.ts";
import { createEnvelope, type Envelope } from "../../lib/record/envelope.ts";
import { resultSchema } from "../../lib/result.ts";
import { createWatchdog } from "../../lib/record/watchdog.ts";
import { startPostgres, type Postgres } from "../../dev/servers/postgres.ts";
import { createRandom } from "../../dev/samples/random.ts";
import {
  createServerpodBackend,
  createVerificationTable,
  type ServerpodBackend,
} from "../../dev/stack/serverpod-table.ts";
import { createRunJob } from "../../worker/run/run-job.ts";
import { createRecordedLog } from "../recorded-log.ts";
import { sampleVerification } from "../readings/sample-verification.ts";
import { row } from "./row.ts";

const RACES = 3_000;
const AT_ONCE = 16;
const SEED = 20_261_123;

let postgres: Postgres;
let database: Database;
let backend: ServerpodBackend;
let envelope: Envelope;

before(async () => {
  postgres = await startPostgres();
  const url = await postgres.createDatabase("kyc");
  await createVerificationTable(url);
  database = createDatabase({ url, connections: 12, lockTimeoutMs: 60_000, queryTimeoutMs: 60_000 });
  backend = createServerpodBackend({ url });
  envelope = createEnvelope({ keys: [{ id: 1, key: randomBytes(32) }] });
});
after(async () => {
  await database.close();
  await backend.close();
  await postgres.stop();
});

/** Runs a job like the worker. `userId` in the result identifies the run. */
async function runOf(kycId: number, userId: number, verifyMs: () => number) {
  const fenced = Promise.withResolvers<void>();
  const runJob = createRunJob({
    database,
    cache: emptyCache(fenced.resolve),
    envelope,
    version: "1",
    now: () => new Date(),
    verify: async () => {
      await delay(verifyMs());
      return sampleVerification(new Date());
    },
  });
  const submission = {
    id: randomUUID(),
    submittedAt: Date.now(),
    userId,
    kycId,
    passportKey: "p.jpg",
    selfieKey: "s.jpg",
  };
  const job = { submission, attempt: 1, isLastAttempt: false, crashes: 0 };
  const { signal } = new AbortController();
  const ended = runJob({ job, deadline: Date.now() + 900_000, signal, log: createRecordedLog().log });
  await Promise.race([fenced.promise, ended]);
  return { ended };
}

/** A cache that keeps nothing, so that only the record decides about a run. */
const emptyCache = (
  onFence: () => void,
): Pick<RecordCache, "read" | "readLatest" | "setFence" | "keep" | "settle"> => ({
  read: async () => ({ latest: undefined, fields: {} }),
  readLatest: async () => undefined,
  async setFence(_submission, reviewedAt) {
    onFence();
    return reviewedAt;
  },
  async keep() {},
  async settle() {},
});

/**
 * Returns the `userId` of the verdict in the record; `null` for the watchdog's. Asserts that the two statuses agree.
 */
async function winnerOf(kycId: number): Promise<number | null> {
  const record = await backend.readRecord(kycId);
  const result = resultSchema.parse(JSON.parse(envelope.open(kycId, record?.ocrResult ?? Buffer.alloc(0))));
  assert.equal(record?.status, result.status);
  return result.userId;
}

/** Creates a watchdog for which every record in review is stuck. */
const impatient = () =>
  createWatchdog({
    database,
    queue: { findJobs: async () => [], putBack: async () => false },
    envelope,
    timeoutMinutes: 0.0001,
    sinceColumn: "createdAt",
    version: "1",
    log: createRecordedLog().log,
  });

/** Plays all races while `beside` runs repeatedly. */
async function playAll(race: (kycId: number) => Promise<void>, beside: () => Promise<unknown>) {
  const limit = pLimit(AT_ONCE);
  const over = new AbortController();
  const besides = (async () => {
    while (!over.signal.aborted) {
      await beside();
      await delay(2);
    }
  })();
  const kycIds = await Promise.all(
    Array.from({ length: RACES }, () =>
      limit(async () => {
        const kycId = await backend.insertRecord({ userId: 1, status: "in_review" });
        await race(kycId);
        return kycId;
      }),
    ),
  );
  over.abort();
  await besides;
  return kycIds;
}

row(
  "25",
  "3,000 races of the watchdog against a late success",
  "the first verdict stays; no record is mixed",
  async (context) => {
    const random = createRandom(SEED);
    const watchdog = impatient();
    const outcomes = new Map<string, number>();
    const losses: number[] = [];
    await playAll(
      async (kycId) => {
        const { ended } = await runOf(kycId, 7, () => random.below(12));
        const { outcome } = await ended;
        if (outcome === "saved") await delay(random.below(5));
        // A verdict that the database confirmed must be there, even if the watchdog ran afterwards.
        const winner = await winnerOf(kycId);
        if (winner !== (outcome === "saved" ? 7 : null)) losses.push(kycId);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      },
      () => watchdog.sweep({ hasTime: () => true }),
    );
    context.diagnostic(JSON.stringify(Object.fromEntries(outcomes)));
    assert.deepEqual(losses, []);
    // Check that the race took place: both sides won some.
    assert.deepEqual([...outcomes.keys()].toSorted(), ["decided", "saved"]);
  },
);

row(
  "27",
  "3,000 races of a new submission against the old job, which another verdict has made late",
  "the new submission's verdict, and no other",
  async (context) => {
    const random = createRandom(SEED);
    const outcomes = new Map<string, number>();
    const losses: number[] = [];
    await playAll(
      async (kycId) => {
        const old = await runOf(kycId, 1, () => 1 + random.below(10));
        // A second run of the old job or a person decides. Then the record is submitted again.
        await (random.onceIn(2) ? backend.decide(kycId, "rejected") : (await runOf(kycId, 2, () => 0)).ended);
        await backend.setInReview(kycId);
        const next = await runOf(kycId, 3, () => 1 + random.below(10));
        const [late, last] = await Promise.all([old.ended, next.ended]);
        if (last.outcome !== "saved" || (await winnerOf(kycId)) !== 3) losses.push(kycId);
        outcomes.set(late.outcome, (outcomes.get(late.outcome) ?? 0) + 1);
      },
      () => delay(50),
    );
    context.diagnostic(`the old job: ${JSON.stringify(Object.fromEntries(outcomes))}`);
    assert.deepEqual(losses, []);
  },
);
