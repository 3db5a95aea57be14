/**
 * What is noted with a job whose record may be, or has been, decided by somebody else: it can come to no verdict of its own,
 * and must not swallow the record's next submission.
 */
import type { RedisConnection } from "./redis.ts";
import type { JobData } from "./submission.ts";

/** The progress, as JSON, of a job that runs on although its record has a verdict: a new submission takes its place. */
export const ABANDONED = JSON.stringify("abandoned");

/** Where a job keeps the last submission that found it in the queue, and the time of that. */
const FIELDS = { data: "resubmission", time: "resubmittedAt" } as const;

/** KEYS: the job. ARGV: the submission, its time. */
const NOTE_RESUBMISSION = `
  if redis.call("EXISTS", KEYS[1]) == 0 or redis.call("HEXISTS", KEYS[1], "finishedOn") == 1
    or redis.call("HGET", KEYS[1], "progress") == '${ABANDONED}' then return 0 end
  redis.call("HSET", KEYS[1], "${FIELDS.data}", ARGV[1], "${FIELDS.time}", ARGV[2])
  return 1`;

/** KEYS: the job. */
const MARK_ABANDONED = `
  if redis.call("EXISTS", KEYS[1]) == 1 then redis.call("HSET", KEYS[1], "progress", '${ABANDONED}') end`;

/** KEYS: the job's lock, the job. ARGV: the lock's token, 1 where the job may start anew. */
const END_SUPERSEDED = `
  if redis.call("GET", KEYS[1]) ~= ARGV[1] or redis.call("EXISTS", KEYS[2]) == 0 then return 0 end
  local next = redis.call("HMGET", KEYS[2], "${FIELDS.data}", "${FIELDS.time}")
  if ARGV[2] == "1" and next[1] then
    redis.call("HSET", KEYS[2], "data", next[1], "timestamp", next[2], "atm", 0)
    redis.call("HDEL", KEYS[2], "${FIELDS.data}", "${FIELDS.time}", "stc", "failedReason")
    return 1
  end
  redis.call("HSET", KEYS[2], "progress", '${ABANDONED}')
  return 0`;

/**
 * Keeps a submission with the job that it found in the queue. Resolves with whether the job was there, and could still come
 * to a verdict.
 */
export async function noteResubmission(redis: RedisConnection, jobKey: string, data: JobData): Promise<boolean> {
  return (await redis.eval(NOTE_RESUBMISSION, 1, jobKey, JSON.stringify(data), String(Date.now()))) === 1;
}

/** Lets the next submission take the place of a job that runs on. */
export const markAbandoned = async (redis: RedisConnection, jobKey: string): Promise<void> =>
  void (await redis.eval(MARK_ABANDONED, 1, jobKey));

/**
 * Ends a job that is superseded, where the lock is still that of this token. Where it was submitted again since, and may
 * start anew, it has that submission's data now, its time and all its attempts: resolves with true. Else it is abandoned.
 */
export const endSuperseded = async (
  redis: RedisConnection,
  jobKey: string,
  token: string,
  { mayStartAnew }: { mayStartAnew: boolean },
): Promise<boolean> =>
  (await redis.eval(END_SUPERSEDED, 2, `${jobKey}:lock`, jobKey, token, mayStartAnew ? "1" : "0")) === 1;
