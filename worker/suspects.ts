/**
 * Finds jobs that kill workers. When a worker dies, any of its running jobs may be the cause. So these suspects run one
 * at a time, and a crash counts only against a suspect that was the only one to run.
 */
import pLimit from "p-limit";
import type { RecordCache } from "../lib/queue/record-cache.ts";
import type { QueuedSubmission } from "../lib/submission.ts";

interface SuspectsOptions {
  readonly cache: Pick<RecordCache, "countAlone" | "forgetAlone">;
}

/** Creates a runner. Suspects wait for each other; other jobs run immediately. */
export function createSuspects({ cache }: SuspectsOptions) {
  const alone = pLimit(1);

  async function runAlone<T>(
    submission: QueuedSubmission,
    stalls: number,
    work: (crashes: number) => Promise<T>,
  ): Promise<T> {
    // If Redis refuses the write, for example because its memory is full, the job still runs. Only the crash is not
    // counted.
    const crashes = await cache.countAlone(submission, stalls).catch(() => 0);
    try {
      return await work(crashes);
    } finally {
      await cache.forgetAlone(submission).catch(() => {});
    }
  }

  return {
    /** Runs a job. `stalls` is how often the queue found it without a living worker. */
    run: <T>(submission: QueuedSubmission, stalls: number, work: (crashes: number) => Promise<T>): Promise<T> =>
      stalls === 0 ? work(0) : alone(() => runAlone(submission, stalls, work)),
  };
}
