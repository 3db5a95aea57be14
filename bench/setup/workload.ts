/** Submits verifications (records in review, jobs in a queue) and measures the time until all have a verdict. */
import { randomUUID } from "node:crypto";
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { Queue } from "bullmq";
import { bullJobIdOf, type Submission } from "../../lib/submission.ts";
import { JOB_NAME } from "../../lib/queue/jobs.ts";
import { QUEUE_NAME } from "../../lib/queue/queue.ts";
import { PEER_QUEUE } from "../peers/names.ts";
import type { Services } from "./services.ts";

const POLL_MS = 10;
const TIMEOUT_MS = 600_000;
let lastId = 0;

export type Contender = "ours" | "peer";

/** Creates the workload of one contender. */
export function createWorkload({ redis, database }: Services, contender: Contender, backoffMs = 2_000) {
  const queue = new Queue<Submission>(contender === "ours" ? QUEUE_NAME : PEER_QUEUE, { connection: redis });
  const opts = {
    attempts: 5,
    backoff: { type: "exponential", delay: backoffMs },
    removeOnComplete: true,
    removeOnFail: true,
  };

  /** Puts jobs for new records into the queue and returns the ids. Calls `prepare` for each before they are queued. */
  async function submit(jobs: number, prepare: (kycId: number) => void = () => {}): Promise<readonly number[]> {
    const ids = Array.from({ length: jobs }, () => ++lastId);
    for (const id of ids) prepare(id);
    await database.query(
      `INSERT INTO kyc_verification (id, "userId", status) SELECT id, 1, 'in_review' FROM unnest($1::bigint[]) AS id`,
      [ids],
    );
    await queue.addBulk(
      ids.map((kycId) => {
        const data = {
          id: randomUUID(),
          submittedAt: Date.now(),
          userId: 1,
          kycId,
          passportKey: `kyc/${kycId}/passport.jpg`,
          selfieKey: `kyc/${kycId}/selfie.jpg`,
          stampKey: `kyc/${kycId}/stamp.jpg`,
        };
        return { name: JOB_NAME, data, opts: { ...opts, jobId: bullJobIdOf(data) } };
      }),
    );
    return ids;
  }

  /** Waits until all of these records have the expected verdict. */
  async function settled(
    ids: readonly number[],
    status: "ocr_complete" | "ocr_failed" = "ocr_complete",
  ): Promise<void> {
    const deadline = performance.now() + TIMEOUT_MS;
    for (;;) {
      const { rows } = await database.query<{ status: string; count: string }>(
        `SELECT status, count(*) FROM kyc_verification WHERE id = ANY($1::bigint[]) AND "ocrResult" IS NOT NULL GROUP BY 1`,
        [ids],
      );
      const count = (wanted: string) => Number(rows.find((row) => row.status === wanted)?.count ?? 0);
      if (count(status) === ids.length) return;
      if (rows.some((row) => row.status !== status)) throw new Error(`A ${contender} job did not end as ${status}`);
      if (performance.now() > deadline) throw new Error(`${count(status)} of ${ids.length} ${contender} jobs are done`);
      await delay(POLL_MS);
    }
  }

  return {
    queue,
    submit,
    settled,
    /** Runs this many verifications. Resolves with their time in milliseconds. */
    async run(jobs: number): Promise<number> {
      const startedAt = performance.now();
      await settled(await submit(jobs));
      return performance.now() - startedAt;
    },
  };
}
