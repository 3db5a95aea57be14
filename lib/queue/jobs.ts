/** The job of a record in BullMQ: at most one, and one that a worker can take up. */
import type { Queue } from "bullmq";
import { bullJobIdOf, jobIdOf, parseJob, type QueuedSubmission } from "../submission.ts";
import type { RecordCache } from "./record-cache.ts";
import { unlessWrongType, type RedisConnection } from "./redis.ts";

export const JOB_NAME = "verify";

/** For so long, a job that could be taken up is not looked at again: a thousand equal submissions at once cost one look. */
const LOOK_COUNTS_FOR_MS = 250;

/** The job of a record. */
export interface FoundJob {
  readonly kycId: number;
  /** BullMQ's own id of it. */
  readonly id: string;
  /** The record's latest submission, or else the job's own; `undefined` if neither can be read. */
  readonly submission: QueuedSubmission | undefined;
  /** Whether no worker can take it up: it is in none of the queue's lists, or its data is not ours. */
  readonly isLost: boolean;
}

/** What the jobs are in, and what is held beside them. */
export interface JobsOptions {
  readonly queue: Queue<QueuedSubmission>;
  readonly redis: RedisConnection;
  readonly cache: Pick<RecordCache, "readLatest">;
}

/** The verbs that add the jobs of submissions. */
export function createJobs({ queue, redis, cache }: JobsOptions) {
  let lastLook = { id: "", until: 0 };

  /** Adds a job, unless the record has one; resolves with the id of the job that it has then. */
  async function add(submission: QueuedSubmission): Promise<string> {
    const deduplication = { id: jobIdOf(submission.kycId), keepLastIfActive: true };
    const jobId = bullJobIdOf(submission);
    const { id = jobId } = await queue.add(JOB_NAME, submission, { jobId, deduplication });
    return id;
  }

  /**
   * What a job holds, if it is ours, and whether a worker can take it up: Redis may have lost the list that it stood in.
   *
   * A script that ends a job removes its data and its place in a list together, but the two are read by two commands, in
   * either order. So data counts as that of a lost job only if it is still there after the job was found in no list; if it
   * is missing then, the job has ended.
   */
  async function look(id: string) {
    const readData = () => unlessWrongType(redis.hget(queue.toKey(id), "data"));
    const [before, state] = await Promise.all([readData(), queue.getJobState(id)]);
    const text = before !== null && state === "unknown" ? await readData() : before;
    const submission = parseJob(id, text);
    return { submission, isGone: text === null, isLost: submission === undefined || state === "unknown" };
  }

  /** Puts a submission in the place of a job that no worker can take up, and says whether it did: a worker may hold it. */
  async function replace(id: string, submission: QueuedSubmission): Promise<boolean> {
    // The id is never used again, so this cannot take away a job that somebody has just added.
    if ((await queue.remove(id)) === 0) return false;
    await add(submission);
    return true;
  }

  /** Adds a job in the place of one that no worker can take up, and beside no other. */
  async function addRunnable(submission: QueuedSubmission): Promise<boolean> {
    const found = await add(submission);
    if (found === bullJobIdOf(submission)) return true;
    if (found === lastLook.id && performance.now() < lastLook.until) return false;
    if ((await look(found)).isLost) return replace(found, submission);
    lastLook = { id: found, until: performance.now() + LOOK_COUNTS_FOR_MS };
    return false;
  }

  /**
   * The job of a record; `undefined` if it has none. `endedId` is a job that is known to have ended: if the record still
   * names it, no job follows it, and BullMQ left its id behind (taskforcesh/bullmq#4311).
   */
  async function find(kycId: number, endedId?: string): Promise<FoundJob | undefined> {
    const id = await unlessWrongType(queue.getDeduplicationJobId(jobIdOf(kycId)));
    if (id == null || id === endedId) return undefined;
    const [job, latest] = await Promise.all([look(id), cache.readLatest(kycId)]);
    // It has just ended, and the script that ended it may have made a later submission the record's job. A job that has ended
    // is not added again: if the backend has reopened the record meanwhile, it would verify old pictures.
    if (job.isGone) return find(kycId, id);
    return { kycId, id, submission: latest ?? job.submission, isLost: job.isLost };
  }

  /** The jobs of those of these records that have one. */
  async function findAll(kycIds: readonly number[]): Promise<readonly FoundJob[]> {
    const found = await Promise.all(kycIds.map((kycId) => find(kycId)));
    return found.filter((job) => job !== undefined);
  }

  /** Adds a lost job again, with the record's latest submission, and says whether it did. */
  const putBack = async ({ id, submission, isLost }: FoundJob): Promise<boolean> =>
    isLost && submission !== undefined && replace(id, submission);

  return { add, addRunnable, findAll, putBack };
}
