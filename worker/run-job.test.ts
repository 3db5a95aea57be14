/** One run of one job after another, on a real PostgreSQL that goes away when a test wants it to. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, test } from "node:test";
import * as z from "zod/mini";
import { type Postgres, startPostgres } from "../dev/servers/postgres.ts";
import {
  createServerpodBackend,
  createVerificationTable,
  type ServerpodBackend,
} from "../dev/stack/serverpod-table.ts";
import { createDatabase, type Database } from "../lib/record/database.ts";
import { createEnvelope } from "../lib/record/envelope.ts";
import {
  DatabaseUnavailableError,
  FinalError,
  invalidPhoto,
  ProviderDownError,
  RateLimitError,
  RecordMissingError,
  TransientError,
} from "../lib/errors.ts";
import { resultSchema } from "../lib/result.ts";
import { assertNothingOpen } from "../test/leaks.ts";
import { createRecordedLog } from "../test/recorded-log.ts";
import { sampleVerification } from "../test/sample-verification.ts";
import type { Verify } from "./pipeline.ts";
import { createRunJob, type QueuedJob } from "./run-job.ts";

const CANARY = "CANARY-MUSTERMANN";
const MINUTE = 60_000;
const BUDGET_MS = 15 * MINUTE;
const envelope = createEnvelope({ keys: [{ id: 3, key: randomBytes(32) }] });

let postgres: Postgres;
let database: Database;
let backend: ServerpodBackend;

before(async () => {
  postgres = await startPostgres();
  const url = await postgres.createDatabase("kyc");
  await createVerificationTable(url);
  database = createDatabase({ url, connections: 2, connectTimeoutMs: 2_000 });
  backend = createServerpodBackend({ url });
});
after(async () => {
  await database.close();
  await backend.close();
  await postgres.stop();
  await assertNothingOpen();
});

/** Crashes the server, as far as its clients can see, and starts it again afterwards. */
async function whileAway<T>(work: () => Promise<T>): Promise<T> {
  await postgres.kill("SIGKILL");
  try {
    return await work();
  } finally {
    await postgres.restart();
  }
}

/** Verifies as told; counts how often it is asked. */
function verifier(work: Verify = async () => sampleVerification(new Date())) {
  let times = 0;
  const verify: Verify = async (task, signal) => {
    times += 1;
    return work(task, signal);
  };
  return { verify, times: () => times };
}

const failing = (error: unknown) => verifier(() => Promise.reject(error));

/** A job in a queue: what is kept of it survives from run to run. */
function queued(kycId: number, given: Partial<Omit<QueuedJob, "update">> = {}) {
  let data: unknown = given.data ?? { userId: 123, kycId, passportKey: "p.jpg", selfieKey: "s.jpg" };
  return {
    data: () => data,
    view: (overrides: Partial<QueuedJob> = {}): QueuedJob => ({
      id: `kyc-${kycId}`,
      attempt: 1,
      isLastAttempt: false,
      crashes: 0,
      enqueuedAt: Date.now(),
      ...given,
      data,
      update: async (next) => void (data = JSON.parse(JSON.stringify(next))),
      ...overrides,
    }),
  };
}

interface Given {
  readonly verify: Verify;
  readonly job: QueuedJob;
  readonly signal?: AbortSignal;
  readonly database?: Pick<Database, "readBaseline" | "readReopened" | "saveVerdict">;
}

/** Runs a job. Nothing personal is logged, and nothing of an error but its kind and place. */
async function run({ verify, job, signal = new AbortController().signal, database: over = database }: Given) {
  const { log, lines } = createRecordedLog();
  const runJob = createRunJob({ database: over, envelope, verify, version: "1.2.3", now: () => new Date() });
  try {
    return await runJob({ job, deadline: job.enqueuedAt + BUDGET_MS, signal, log });
  } finally {
    assert.doesNotMatch(JSON.stringify(lines), new RegExp(`${CANARY}|p\\.jpg`));
  }
}

const inReview = () => backend.insertRecord({ userId: 123, status: "in_review" });

/** The record as the backend reads it, its result opened. */
async function verdictOf(kycId: number) {
  const record = await backend.readRecord(kycId);
  const sealed = record?.ocrResult;
  const result = sealed == null ? undefined : resultSchema.parse(JSON.parse(envelope.open(kycId, sealed)));
  return { status: record?.status, result };
}

async function failureCodeOf(kycId: number): Promise<string> {
  const { status, result } = await verdictOf(kycId);
  assert.equal(status, "ocr_failed");
  assert.ok(result?.status === "ocr_failed");
  return result.failureCode;
}

const baselineSchema = z.object({ baseline: z.object({ reviewedAt: z.nullable(z.string()) }) });
const keptVerdictSchema = z.object({ verdict: z.object({ sealed: z.string(), status: z.string() }) });

describe("a verdict", () => {
  test("of success is saved, and says which run reached it", async () => {
    const kycId = await inReview();
    const enqueuedAt = Date.now() - 5_000;
    const { verify } = verifier(async ({ steps }) => {
      await steps.run("fetch_pictures", async () => undefined);
      return sampleVerification(new Date());
    });
    const job = queued(kycId, { attempt: 2, enqueuedAt }).view();
    assert.deepEqual(await run({ verify, job }), { outcome: "saved" });

    const { status, result } = await verdictOf(kycId);
    assert.equal(status, "ocr_complete");
    assert.ok(result?.status === "ocr_complete");
    assert.deepEqual([result.kycId, result.userId, result.attempts], [kycId, 123, 2]);
    assert.ok((result.timings?.queuedMs ?? 0) >= 5_000);
    assert.deepEqual(Object.keys(result.timings?.stepsMs ?? {}), ["fetch_pictures"]);
    assert.deepEqual(result.producedBy, { service: "kyc-service", version: "1.2.3" });
  });

  test("of failure is saved at once when it is final, with what the contract asks for", async () => {
    const kycId = await inReview();
    const { verify } = failing(invalidPhoto("face_not_found", "selfie"));
    assert.deepEqual(await run({ verify, job: queued(kycId).view() }), {
      outcome: "saved",
      failedReason: "INVALID_PHOTO:selfie:face_not_found",
    });
    const { status, result } = await verdictOf(kycId);
    assert.equal(status, "ocr_failed");
    assert.ok(result?.status === "ocr_failed");
    assert.equal(result.failureCode, "face_not_found");
    assert.equal(result.image, "selfie");
    assert.match(result.message, /selfie/);
    assert.match(result.personMessage, /take it again/);
    assert.equal(result.attempts, 1);
  });

  test("is sealed for its own record", async () => {
    const kycId = await inReview();
    await run({ verify: verifier().verify, job: queued(kycId).view() });
    const sealed = (await backend.readRecord(kycId))?.ocrResult;
    assert.ok(sealed);
    assert.equal(sealed[0], 1);
    assert.equal(sealed[1], 3);
    assert.throws(() => envelope.open(kycId + 1, sealed));
  });

  test("is not reached for a record that does not exist (yet)", async () => {
    const { verify, times } = verifier();
    await assert.rejects(run({ verify, job: queued(999_999).view() }), RecordMissingError);
    assert.equal(times(), 0);
  });
});

describe("the fence", () => {
  test("is kept with the job before anything is verified, and stays as it was", async () => {
    const kycId = await inReview();
    await backend.decide(kycId, "in_review");
    const job = queued(kycId);
    const seen: unknown[] = [];
    const { verify } = verifier(async () => {
      seen.push(job.data());
      throw new TransientError("again", "ocr_unavailable");
    });
    await assert.rejects(run({ verify, job: job.view() }), TransientError);
    const { baseline } = baselineSchema.parse(seen[0]);
    assert.match(baseline.reviewedAt ?? "", /^\d{10}\.\d{6}$/);

    await assert.rejects(run({ verify, job: job.view() }), TransientError);
    assert.deepEqual(baselineSchema.parse(job.data()).baseline, baseline);
  });

  test("ends a job when somebody decided between two of its runs", async () => {
    const kycId = await inReview();
    const job = queued(kycId);
    const { verify, times } = failing(new TransientError("again", "ocr_unavailable"));
    await assert.rejects(run({ verify, job: job.view() }), TransientError);
    await backend.decide(kycId, "approved");
    assert.deepEqual(await run({ verify, job: job.view() }), { outcome: "superseded" });
    assert.equal(times(), 1);
    assert.equal((await verdictOf(kycId)).status, "approved");
  });

  test("keeps a verdict from replacing one that was reached while it was being reached", async () => {
    for (const error of [undefined, invalidPhoto("face_not_found", "selfie")]) {
      const kycId = await inReview();
      const { verify } = verifier(async () => {
        await backend.decide(kycId, "rejected");
        if (error !== undefined) throw error;
        return sampleVerification(new Date());
      });
      assert.deepEqual(await run({ verify, job: queued(kycId).view() }), { outcome: "superseded" });
      assert.deepEqual(await verdictOf(kycId), { status: "rejected", result: undefined });
    }
  });

  test("lets a job that ran twice verify once: it died after its verdict was saved", async () => {
    const kycId = await inReview();
    const job = queued(kycId);
    const { verify, times } = verifier();
    assert.deepEqual(await run({ verify, job: job.view() }), { outcome: "saved" });
    const { ocrResult, reviewedAt } = (await backend.readRecord(kycId)) ?? {};
    assert.deepEqual(await run({ verify, job: job.view() }), { outcome: "saved" });
    assert.equal(times(), 1);
    const again = await backend.readRecord(kycId);
    assert.deepEqual([again?.ocrResult, again?.reviewedAt], [ocrResult, reviewedAt]);
  });

  test("lets a new submission of a decided record have its own verdict", async () => {
    const kycId = await inReview();
    const { verify } = verifier();
    await run({ verify: failing(invalidPhoto("image_too_small", "selfie")).verify, job: queued(kycId).view() });
    await backend.setInReview(kycId);
    assert.deepEqual(await run({ verify, job: queued(kycId).view() }), { outcome: "saved" });
    assert.equal((await verdictOf(kycId)).status, "ocr_complete");
  });

  test("is needed: where it cannot be kept with the job, nothing is verified and nothing is written", async () => {
    const kycId = await inReview();
    const { verify, times } = verifier();
    const job = queued(kycId).view({
      update: () => Promise.reject(new Error(`no job ${CANARY}`)),
      isLastAttempt: true,
    });
    await assert.rejects(run({ verify, job }), /no job/);
    assert.equal(times(), 0);
    assert.deepEqual(await verdictOf(kycId), { status: "in_review", result: undefined });
  });

  test("holds although what the job should remember later is lost", async () => {
    const kycId = await inReview();
    const job = queued(kycId);
    let notes = 0;
    const update: QueuedJob["update"] = async (data) => {
      if (++notes > 1) throw new Error(`no job ${CANARY}`);
      return job.view().update(data);
    };
    assert.deepEqual(await run({ verify: verifier().verify, job: job.view({ update }) }), { outcome: "saved" });
    assert.equal(notes, 2);
    await backend.decide(kycId, "approved");
    assert.deepEqual(await run({ verify: verifier().verify, job: job.view() }), { outcome: "superseded" });
  });
});

describe("a database that is away", () => {
  test("at the start asks for another run, and nothing was verified", async () => {
    const kycId = await inReview();
    const { verify, times } = verifier();
    const job = queued(kycId);
    await whileAway(() => assert.rejects(run({ verify, job: job.view() }), DatabaseUnavailableError));
    assert.equal(times(), 0);
    assert.deepEqual(await run({ verify, job: job.view() }), { outcome: "saved" });
  });

  test("at the save: the verdict is kept, sealed, and saved by the next run as it was", async () => {
    const kycId = await inReview();
    const job = queued(kycId);
    let verdictAt: string | undefined;
    const { verify, times } = verifier(async () => {
      await postgres.kill("SIGKILL");
      verdictAt = new Date().toISOString();
      return sampleVerification(new Date());
    });
    await assert.rejects(run({ verify, job: job.view() }), DatabaseUnavailableError);
    await postgres.restart();

    const { verdict } = keptVerdictSchema.parse(job.data());
    assert.equal(verdict.status, "ocr_complete");
    const { evidence } = sampleVerification(new Date());
    const surname = evidence.passport.fields.surname.value ?? assert.fail("the sample has no surname");
    assert.ok(!JSON.stringify(job.data()).includes(surname));
    assert.ok(!Buffer.from(verdict.sealed, "base64").includes(surname));

    assert.deepEqual(await run({ verify, job: job.view({ attempt: 1 }) }), { outcome: "saved" });
    assert.equal(times(), 1);
    const { status, result } = await verdictOf(kycId);
    assert.equal(status, "ocr_complete");
    assert.ok((result?.completedAt ?? "") >= (verdictAt ?? "~"));
    const saved = (await backend.readRecord(kycId))?.ocrResult ?? assert.fail("nothing was saved");
    assert.equal(Buffer.from(saved).toString("base64"), verdict.sealed);
  });

  test("at the save of a failure: the reason is kept as well", async () => {
    const kycId = await inReview();
    const job = queued(kycId);
    const { verify, times } = verifier(async () => {
      await postgres.kill("SIGKILL");
      throw new FinalError("FACE_MISMATCH:0.31:below the threshold 0.75", "face_mismatch");
    });
    await assert.rejects(run({ verify, job: job.view() }), DatabaseUnavailableError);
    await postgres.restart();
    assert.deepEqual(await run({ verify, job: job.view() }), {
      outcome: "saved",
      failedReason: "FACE_MISMATCH:0.31:below the threshold 0.75",
    });
    assert.equal(times(), 1);
    assert.equal(await failureCodeOf(kycId), "face_mismatch");
  });

  test("after the save, before its answer arrived: the next run finds its own verdict", async () => {
    for (const [verify, outcome] of [
      [verifier().verify, { outcome: "saved" }],
      [
        failing(invalidPhoto("face_not_found", "selfie")).verify,
        { outcome: "saved", failedReason: "INVALID_PHOTO:selfie:face_not_found" },
      ],
    ] as const) {
      const kycId = await inReview();
      const job = queued(kycId);
      const lossy: Pick<Database, "readBaseline" | "readReopened" | "saveVerdict"> = {
        ...database,
        saveVerdict: async (...save) => {
          await database.saveVerdict(...save);
          throw new DatabaseUnavailableError("08006");
        },
      };
      await assert.rejects(run({ verify, job: job.view(), database: lossy }), DatabaseUnavailableError);
      const reviewedAt = (await backend.readRecord(kycId))?.reviewedAt;
      assert.deepEqual(await run({ verify, job: job.view() }), outcome);
      assert.deepEqual((await backend.readRecord(kycId))?.reviewedAt, reviewedAt);
    }
  });

  test("a kept verdict gives way to what somebody decided meanwhile", async () => {
    const kycId = await inReview();
    const job = queued(kycId);
    const { verify } = verifier(async () => {
      await postgres.kill("SIGKILL");
      return sampleVerification(new Date());
    });
    await assert.rejects(run({ verify, job: job.view() }), DatabaseUnavailableError);
    await postgres.restart();
    await backend.decide(kycId, "approved");
    assert.deepEqual(await run({ verify, job: job.view() }), { outcome: "superseded" });
    assert.equal((await verdictOf(kycId)).status, "approved");
  });
});

describe("paid work", () => {
  const reading = z.object({ name: z.string() });

  /** Reads, which costs, then does what else it is told. */
  function reader(then: () => Promise<void>) {
    let paid = 0;
    const verify: Verify = async ({ steps }) => {
      await steps.once("read_passport", reading, async () => {
        paid += 1;
        return { name: CANARY };
      });
      await then();
      return sampleVerification(new Date());
    };
    return { verify, paid: () => paid };
  }

  test("is kept with the job, sealed, and not paid for again by a retry", async () => {
    const kycId = await inReview();
    const job = queued(kycId);
    let trouble = true;
    const { verify, paid } = reader(async () => {
      if (trouble) throw new TransientError("again", "face_match_unavailable");
    });
    await assert.rejects(run({ verify, job: job.view() }), TransientError);
    assert.ok(!JSON.stringify(job.data()).includes(CANARY));
    trouble = false;
    assert.deepEqual(await run({ verify, job: job.view({ attempt: 2 }) }), { outcome: "saved" });
    assert.equal(paid(), 1);
  });

  test("is not paid for again after a rate limit, a shutdown or a crash either", async () => {
    for (const trouble of [new RateLimitError(1_000), "abort", "crash"] as const) {
      const kycId = await inReview();
      const job = queued(kycId);
      const controller = new AbortController();
      let first = true;
      const { verify, paid } = reader(async () => {
        if (!first) return;
        first = false;
        if (trouble === "abort") controller.abort(new Error("shutdown"));
        throw trouble instanceof Error ? trouble : new Error("the worker goes down");
      });
      await assert.rejects(run({ verify, job: job.view(), signal: controller.signal }));
      const crashes = trouble === "crash" ? 1 : 0;
      assert.deepEqual(await run({ verify, job: job.view({ crashes }) }), { outcome: "saved" });
      assert.equal(paid(), 1);
    }
  });
});

describe("errors", () => {
  test("a transient error asks for another run until the last, which fails with its reason", async () => {
    const kycId = await inReview();
    const error = new TransientError("CompreFace did not answer as it should", "face_match_unavailable", {
      facts: { status: 502 },
    });
    const { verify } = failing(error);
    const job = queued(kycId);
    await assert.rejects(run({ verify, job: job.view({ attempt: 1 }) }), error);
    assert.equal((await verdictOf(kycId)).status, "in_review");

    assert.deepEqual(await run({ verify, job: job.view({ attempt: 3, isLastAttempt: true }) }), {
      outcome: "saved",
      failedReason: "CompreFace did not answer as it should",
    });
    const { result } = await verdictOf(kycId);
    assert.ok(result?.status === "ocr_failed");
    assert.equal(result.failureCode, "face_match_unavailable");
    assert.deepEqual(result.facts, { status: 502 });
    assert.equal(result.attempts, 3);
  });

  test("the pipeline is told which attempt is the last", async () => {
    const seen: boolean[] = [];
    const { verify } = verifier(async ({ isLastAttempt }) => {
      seen.push(isLastAttempt);
      throw new TransientError("again", "ocr_unavailable");
    });
    const job = queued(await inReview());
    await assert.rejects(run({ verify, job: job.view() }));
    await run({ verify, job: job.view({ isLastAttempt: true }) });
    assert.deepEqual(seen, [false, true]);
  });

  test("an unknown error becomes internal_error on the last attempt, without its message", async () => {
    const kycId = await inReview();
    const { verify } = failing(new TypeError(`cannot read ${CANARY}`));
    const job = queued(kycId);
    await assert.rejects(run({ verify, job: job.view() }), TypeError);
    assert.deepEqual(await run({ verify, job: job.view({ isLastAttempt: true }) }), {
      outcome: "saved",
      failedReason: "internal_error:TypeError",
    });
    assert.equal(await failureCodeOf(kycId), "internal_error");
    assert.ok(!JSON.stringify(await verdictOf(kycId)).includes(CANARY));
  });

  test("a provider that is down is waited for, even on the last attempt, until the job's patience is over", async () => {
    const kycId = await inReview();
    const { verify } = failing(new ProviderDownError("ocr_unavailable", MINUTE));
    const isLastAttempt = true;
    const job = queued(kycId, { isLastAttempt }).view();
    await assert.rejects(run({ verify, job }), ProviderDownError);
    const impatient = { enqueuedAt: Date.now() - 2 * MINUTE };
    await assert.rejects(run({ verify, job: queued(kycId, impatient).view() }), ProviderDownError);
    assert.equal((await verdictOf(kycId)).status, "in_review");
    await run({ verify, job: queued(kycId, { ...impatient, isLastAttempt }).view() });
    assert.equal(await failureCodeOf(kycId), "ocr_unavailable");
  });

  test("a rate limit within the record's time asks for another run, even on the last attempt", async () => {
    const kycId = await inReview();
    const { verify } = failing(new RateLimitError(MINUTE));
    const job = queued(kycId, { enqueuedAt: Date.now() - BUDGET_MS + 2 * MINUTE });
    await assert.rejects(run({ verify, job: job.view({ isLastAttempt: true }) }), RateLimitError);
    assert.equal((await verdictOf(kycId)).status, "in_review");
  });

  test("a rate limit that outlasts the record's time is its verdict", async () => {
    const kycId = await inReview();
    const { verify } = failing(new RateLimitError(3 * MINUTE));
    const job = queued(kycId, { enqueuedAt: Date.now() - BUDGET_MS + 2 * MINUTE });
    assert.deepEqual(await run({ verify, job: job.view() }), {
      outcome: "saved",
      failedReason: "Gemini's rate limit: retry in 180s",
    });
    assert.equal(await failureCodeOf(kycId), "ocr_rate_limited");
  });

  test("an abort is no verdict, whatever else went wrong, and even on the last attempt", async () => {
    for (const error of [new Error("shutdown"), invalidPhoto("face_not_found", "selfie")]) {
      const kycId = await inReview();
      const controller = new AbortController();
      const { verify } = verifier(async () => {
        controller.abort();
        throw error;
      });
      const job = queued(kycId).view({ isLastAttempt: true });
      await assert.rejects(run({ verify, job, signal: controller.signal }), error);
      assert.equal((await verdictOf(kycId)).status, "in_review");
    }
  });
});

describe("jobs that cannot be run", () => {
  test("one that took its worker down five times is given up before it does so again", async () => {
    const kycId = await inReview();
    const { verify, times } = verifier();
    const job = queued(kycId);
    assert.deepEqual(await run({ verify, job: job.view({ crashes: 5 }) }), {
      outcome: "saved",
      failedReason: "worker_crashed",
    });
    assert.equal(times(), 0);
    const { result } = await verdictOf(kycId);
    assert.ok(result?.status === "ocr_failed");
    assert.equal(result.failureCode, "worker_crashed");
    assert.deepEqual(result.facts, { crashes: 5 });

    const other = await inReview();
    assert.deepEqual(await run({ verify, job: queued(other).view({ crashes: 4 }) }), { outcome: "saved" });
    assert.equal((await verdictOf(other)).status, "ocr_complete");
  });

  test("one whose data makes no sense fails the record that its id names", async () => {
    for (const data of [null, "x", {}, { kycId: "1" }, { userId: 1, kycId: 1, passportKey: "../x", selfieKey: "y" }]) {
      const kycId = await inReview();
      const { verify, times } = verifier();
      assert.deepEqual(await run({ verify, job: queued(kycId, { data: data ?? 0 }).view() }), {
        outcome: "saved",
        failedReason: "invalid_job",
      });
      assert.equal(times(), 0);
      const { result } = await verdictOf(kycId);
      assert.ok(result?.status === "ocr_failed");
      assert.equal(result.failureCode, "invalid_job");
      assert.equal(result.userId, null);
    }
  });

  test("one whose data makes no sense fails no record that was ever decided: it has no fence of its own", async () => {
    const decisions = {
      superseded: (kycId: number) => backend.decide(kycId, "approved"),
      reopened: async (kycId: number) => {
        await run({ verify: verifier().verify, job: queued(kycId).view() });
        await backend.setInReview(kycId);
      },
    };
    for (const [outcome, decide] of Object.entries(decisions)) {
      const kycId = await inReview();
      await decide(kycId);
      const { ocrResult, reviewedAt } = (await backend.readRecord(kycId)) ?? {};
      const baseline = await database.readBaseline(kycId);
      const job = queued(kycId, { data: {} }).view();
      const ended = outcome === "reopened" ? { outcome, baseline } : { outcome };
      assert.deepEqual(await run({ verify: verifier().verify, job }), ended);
      const after = await backend.readRecord(kycId);
      assert.deepEqual([after?.ocrResult, after?.reviewedAt], [ocrResult, reviewedAt]);
    }
  });

  test("one that names no record at all fails, and writes nothing", async () => {
    for (const id of ["", "other-1", "kyc-", "kyc-0", "kyc-1.5", "kyc-99999999999999999999"]) {
      const job = queued(1, { id, data: {} }).view();
      await assert.rejects(run({ verify: verifier().verify, job }), FinalError);
    }
  });
});
