/** Runs of jobs on a real Redis and a real PostgreSQL, which a test can make unavailable. */
import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { type Postgres, startPostgres } from "../../dev/servers/postgres.ts";
import { startRedis, type Redis } from "../../dev/servers/redis.ts";
import {
  createServerpodBackend,
  createVerificationTable,
  type ServerpodBackend,
} from "../../dev/stack/serverpod-table.ts";
import {
  DatabaseUnavailableError,
  FinalError,
  invalidPhoto,
  ProviderDownError,
  QueueUnavailableError,
  RateLimitError,
  RecordMissingError,
  TransientError,
} from "../../lib/errors.ts";
import { NO_OBSERVER, type Observer } from "../../lib/observe/telemetry.ts";
import { recordCall } from "../../lib/observe/calls.ts";
import { createRecordCache, type RecordCache } from "../../lib/queue/record-cache.ts";
import { connectForWorker, type RedisConnection } from "../../lib/queue/redis.ts";
import { createDatabase, type Database } from "../../lib/record/database.ts";
import { createEnvelope } from "../../lib/record/envelope.ts";
import { passportReadingSchema } from "../../lib/passport/reading.ts";
import { resultSchema } from "../../lib/result.ts";
import type { QueuedSubmission } from "../../lib/submission.ts";
import { assertNothingOpen } from "../../test/leaks.ts";
import { createRecordedLog } from "../../test/recorded-log.ts";
import { sampleVerification } from "../../test/readings/sample-verification.ts";
import { eventually } from "../../test/waiting.ts";
import type { Verify } from "../pipeline/pipeline.ts";
import { createRunJob } from "./run-job.ts";
import type { JobOutcome } from "./save.ts";
import type { QueuedJob } from "./decide.ts";

const CANARY = "CANARY-MUSTERMANN";
const MINUTE = 60_000;
const BUDGET_MS = 15 * MINUTE;
const DECIDED: JobOutcome = { outcome: "decided" };
const COMPLETE = { outcome: "saved", status: "ocr_complete", reason: undefined, failure: undefined } as const;
const failedWith = (reason: string, failure: string) =>
  ({ outcome: "saved", status: "ocr_failed", reason, failure }) as const;
const envelope = createEnvelope({ keys: [{ id: 3, key: randomBytes(32) }] });

let postgres: Postgres;
let redisServer: Redis;
let redis: RedisConnection;
let database: Database;
let cache: RecordCache;
let backend: ServerpodBackend;

before(async () => {
  [postgres, redisServer] = await Promise.all([startPostgres(), startRedis()]);
  const url = await postgres.createDatabase("kyc");
  await createVerificationTable(url);
  database = createDatabase({ url, connections: 2, connectTimeoutMs: 2_000 });
  backend = createServerpodBackend({ url });
  redis = connectForWorker(redisServer.url, { onError: (error) => assert.fail(error) });
  cache = createRecordCache({ redis, prefix: "bull" });
});
after(async () => {
  redis.disconnect();
  await database.close();
  await backend.close();
  await postgres.stop();
  await redisServer.stop();
  await assertNothingOpen();
});

/** Verifies as scripted; counts how often it is asked. */
function verifier(work: Verify = async () => sampleVerification(new Date())) {
  let times = 0;
  const verify: Verify = async (task, signal) => {
    times += 1;
    return work(task, signal);
  };
  return { verify, times: () => times };
}

const failing = (error: unknown) => verifier(() => Promise.reject(error));
const inReview = () => backend.insertRecord({ userId: 123, status: "in_review" });

/** Submits a record's pictures, as the API does. */
async function submit(kycId: number, changes: Partial<QueuedSubmission> = {}): Promise<QueuedSubmission> {
  const keys = { passportKey: "p.jpg", selfieKey: "s.jpg" };
  const submission = { userId: 123, kycId, ...keys, id: randomUUID(), submittedAt: Date.now(), ...changes };
  await cache.setLatest(submission);
  return submission;
}

/** A record in review, and its submission. */
const submitted = async (changes: Partial<QueuedSubmission> = {}) => submit(await inReview(), changes);

interface Given extends Partial<Omit<QueuedJob, "submission">> {
  readonly verify?: Verify;
  readonly signal?: AbortSignal;
  readonly database?: Pick<Database, "readState" | "saveVerdict">;
  readonly cache?: Pick<RecordCache, "read" | "readLatest" | "setFence" | "keep" | "settle">;
  readonly observer?: typeof NO_OBSERVER;
  readonly now?: () => Date;
}

/** What the log says of a run's end. */
const SAYS = {
  saved: "verdict",
  decided: "nothing to do: the record has been decided",
  later: "a later submission takes this one's place",
} as const;

/** Runs a job. Its end is logged, and nothing personal, and nothing of an error but its kind and place. */
async function run(submission: QueuedSubmission, given: Given = {}): Promise<JobOutcome> {
  const { verify = verifier().verify, signal = new AbortController().signal, observer = NO_OBSERVER, ...rest } = given;
  const { database: records = database, cache: kept = cache, now = () => new Date(), ...view } = rest;
  const { log, lines } = createRecordedLog();
  const runJob = createRunJob({ database: records, cache: kept, envelope, verify, version: "1.2.3", observer, now });
  const job = { attempt: 1, isLastAttempt: false, crashes: 0, ...view, submission };
  try {
    const outcome = await runJob({ job, deadline: submission.submittedAt + BUDGET_MS, signal, log });
    assert.ok(lines.some(({ msg }) => msg === SAYS[outcome.outcome]));
    return outcome;
  } finally {
    assert.doesNotMatch(JSON.stringify(lines), new RegExp(`${CANARY}|p\\.jpg`));
  }
}

/** The record as the backend reads it, its result opened. */
async function verdictOf(kycId: number) {
  const record = await backend.readRecord(kycId);
  const sealed = record?.ocrResult;
  const result = sealed == null ? undefined : resultSchema.parse(JSON.parse(envelope.open(kycId, sealed)));
  return { status: record?.status, result };
}

async function failureOf(kycId: number) {
  const { status, result } = await verdictOf(kycId);
  assert.equal(status, "ocr_failed");
  assert.ok(result?.status === "ocr_failed");
  return result;
}

/** Runs `work` while the row is locked for the save, after the last check for a later submission. */
const afterLastLook = (work: () => Promise<unknown>): Pick<Database, "readState" | "saveVerdict"> => ({
  ...database,
  saveVerdict: (save) =>
    database.saveVerdict({
      ...save,
      async mayWrite(state) {
        const isAllowed = await save.mayWrite(state);
        await work();
        return isAllowed;
      },
    }),
});

describe("verdicts", () => {
  test("a success is saved, and names its run and its submission", async () => {
    const submission = await submitted({ submittedAt: Date.now() - 5_000, stampKey: null });
    const { kycId, id, submittedAt } = submission;
    const { verify } = verifier(async ({ steps }) => {
      await steps.run("fetch_pictures", async () => undefined);
      return sampleVerification(new Date());
    });
    const observed: Parameters<Observer["verdict"]>[0][] = [];
    const observer: Observer = { ...NO_OBSERVER, verdict: (event) => void observed.push(event) };
    assert.deepEqual(await run(submission, { verify, attempt: 2, observer }), COMPLETE);
    assert.partialDeepStrictEqual(observed, [{ status: "ocr_complete", reason: "none" }]);
    const isSince = (durationMs = 0) => durationMs >= 5_000 && submittedAt + durationMs <= Date.now();
    assert.ok(isSince(observed[0]?.ageMs), `${observed[0]?.ageMs}`);

    const { status, result } = await verdictOf(kycId);
    assert.equal(status, "ocr_complete");
    assert.ok(result?.status === "ocr_complete");
    assert.deepEqual([result.kycId, result.userId, result.attempts], [kycId, 123, 2]);
    assert.deepEqual(result.submission, {
      id,
      submittedAt: new Date(submittedAt).toISOString(),
      passportKey: "p.jpg",
      selfieKey: "s.jpg",
      stampKey: null,
    });
    assert.ok(isSince(result.timings?.queuedMs), `${result.timings?.queuedMs}`);
    assert.deepEqual(Object.keys(result.timings?.stepsMs ?? {}), ["fetch_pictures"]);
    assert.deepEqual(result.producedBy, { service: "kyc-service", version: "1.2.3" });
  });

  test("a final failure is saved at once, with the fields of the contract", async () => {
    const submission = await submitted();
    const { verify } = failing(invalidPhoto("face_not_found", "selfie"));
    const outcome = failedWith("face_not_found", "INVALID_PHOTO:selfie:face_not_found");
    assert.deepEqual(await run(submission, { verify }), outcome);
    const { failureCode, image, message, personMessage, attempts } = await failureOf(submission.kycId);
    assert.deepEqual([failureCode, image, attempts], ["face_not_found", "selfie", 1]);
    assert.match(message, /selfie/);
    assert.match(personMessage, /take it again/);
  });

  test("the facts of a failure that describe the pictures are saved, and not logged", async () => {
    const submission = await submitted();
    const mismatch = new FinalError("FACE_MISMATCH:0.31", "face_mismatch", { facts: { engine: CANARY } });
    await run(submission, { verify: failing(mismatch).verify });
    assert.deepEqual((await failureOf(submission.kycId)).facts, { engine: CANARY });
  });

  test("a verdict is sealed for its own record", async () => {
    const submission = await submitted();
    await run(submission);
    const sealed = (await backend.readRecord(submission.kycId))?.ocrResult;
    assert.ok(sealed);
    assert.equal(sealed[0], 1);
    assert.equal(sealed[1], 3);
    assert.throws(() => envelope.open(submission.kycId + 1, sealed));
  });

  test("a record that does not exist (yet) is not verified", async () => {
    const { verify, times } = verifier();
    await assert.rejects(run(await submit(999_999), { verify }), RecordMissingError);
    assert.equal(times(), 0);
  });
});

describe("decided records", () => {
  for (const status of ["approved", "rejected"] as const) {
    test(`a record that is ${status} is left alone, even if a later submission has other pictures`, async () => {
      const { kycId } = await submitted();
      await backend.decide(kycId, status);
      const { verify, times } = verifier();
      assert.deepEqual(await run(await submit(kycId, { selfieKey: "other.jpg" }), { verify }), DECIDED);
      assert.equal(times(), 0);
      assert.deepEqual(await verdictOf(kycId), { status, result: undefined });
    });
  }

  test("a later submission is verified after a failure, and not after a success", async () => {
    for (const [first, outcome] of [
      [failing(invalidPhoto("face_not_found", "selfie")).verify, COMPLETE],
      [verifier().verify, DECIDED],
    ] as const) {
      const { kycId, ...submission } = await submitted();
      await run({ kycId, ...submission }, { verify: first });
      assert.deepEqual(await run(await submit(kycId, { submittedAt: submission.submittedAt + 1 })), outcome);
    }
  });

  test("a decided record is verified again when the backend sets it in review", async () => {
    const submission = await submitted();
    await run(submission);
    await backend.setInReview(submission.kycId);
    assert.deepEqual(await run(await submit(submission.kycId)), COMPLETE);
  });

  test("a job that runs again, because its worker died after the save, does not verify again", async () => {
    for (const { verify, times } of [verifier(), failing(invalidPhoto("face_not_found", "selfie"))]) {
      const submission = await submitted();
      await run(submission, { verify });
      const saved = await backend.readRecord(submission.kycId);
      assert.deepEqual(await run(submission, { verify }), DECIDED);
      assert.equal(times(), 1);
      assert.deepEqual(await backend.readRecord(submission.kycId), saved);
    }
  });
});

describe("the fence", () => {
  /** A run that has set its fence and then failed. */
  async function fenced(): Promise<QueuedSubmission> {
    const submission = await submitted();
    const { verify } = failing(new TransientError("again", "ocr_unavailable"));
    await assert.rejects(run(submission, { verify }), TransientError);
    return submission;
  }

  test("a decision between two runs of a job ends the job, even if the record is in review again", async () => {
    for (const reopen of [false, true]) {
      const submission = await fenced();
      await backend.decide(submission.kycId, "approved");
      if (reopen) await backend.setInReview(submission.kycId);
      const { verify, times } = verifier();
      assert.deepEqual(await run(submission, { verify }), DECIDED);
      assert.equal(times(), 0);
    }
  });

  test("each submission has its own fence, so a new one is verified after a decision and a reopening", async () => {
    const { kycId } = await fenced();
    await backend.decide(kycId, "approved");
    await backend.setInReview(kycId);
    assert.deepEqual(await run(await submit(kycId)), COMPLETE);
  });

  test("a verdict does not replace a decision that was made during the run", async () => {
    for (const error of [undefined, invalidPhoto("face_not_found", "selfie")]) {
      for (const reopen of [false, true]) {
        const submission = await submitted();
        const { verify } = verifier(async () => {
          await backend.decide(submission.kycId, "rejected");
          if (reopen) await backend.setInReview(submission.kycId);
          if (error !== undefined) throw error;
          return sampleVerification(new Date());
        });
        assert.deepEqual(await run(submission, { verify }), DECIDED);
        const status = reopen ? "in_review" : "rejected";
        assert.deepEqual(await verdictOf(submission.kycId), { status, result: undefined });
      }
    }
  });

  test("if the fence cannot be set, nothing is verified or written", async () => {
    const submission = await submitted();
    const { verify, times } = verifier();
    const full = { ...cache, setFence: () => Promise.reject(new QueueUnavailableError("full")) };
    await assert.rejects(run(submission, { verify, cache: full, isLastAttempt: true }), QueueUnavailableError);
    assert.equal(times(), 0);
    assert.deepEqual(await verdictOf(submission.kycId), { status: "in_review", result: undefined });
  });

  test("if Redis has lost the fence, a decision still stands", async () => {
    const submission = await fenced();
    await redis.del(`bull:kyc:${submission.kycId}`);
    await backend.decide(submission.kycId, "approved");
    assert.deepEqual(await run(submission), DECIDED);
    const other = await fenced();
    await redis.del(`bull:kyc:${other.kycId}`);
    assert.deepEqual(await run(other), COMPLETE);
  });
});

describe("later submissions", () => {
  test("a later submission keeps the record's hash in Redis, and its verdict lets the hash expire in hours", async () => {
    const submission = await submitted();
    const key = `bull:kyc:${submission.kycId}`;
    const waits = await redis.ttl(key);
    const later = await submit(submission.kycId);
    await run(submission);
    assert.ok((await redis.ttl(key)) > waits - 60);
    await run(later);
    await eventually("the record's hash expires soon", async () => (await redis.ttl(key)) <= 6 * 3_600);
    assert.ok((await redis.ttl(key)) > 0);
  });

  test("a submission that came before the run takes its place, and nothing is verified", async () => {
    const submission = await submitted();
    const later = await submit(submission.kycId);
    const { verify, times } = verifier();
    assert.deepEqual(await run(submission, { verify }), { outcome: "later", submission: later });
    assert.equal(times(), 0);
  });

  for (const [what, error] of [
    ["success", undefined],
    ["failure", invalidPhoto("face_not_found", "selfie")],
  ] as const) {
    test(`a submission that arrives during the run takes its place, and the run does not save its ${what}`, async () => {
      const submission = await submitted();
      let later: QueuedSubmission | undefined;
      const { verify } = verifier(async () => {
        later = await submit(submission.kycId, { selfieKey: "other.jpg" });
        if (error !== undefined) throw error;
        return sampleVerification(new Date());
      });
      assert.deepEqual(await run(submission, { verify }), { outcome: "later", submission: later });
      assert.equal((await verdictOf(submission.kycId)).status, "in_review");
    });
  }

  for (const [what, first] of [
    ["success", verifier()],
    ["failure", failing(invalidPhoto("face_not_found", "selfie"))],
  ] as const) {
    test(`a submission with other pictures that arrives after the last look replaces a ${what}`, async () => {
      const submission = await submitted({ submittedAt: Date.now() - 1 });
      const { kycId } = submission;
      let later: QueuedSubmission | undefined;
      const records = afterLastLook(async () => (later = await submit(kycId, { selfieKey: "other.jpg" })));
      assert.equal((await run(submission, { verify: first.verify, database: records })).outcome, "saved");
      assert.deepEqual(await run(later ?? assert.fail("nothing was submitted")), COMPLETE);
      assert.equal((await verdictOf(kycId)).result?.submission?.selfieKey, "other.jpg");
    });
  }

  test("the successor of a submission that arrived after the last look replaces the success too, once", async () => {
    const submission = await submitted({ submittedAt: Date.now() - 1 });
    const { kycId } = submission;
    const records = afterLastLook(async () => void (await submit(kycId, { selfieKey: "other.jpg" })));
    assert.deepEqual(await run(submission, { database: records }), COMPLETE);
    const last = await submit(kycId, { selfieKey: "last.jpg" });
    assert.deepEqual(await run(last), COMPLETE);
    assert.equal((await verdictOf(kycId)).result?.submission?.selfieKey, "last.jpg");
    assert.deepEqual(await run(await submit(kycId, { selfieKey: "third.jpg" })), DECIDED);
  });

  test("a submission that arrives after the last look replaces nothing if the worker dies right after its save", async () => {
    const submission = await submitted();
    let later: QueuedSubmission | undefined;
    const records = afterLastLook(async () => (later = await submit(submission.kycId, { selfieKey: "other.jpg" })));
    const readLatest = (kycId: number) =>
      later === undefined ? cache.readLatest(kycId) : Promise.reject(new QueueUnavailableError("the worker is gone"));
    const dying = { ...cache, readLatest };
    await assert.rejects(run(submission, { database: records, cache: dying }), QueueUnavailableError);
    assert.deepEqual(await run(submission), { outcome: "later", submission: later });
    assert.deepEqual(await run(later ?? assert.fail("nothing was submitted")), DECIDED);
    const { status, result } = await verdictOf(submission.kycId);
    assert.deepEqual([status, result?.submission?.selfieKey], ["ocr_complete", submission.selfieKey]);
  });

  test("a submission after a success replaces nothing, also if the job of that success runs again", async () => {
    const submission = await submitted();
    await run(submission);
    const later = await submit(submission.kycId, { selfieKey: "other.jpg" });
    assert.deepEqual(await run(submission), { outcome: "later", submission: later });
    assert.deepEqual(await run(later), DECIDED);
  });

  test("a submission that is forged into the time of a success replaces nothing, with any mark", async () => {
    const submission = await submitted();
    const { kycId } = submission;
    await run(submission);
    const seal = (text: string, purpose?: string) => envelope.seal(kycId, text, purpose).toString("base64");
    const mark = JSON.stringify(submission.id);
    const ofAnother = envelope.seal(kycId + 1, mark, "kyc_replaceable").toString("base64");
    for (const forgery of ["", "AAAA", mark, seal(mark), seal(mark, "kyc_paid:x"), ofAnother]) {
      const forged = await submit(kycId, { selfieKey: "other.jpg", submittedAt: submission.submittedAt + 1 });
      await cache.keep(kycId, "replaceable", forgery);
      assert.deepEqual(await run(forged), DECIDED);
    }
  });

  test("a submission of the same pictures that arrives after the last look leaves a success as it is", async () => {
    const submission = await submitted({ submittedAt: Date.now() - 1 });
    let later: QueuedSubmission | undefined;
    const records = afterLastLook(async () => (later = await submit(submission.kycId)));
    assert.deepEqual(await run(submission, { database: records }), COMPLETE);
    assert.deepEqual(await run(later ?? assert.fail("nothing was submitted")), DECIDED);
  });

  test("a latest submission that is forged for another record does not count", async () => {
    const submission = await submitted();
    const forged = { ...submission, kycId: submission.kycId + 1, id: randomUUID() };
    await redis.hset(`bull:kyc:${submission.kycId}`, "latest", JSON.stringify(forged));
    assert.deepEqual(await run(submission), COMPLETE);
  });
});

describe("a database that is down", () => {
  test("if the database is down at the start, the job runs again, and nothing was verified", async () => {
    const submission = await submitted();
    const { verify, times } = verifier();
    await postgres.kill("SIGKILL");
    await assert.rejects(run(submission, { verify }), DatabaseUnavailableError);
    await postgres.restart();
    assert.equal(times(), 0);
    assert.deepEqual(await run(submission, { verify }), COMPLETE);
  });

  test("if the database is down at the save, the job runs again and pays for nothing again", async () => {
    const submission = await submitted();
    const { verify, paid } = reader(async () => {
      if (paid() === 1) await postgres.kill("SIGKILL");
    });
    await assert.rejects(run(submission, { verify }), DatabaseUnavailableError);
    await postgres.restart();
    const { verify: again, paid: paidAgain } = reader(async () => {});
    assert.deepEqual(await run(submission, { verify: again }), COMPLETE);
    assert.equal(paidAgain(), 0);
  });

  test("if the answer to the save is lost, the next run finds the record decided", async () => {
    const submission = await submitted();
    const lossy = {
      ...database,
      saveVerdict: async (save: Parameters<Database["saveVerdict"]>[0]) => {
        await database.saveVerdict(save);
        throw new DatabaseUnavailableError("08006");
      },
    };
    await assert.rejects(run(submission, { database: lossy }), DatabaseUnavailableError);
    const saved = await backend.readRecord(submission.kycId);
    assert.equal(saved?.status, "ocr_complete");
    assert.deepEqual(await run(submission), DECIDED);
    assert.deepEqual(await backend.readRecord(submission.kycId), saved);
  });
});

/** Reads a passport, which costs, then does something else. */
function reader(then: () => Promise<void>) {
  let paid = 0;
  const picture = { role: "passport", jpeg: Buffer.from("page"), width: 1, height: 1 } as const;
  const verification = sampleVerification(new Date());
  const question = { name: "read_passport", model: "m", pictures: [picture], schema: passportReadingSchema };
  const verify: Verify = async ({ steps }) => {
    await steps.paid(question, () =>
      recordCall({ provider: "gemini", purpose: "passport" }, async (charge) => {
        paid += 1;
        charge({ model: "m", inputTokens: 10, outputTokens: 4 });
        return verification.evidence.passport;
      }),
    );
    await then();
    return verification;
  };
  return { verify, paid: () => paid };
}

describe("paid work", () => {
  for (const trouble of ["a transient error", "a rate limit", "a shutdown", "an unknown error"] as const) {
    test(`paid work is kept, sealed, and not paid for again after ${trouble}`, async () => {
      const submission = await submitted();
      const controller = new AbortController();
      let isFirst = true;
      const { verify, paid } = reader(async () => {
        if (!isFirst) return;
        isFirst = false;
        if (trouble === "a transient error") throw new TransientError("again", "face_match_unavailable");
        if (trouble === "a rate limit") throw new RateLimitError(1_000);
        if (trouble === "a shutdown") controller.abort(new Error("shutdown"));
        throw new Error("trouble");
      });
      await assert.rejects(run(submission, { verify, signal: controller.signal }));
      const { evidence } = sampleVerification(new Date());
      const surname = evidence.passport.fields.surname.value ?? assert.fail("the sample has no surname");
      const held = await redis.hgetall(`bull:kyc:${submission.kycId}`);
      for (const text of Object.values(held)) {
        assert.ok(!text.includes(surname) && !Buffer.from(text, "base64").includes(surname));
      }
      assert.deepEqual(await run(submission, { verify }), COMPLETE);
      assert.equal(paid(), 1);
      const { result } = await verdictOf(submission.kycId);
      assert.deepEqual(
        result?.calls.map(({ purpose, tokens }) => [purpose, tokens?.inputTokens]),
        [["passport", 10]],
        "the result names what it cost",
      );
    });
  }

  test("a later submission of the same pictures does not pay again", async () => {
    const submission = await submitted();
    const { verify, paid } = reader(async () => {
      if (paid() === 1 && !isLater) throw new TransientError("again", "face_match_unavailable");
    });
    let isLater = false;
    await assert.rejects(run(submission, { verify }));
    isLater = true;
    assert.deepEqual(await run(await submit(submission.kycId), { verify }), COMPLETE);
    assert.equal(paid(), 1);
  });
});

describe("how a run ends", () => {
  test("a transient error asks for another run until the last, which fails with its reason", async () => {
    const submission = await submitted();
    const error = new TransientError("CompreFace did not answer as it should", "face_match_unavailable", {
      facts: { status: 502 },
    });
    const { verify } = failing(error);
    await assert.rejects(run(submission, { verify }), error);
    assert.equal((await verdictOf(submission.kycId)).status, "in_review");
    const outcome = failedWith("face_match_unavailable", "CompreFace did not answer as it should");
    assert.deepEqual(await run(submission, { verify, attempt: 3, isLastAttempt: true }), outcome);
    const { facts, attempts } = await failureOf(submission.kycId);
    assert.deepEqual([facts, attempts], [{ status: 502 }, 3]);
  });

  test("the pipeline knows which attempt is the last", async () => {
    const seen: boolean[] = [];
    const { verify } = verifier(async ({ isLastAttempt }) => {
      seen.push(isLastAttempt);
      throw new TransientError("again", "ocr_unavailable");
    });
    const submission = await submitted();
    await assert.rejects(run(submission, { verify }));
    await run(submission, { verify, isLastAttempt: true });
    assert.deepEqual(seen, [false, true]);
  });

  test("an unknown error becomes internal_error on the last attempt, without its message", async () => {
    const submission = await submitted();
    const { verify } = failing(new TypeError(`cannot read ${CANARY}`));
    await assert.rejects(run(submission, { verify }), TypeError);
    const outcome = failedWith("internal_error", "internal_error:TypeError");
    assert.deepEqual(await run(submission, { verify, isLastAttempt: true }), outcome);
    assert.ok(!JSON.stringify(await failureOf(submission.kycId)).includes(CANARY));
  });

  test("a provider that is down is waited for, even on the last attempt, until the job's patience is over", async () => {
    const { verify } = failing(new ProviderDownError("ocr_unavailable", MINUTE));
    const young = await submitted();
    await assert.rejects(run(young, { verify, isLastAttempt: true }), ProviderDownError);
    const old = await submitted({ submittedAt: Date.now() - 2 * MINUTE });
    await assert.rejects(run(old, { verify }), ProviderDownError);
    assert.equal((await verdictOf(old.kycId)).status, "in_review");
    await run(old, { verify, isLastAttempt: true });
    assert.equal((await failureOf(old.kycId)).failureCode, "ocr_unavailable");
  });

  test("a rate limit within the record's time asks for another run, one that outlasts it is its verdict", async () => {
    const submission = await submitted({ submittedAt: Date.now() - BUDGET_MS + 2 * MINUTE });
    const short = failing(new RateLimitError(MINUTE)).verify;
    await assert.rejects(run(submission, { verify: short, isLastAttempt: true }), RateLimitError);
    assert.equal((await verdictOf(submission.kycId)).status, "in_review");
    const outcome = failedWith("ocr_rate_limited", "Gemini's rate limit: retry in 180s");
    assert.deepEqual(await run(submission, { verify: failing(new RateLimitError(3 * MINUTE)).verify }), outcome);
  });

  test("a rate limit that lasts exactly as long as the record's time is its verdict", async () => {
    const submission = await submitted();
    const { verify } = failing(new RateLimitError(MINUTE));
    const at = (time: number) => ({ verify, now: () => new Date(time) });
    const last = submission.submittedAt + BUDGET_MS - MINUTE;
    await assert.rejects(run(submission, at(last - 1)), RateLimitError);
    assert.deepEqual(
      await run(submission, at(last)),
      failedWith("ocr_rate_limited", "Gemini's rate limit: retry in 60s"),
    );
  });

  test("an abort is no verdict, even if something else went wrong, and even on the last attempt", async () => {
    for (const error of [new Error("shutdown"), invalidPhoto("face_not_found", "selfie")]) {
      const submission = await submitted();
      const controller = new AbortController();
      const { verify } = verifier(async () => {
        controller.abort();
        throw error;
      });
      await assert.rejects(run(submission, { verify, isLastAttempt: true, signal: controller.signal }), error);
      assert.equal((await verdictOf(submission.kycId)).status, "in_review");
    }
  });

  test("a job that took its worker down five times is given up before it does so again", async () => {
    const submission = await submitted();
    const { verify, times } = verifier();
    const outcome = failedWith("worker_crashed", "worker_crashed");
    assert.deepEqual(await run(submission, { verify, crashes: 5 }), outcome);
    assert.equal(times(), 0);
    assert.deepEqual((await failureOf(submission.kycId)).facts, { crashes: 5 });
    assert.deepEqual(await run(await submitted(), { verify, crashes: 4 }), COMPLETE);
  });
});
