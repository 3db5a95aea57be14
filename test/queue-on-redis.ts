/** The queue on a Redis of its own, and the tool that looks into it. */
import { startRedis } from "../dev/servers/redis.ts";
import { createQueue } from "../lib/queue/queue.ts";
import { connectForCaller } from "../lib/queue/redis.ts";
import { assertNothingOpen } from "./leaks.ts";
import { openQueueTool } from "./queue-tool.ts";

/** Starts Redis and opens the queue; `stop` closes both and checks that nothing is left open. */
export async function startQueueOnRedis({ attempts = 5, backoffMs = 2_000 } = {}) {
  const redis = await startRedis();
  const tool = openQueueTool(redis.url);
  /** Opens the same queue on a connection of its own. */
  const openQueue = () =>
    createQueue({ redis: connectForCaller(redis.url, { onError: () => {} }), prefix: "bull", attempts, backoffMs });
  const queue = openQueue();
  return {
    redis,
    tool,
    queue,
    openQueue,
    stop: async () => {
      await queue.close();
      await tool.close();
      await redis.stop();
      await assertNothingOpen();
    },
  };
}
