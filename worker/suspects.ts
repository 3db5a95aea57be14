/**
 * Jobs that were running when a worker died. One of them may have killed it, and all of them look alike. So they run one at
 * a time, and only a job that ran alone when its worker died counts as one that kills workers.
 */
import pLimit from "p-limit";
import type { RecordCache } from "../lib/queue/record-cache.ts";
import type { QueuedSubmission } from "../lib/submission.ts";

interface SuspectsOptions {
  readonly cache: Pick<RecordCache, "countAlone" | "forgetAlone">;
}

/** Lets suspects wait for each other. Other jobs run at once. */
export function createSuspects({ cache }: SuspectsOptions) {
  const alone = pLimit(1);

  async function runAlone<T>(
    submission: QueuedSubmission,
    stalls: number,
    work: (crashes: number) => Promise<T>,
  ): Promise<T> {
    // If Redis takes nothing in (its memory is full), the job still runs. Only this crash would go uncounted.
    const crashes = await cache.countAlone(submission, stalls).catch(() => 0);
    try {
      return await work(crashes);
    } finally {
      await cache.forgetAlone(submission).catch(() => {});
    }
  }

  return {
    /** Runs a job. `stalls` is how often the queue has found it without a living worker. */
    run: <T>(submission: QueuedSubmission, stalls: number, work: (crashes: number) => Promise<T>): Promise<T> =>
      stalls === 0 ? work(0) : alone(() => runAlone(submission, stalls, work)),
  };
}
