/** The queue as the console sees it: BullMQ's events for the page, and bull-board, which shows the whole queue. */
import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import { ExpressAdapter } from "@bull-board/express";
import { Queue, QueueEvents } from "bullmq";
import { QUEUE_NAME } from "../../lib/queue/queue.ts";
import { connectForCaller, connectForWorker } from "../../lib/queue/redis.ts";
import { kycIdOf } from "../../lib/submission.ts";
import type { Context } from "./context.ts";
import { JOB_STATES } from "./happenings.ts";

/** Where bull-board is, on the console's own port. */
export const BOARD_PATH = "/queue";

interface JobEvent {
  readonly jobId: string;
  readonly failedReason?: string;
  /** When a delayed job becomes active, in milliseconds since 1970. */
  readonly delay?: number;
}

/** Watches the queue until it is closed. */
export async function watchQueue({ config, happenings }: Pick<Context, "config" | "happenings">) {
  const { REDIS_URL: url, REDIS_CLUSTER: cluster, KYC_QUEUE_PREFIX: prefix } = config;
  const onError = () => {};
  const options = { cluster: cluster === "on", onError };
  const connections = [connectForCaller(url, options), connectForWorker(url, options)] as const;
  const queue = new Queue(QUEUE_NAME, { connection: connections[0], prefix, skipMetasUpdate: true });
  const events = new QueueEvents(QUEUE_NAME, { connection: connections[1], prefix });
  queue.on("error", onError);
  events.on("error", onError);
  for (const state of JOB_STATES) {
    events.on(state, ({ jobId: job, failedReason: reason, delay: until }: JobEvent, id: string) => {
      const kycId = kycIdOf(job);
      // The id of an entry of a Redis stream begins with its time in milliseconds.
      if (kycId !== undefined)
        happenings.add(kycId, { kind: "queue", job, state, reason, until }, Number.parseInt(id, 10));
    });
  }
  await events.waitUntilReady();

  const board = new ExpressAdapter();
  board.setBasePath(BOARD_PATH);
  createBullBoard({
    queues: [new BullMQAdapter(queue)],
    serverAdapter: board,
    options: { uiConfig: { boardTitle: "KYC queue", miscLinks: [{ text: "Console", url: "/" }] } },
  });
  return {
    board: board.getRouter(),
    /** Ends the connections. */
    async close(): Promise<void> {
      await Promise.all([events.close(), queue.close()]);
      for (const connection of connections) connection.disconnect();
    },
  };
}
