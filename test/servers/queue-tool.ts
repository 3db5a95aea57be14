/** A tool of somebody else on the service's queue: looks at its jobs, and takes and ends them as a worker does. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Queue, UnrecoverableError, Worker, type Job } from "bullmq";
import { Redis } from "ioredis";
import { QUEUE_NAME } from "../../lib/queue/queue.ts";
import { jobIdOf } from "../../lib/submission.ts";

const PREFIX = "bull";
const STATES = ["waiting", "active", "delayed", "prioritized", "completed", "failed"] as const;

/** A job that was taken out to run, and how to end it. `keep` leaves it in Redis, as another tool's settings may. */
export interface TakenJob {
  readonly id: string;
  complete(options?: { keep?: boolean }): Promise<void>;
  fail(options?: { keep?: boolean }): Promise<void>;
  /** Lets it wait for another attempt. */
  delay(durationMs: number): Promise<void>;
}

/** An open tool. {@link openQueueTool} */
export type QueueTool = ReturnType<typeof openQueueTool>;

/** Opens the tool. */
export function openQueueTool(url: string) {
  // While Redis loads its file, ioredis waits for up to 10 s before it asks again, also after the connection is closed.
  const connection = new Redis(url, { maxRetriesPerRequest: null, maxLoadingRetryTime: 200 });
  connection.on("error", () => {});
  const queue = new Queue(QUEUE_NAME, { connection, prefix: PREFIX });
  const worker = new Worker(QUEUE_NAME, null, { connection, prefix: PREFIX, autorun: false, lockDuration: 60_000 });
  queue.on("error", () => {});
  worker.on("error", () => {});

  return {
    /** What another tool may do to the queue. */
    queue,
    /** What another tool may do to Redis. */
    redis: connection,

    /** The state of a job; `unknown` if it does not exist. */
    stateOf: (jobId: string) => queue.getJobState(jobId),

    /** The job of a record; `undefined` if it has none. */
    async jobOf(kycId: number): Promise<Job | undefined> {
      const id = await queue.getDeduplicationJobId(jobIdOf(kycId));
      return id === null ? undefined : queue.getJob(id);
    },

    /** The state of a record's job; `unknown` if it has none. */
    async stateOfRecord(kycId: number) {
      const id = await queue.getDeduplicationJobId(jobIdOf(kycId));
      return id === null ? "unknown" : queue.getJobState(id);
    },

    /** How many jobs there are, in any state. */
    count: () => queue.getJobCountByTypes(...STATES),

    /** The job of this id. */
    async find(jobId: string): Promise<Job> {
      return (await queue.getJob(jobId)) ?? assert.fail(`there is no job ${jobId}`);
    },

    /** Takes the next job that waits. */
    async take(): Promise<TakenJob> {
      const token = randomUUID();
      const job: Job = (await worker.getNextJob(token, { block: false })) ?? assert.fail("no job waits");
      return {
        id: job.id ?? "",
        async complete({ keep = false } = {}) {
          job.opts.removeOnComplete = !keep;
          await job.moveToCompleted(null, token, false);
        },
        async fail({ keep = false } = {}) {
          job.opts.removeOnFail = !keep;
          await job.moveToFailed(new UnrecoverableError("failed"), token, false);
        },
        async delay(durationMs) {
          await job.moveToDelayed(Date.now() + durationMs, token);
        },
      };
    },

    /** Removes everything from Redis. */
    empty: async (): Promise<void> => void (await connection.flushall()),

    /** Ends the connections. */
    async close(): Promise<void> {
      await worker.close();
      await queue.close();
      connection.disconnect();
    },
  };
}
