/** Reasons that the run of a job gives, and the watchdog: what they seal, opened again. */
import { createEnvelope } from "../../lib/record/envelope.ts";
import { resultSchema } from "../../lib/result.ts";
import { createWatchdog } from "../../lib/record/watchdog.ts";
import type { Verify } from "../../worker/pipeline/pipeline.ts";
import { createRunJob } from "../../worker/run/run-job.ts";
import type { QueuedJob } from "../../worker/run/decide.ts";
import { createRecordedLog } from "../recorded-log.ts";
import { sampleSubmission, sampleVerification } from "../readings/sample-verification.ts";
import { reasonOf, type Fixture } from "./fixture.ts";
import { NEVER } from "./providers.ts";

const NOW = new Date("2026-11-22T12:00:00Z");
const envelope = createEnvelope({ keys: [{ id: 1, key: Buffer.alloc(32, "k") }] });
const SUBMISSION = { ...sampleSubmission(456), submittedAt: NOW.getTime() - 60_000 };

function failureCodeOf(kycId: number, sealed: Buffer): readonly string[] {
  const result = resultSchema.parse(JSON.parse(envelope.open(kycId, sealed)));
  return result.status === "ocr_failed" ? [result.failureCode] : [];
}

const passing: Verify = async () => sampleVerification(NOW);

/** The failure code that a job's run saves. The job may wait until `deadline`, in milliseconds since 1970. */
async function runJob(verify: Verify, job: Partial<QueuedJob> = {}, deadline = NOW.getTime()) {
  const saved: Buffer[] = [];
  const run = createRunJob({
    database: {
      readState: async () => ({ status: "in_review", reviewedAt: null, sealed: null }),
      saveVerdict: async ({ sealed }) => {
        saved.push(sealed);
        return "saved";
      },
    },
    cache: {
      read: async () => ({ latest: SUBMISSION, fields: {} }),
      readLatest: async () => SUBMISSION,
      setFence: async (_, reviewedAt) => reviewedAt,
      keep: async () => {},
      settle: async () => {},
    },
    envelope,
    verify,
    version: "1.0.0",
    now: () => NOW,
  });
  const queued: QueuedJob = {
    submission: SUBMISSION,
    attempt: 5,
    isLastAttempt: true,
    crashes: 0,
    ...job,
  };
  await run({ job: queued, deadline, signal: NEVER, log: createRecordedLog().log });
  return saved.flatMap((sealed) => failureCodeOf(456, sealed));
}

export const RUN_FIXTURES = {
  worker_crashed: () => runJob(passing, { crashes: 5 }),
  internal_error: () => runJob(() => Promise.reject(new TypeError("nobody expected this"))),
  // Gemini asks to be left alone for longer than the record's time lasts.
  ocr_rate_limited: async ({ geminiAnswers, readPassport }) => {
    geminiAnswers({ fault: "quotaPerMinute", delaySeconds: 44 });
    const verify: Verify = async () => {
      await readPassport();
      return sampleVerification(NOW);
    };
    const waited = await reasonOf(runJob(verify, {}, NOW.getTime() + 45_000));
    const outlasted = await runJob(verify, {}, NOW.getTime() + 43_000);
    return waited.includes("ocr_rate_limited") ? outlasted : [];
  },
  processing_timeout: async () => {
    const found: string[] = [];
    const watchdog = createWatchdog({
      database: {
        listInReview: async ({ minutes }) => (minutes > 0 ? [456] : []),
        saveVerdict: async ({ kycId, sealed }) => {
          found.push(...failureCodeOf(kycId, sealed));
          return "saved";
        },
        ping: async () => {},
      },
      queue: { findJobs: async () => [], putBack: async () => false },
      envelope,
      timeoutMinutes: 15,
      sinceColumn: "createdAt",
      version: "1.0.0",
      log: createRecordedLog().log,
    });
    await watchdog.sweep({ hasTime: () => true });
    return found;
  },
} as const satisfies Readonly<Record<string, Fixture>>;
