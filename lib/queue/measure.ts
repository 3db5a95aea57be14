/** How much waits in the queue, for how long, and for how many workers. */
import type { Queue } from "bullmq";
import { unlessWrongType, type RedisConnection } from "./redis.ts";

interface MeasureOptions {
  readonly queue: Queue;
  readonly redis: RedisConnection;
  readonly patiently: <T>(ask: () => Promise<T>) => Promise<T>;
}

/** The verbs of the queue that measure it. */
export function createQueueMeasures({ queue, redis, patiently }: MeasureOptions) {
  return {
    /** How many jobs wait, run, or wait for their next attempt. */
    depth: () =>
      patiently(async () => {
        const { waiting = 0, active = 0, delayed = 0 } = await queue.getJobCounts("waiting", "active", "delayed");
        return { waiting, active, delayed };
      }),

    /** How long ago the oldest job that waits was added, in milliseconds; `null` if no job waits. */
    oldestAgeMs: (): Promise<number | null> =>
      patiently(async () => {
        const jobIds = await queue.getRanges(["waiting", "delayed"], 0, 0, true);
        const times = await Promise.all(jobIds.map((jobId) => readTimestamp(redis, queue.toKey(jobId))));
        const known = times.filter((time) => time !== undefined);
        return known.length === 0 ? null : Math.max(0, Date.now() - Math.min(...known));
      }),

    /** How many workers are connected, busy or not. */
    countWorkers: (): Promise<number> => patiently(() => queue.getWorkersCount()),
  };
}

/**
 * When a job that has not finished was added, in milliseconds since 1970. A key of another type, or a job whose time
 * somebody has overwritten, must not hide the jobs of other records.
 */
export async function readTimestamp(redis: RedisConnection, key: string): Promise<number | undefined> {
  const [timestamp, finishedOn] = (await unlessWrongType(redis.hmget(key, "timestamp", "finishedOn"))) ?? [];
  const time = Number(timestamp ?? Number.NaN);
  return finishedOn == null && Number.isFinite(time) ? time : undefined;
}
