/** Measures the queue: how many jobs wait, and for how long. */
import type { Queue } from "bullmq";
import { unlessWrongType, type RedisConnection } from "./redis.ts";

/** Counts the jobs that wait, run, or wait for their next attempt. */
export async function countJobs(queue: Queue): Promise<{ waiting: number; active: number; delayed: number }> {
  const { waiting = 0, active = 0, delayed = 0 } = await queue.getJobCounts("waiting", "active", "delayed");
  return { waiting, active, delayed };
}

/** Counts the connected workers, busy or not; `null` if Redis does not list its clients, like some managed services. */
export async function countWorkers(queue: Queue): Promise<number | null> {
  try {
    const workers = await queue.getWorkers();
    // If the server does not have the command, BullMQ lists one client without an address.
    return workers.every(({ addr }) => addr !== undefined) ? workers.length : null;
  } catch (error) {
    if (error instanceof Error && error.name === "ReplyError") return null;
    throw error;
  }
}

/** How many jobs of each state are read: one command for each job, so an exact answer would cost too much. */
const LOOKED_AT = 1_000;

/**
 * The age of the oldest waiting or delayed job, in milliseconds; `null` if no job waits. Retried jobs are not in the
 * order of their age, so it reads the times of all jobs; of more than 1,000 in a state, only of the next 1,000.
 */
export async function oldestAgeMs(queue: Queue, redis: RedisConnection): Promise<number | null> {
  const jobIds = await queue.getRanges(["waiting", "delayed"], 0, LOOKED_AT - 1, true);
  // A key of another type must not hide the jobs of other records.
  const times = await Promise.all(jobIds.map((id) => unlessWrongType(redis.hget(queue.toKey(id), "timestamp"))));
  const known = times.flatMap((time) => (time != null && Number.isFinite(Number(time)) ? [Number(time)] : []));
  return known.length === 0 ? null : Math.max(0, Date.now() - Math.min(...known));
}
