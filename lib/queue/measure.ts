/** How much waits in the queue, and for how long. */
import type { Queue } from "bullmq";
import { unlessWrongType, type RedisConnection } from "./redis.ts";

/** How many jobs wait, run, or wait for their next attempt. */
export async function countJobs(queue: Queue): Promise<{ waiting: number; active: number; delayed: number }> {
  const { waiting = 0, active = 0, delayed = 0 } = await queue.getJobCounts("waiting", "active", "delayed");
  return { waiting, active, delayed };
}

/** How many workers are connected, busy or not; `null` if Redis does not list its clients, as some managed services. */
export async function countWorkers(queue: Queue): Promise<number | null> {
  try {
    const workers = await queue.getWorkers();
    // If the server does not have the command, BullMQ lists one client, which has no address.
    return workers.every(({ addr }) => addr !== undefined) ? workers.length : null;
  } catch (error) {
    if (error instanceof Error && error.name === "ReplyError") return null;
    throw error;
  }
}

/** An exact answer costs one command for each job: these are enough for a good one. */
const LOOKED_AT = 1_000;

/**
 * How long ago the first submitted one of the jobs that wait was added, in milliseconds; `null` if no job waits. Jobs that were
 * tried before are not in the order of their age. Of more than 1,000 delayed or waiting jobs, it looks at those that are next.
 */
export async function oldestAgeMs(queue: Queue, redis: RedisConnection): Promise<number | null> {
  const jobIds = await queue.getRanges(["waiting", "delayed"], 0, LOOKED_AT - 1, true);
  // A key of another type must not hide the jobs of other records.
  const times = await Promise.all(jobIds.map((id) => unlessWrongType(redis.hget(queue.toKey(id), "timestamp"))));
  const known = times.flatMap((time) => (time != null && Number.isFinite(Number(time)) ? [Number(time)] : []));
  return known.length === 0 ? null : Math.max(0, Date.now() - Math.min(...known));
}
