/**
 * What is noted with a job that may come to no verdict of its own, because somebody else has decided its record or because it
 * is given up: it must not swallow the record's next submission.
 */
import type { Baseline } from "../record/database.ts";
import type { RedisConnection } from "./redis.ts";
import type { JobData } from "../submission.ts";

/** The progress, as JSON, of a job that runs on although its record has a verdict: a new submission takes its place. */
export const ABANDONED = JSON.stringify("abandoned");

/** Where a job keeps the last submission that found it in the queue, the time of that, and the run that left it that. */
const FIELDS = { data: "resubmission", time: "resubmittedAt", anewBy: "anewBy" } as const;

/** By how much the clocks of the API and of PostgreSQL may differ. */
const CLOCKS_DIFFER_MS = 120_000;

/** KEYS: the job. ARGV: the submission, its time. */
const NOTE_RESUBMISSION = `
  if redis.call("EXISTS", KEYS[1]) == 0 or redis.call("HEXISTS", KEYS[1], "finishedOn") == 1
    or redis.call("HGET", KEYS[1], "progress") == '${ABANDONED}' then return 0 end
  redis.call("HSET", KEYS[1], "${FIELDS.data}", ARGV[1], "${FIELDS.time}", ARGV[2])
  return 1`;

/** KEYS: the job. */
const MARK_ABANDONED = `
  if redis.call("EXISTS", KEYS[1]) == 1 then redis.call("HSET", KEYS[1], "progress", '${ABANDONED}') end`;

/**
 * KEYS: the job's lock, the job. ARGV: the lock's token, 1 where the job may start anew, what follows the last field of the
 * submission's data, the time before which a submission is too old. The token is noted, since a script whose answer was lost
 * with its connection is carried out again.
 */
const END_WITHOUT_VERDICT = `
  if redis.call("GET", KEYS[1]) ~= ARGV[1] or redis.call("EXISTS", KEYS[2]) == 0 then return 0 end
  if redis.call("HGET", KEYS[2], "${FIELDS.anewBy}") == ARGV[1] then return 1 end
  if ARGV[2] == "1" then
    local next = redis.call("HMGET", KEYS[2], "${FIELDS.data}", "${FIELDS.time}")
    if next[1] and tonumber(next[2]) >= tonumber(ARGV[4]) then
      local data = string.sub(next[1], 1, -2) .. ARGV[3]
      redis.call("HSET", KEYS[2], "data", data, "timestamp", next[2], "atm", 0, "${FIELDS.anewBy}", ARGV[1])
      redis.call("HDEL", KEYS[2], "${FIELDS.data}", "${FIELDS.time}", "stc", "failedReason", "progress")
      return 1
    end
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

/** Whether a job that ends without a verdict may go on with a later submission, and with which fence: else its own. */
export interface NextRun {
  readonly mayStartAnew: boolean;
  readonly baseline?: Baseline | undefined;
}

/**
 * Ends a job that comes to no verdict, where the lock is still that of this token. Where it was submitted again since (and
 * since the decision that is the fence), and may start anew, it has that submission's data now, its time and all its
 * attempts: resolves with true. Else it is abandoned.
 */
export async function endWithoutVerdict(
  redis: RedisConnection,
  jobKey: string,
  token: string,
  { mayStartAnew, baseline }: NextRun,
): Promise<boolean> {
  // The data is an object in JSON, and is ended here: Lua's own JSON would round large ids.
  const rest = baseline === undefined ? "}" : `,"baseline":${JSON.stringify(baseline)}}`;
  // What was submitted before the decision was decided on with it.
  const notBefore = Number(baseline?.reviewedAt ?? 0) * 1_000 - CLOCKS_DIFFER_MS;
  const answer = await redis.eval(
    END_WITHOUT_VERDICT,
    2,
    `${jobKey}:lock`,
    jobKey,
    token,
    mayStartAnew ? "1" : "0",
    rest,
    String(notBefore),
  );
  return answer === 1;
}
