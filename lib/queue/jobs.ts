/** Keeps one job for each record in BullMQ, and replaces a job that no worker can find. */
import type { Queue } from "bullmq";
import { bullJobIdOf, jobIdOf, kycIdOf, parseJob, type QueuedSubmission } from "../submission.ts";
import type { RecordCache } from "./record-cache.ts";
import { unlessWrongType, type RedisConnection } from "./redis.ts";

export const JOB_NAME = "verify";

/** How long a job counts as intact after a look at it, so that a thousand equal submissions at once cost one look. */
const LOOK_COUNTS_FOR_MS = 250;

/** The job of a record. */
export interface FoundJob {
  readonly kycId: number;
  /** BullMQ's own id of the job. */
  readonly id: string;
  /** The record's latest submission, otherwise the job's own; `undefined` if neither can be read. */
  readonly submission: QueuedSubmission | undefined;
  /** Whether no worker can run the job: it is in no list of the queue, or its data is not ours. */
  readonly isLost: boolean;
}

/** The queue, its connection, and the cache of the records' latest submissions. */
export interface JobsOptions {
  readonly queue: Queue<QueuedSubmission>;
  readonly redis: RedisConnection;
  readonly cache: Pick<RecordCache, "readLatest">;
}

/** Creates the verbs that add, find and replace jobs. */
export function createJobs({ queue, redis, cache }: JobsOptions) {
  let lastLook = { id: "", until: 0 };

  /** Adds a job, unless the record has one. Resolves with the id of the record's job. */
  async function add(submission: QueuedSubmission): Promise<string> {
    const deduplication = { id: jobIdOf(submission.kycId), keepLastIfActive: true };
    const jobId = bullJobIdOf(submission);
    const { id = jobId } = await queue.add(JOB_NAME, submission, { jobId, deduplication });
    return id;
  }

  /**
   * Reads a job's submission, if it is ours, and whether a worker can run the job: Redis may have lost the job's list.
   *
   * BullMQ ends a job in one script, which removes its data and its place in a list. But we read the two with two
   * commands, in either order. So if the job is in no list, read its data again: if the data is still there, the job is
   * lost; if it is gone, the job has ended.
   */
  async function look(id: string) {
    const readData = () => unlessWrongType(redis.hget(queue.toKey(id), "data"));
    const [before, state] = await Promise.all([readData(), queue.getJobState(id)]);
    const text = state === "unknown" ? await readData() : before;
    const submission = parseJob(id, text);
    return { submission, isGone: text === null, isLost: submission === undefined || state === "unknown" };
  }

  /** Makes BullMQ forget which job is the record's. */
  const release = (kycId: number) => queue.removeDeduplicationKey(jobIdOf(kycId));

  /** Replaces a job that no worker can run. Resolves with `false` if it could not, because a worker holds the job. */
  async function replace(id: string, submission: QueuedSubmission): Promise<boolean> {
    // Each submission has its own job id, so this cannot remove the job of a later one.
    const removed = await unlessWrongType(queue.remove(id));
    if (removed === 0) return false;
    if (removed === undefined) await Promise.all([redis.del(queue.toKey(id)), release(submission.kycId)]);
    await add(submission);
    return true;
  }

  /** Adds a job, unless the record has one that a worker can run. Resolves with whether it added the job. */
  async function addRunnable(submission: QueuedSubmission): Promise<boolean> {
    const found = await add(submission);
    if (found === bullJobIdOf(submission)) return true;
    if (kycIdOf(found) !== submission.kycId) {
      // Another program wrote the deduplication key. The job that it names is not this record's: leave it alone.
      await release(submission.kycId);
      await add(submission);
      return true;
    }
    if (found === lastLook.id && performance.now() < lastLook.until) return false;
    if ((await look(found)).isLost) return replace(found, submission);
    lastLook = { id: found, until: performance.now() + LOOK_COUNTS_FOR_MS };
    return false;
  }

  /**
   * Finds the job of a record; `undefined` if it has no job. `endedId` is a job that is known to have ended: if the
   * record still names it, no job follows it, and BullMQ left its id behind (taskforcesh/bullmq#4311).
   */
  async function find(kycId: number, endedId?: string): Promise<FoundJob | undefined> {
    const id = await unlessWrongType(queue.getDeduplicationJobId(jobIdOf(kycId)));
    if (id == null || id === endedId || kycIdOf(id) !== kycId) return undefined;
    const [job, latest] = await Promise.all([look(id), cache.readLatest(kycId)]);
    // The job has just ended, and BullMQ's script may have made a later submission the record's job: look for that. Do
    // not add the ended job again: if the backend has reopened the record meanwhile, it would verify old pictures.
    if (job.isGone) return find(kycId, id);
    return { kycId, id, submission: latest ?? job.submission, isLost: job.isLost };
  }

  /** Finds the jobs of these records. Records without a job are left out. */
  async function findAll(kycIds: readonly number[]): Promise<readonly FoundJob[]> {
    const found = await Promise.all(kycIds.map((kycId) => find(kycId)));
    return found.filter((job) => job !== undefined);
  }

  /** Adds a lost job again, with the record's latest submission. Resolves with whether it did. */
  const putBack = async ({ id, submission, isLost }: FoundJob): Promise<boolean> =>
    isLost && submission !== undefined && replace(id, submission);

  return { add, addRunnable, findAll, putBack };
}
