/** The queue on a Redis of its own, and the tool that looks into it. */
import { startRedis } from "../../dev/servers/redis.ts";
import { createQueue } from "../../lib/queue/queue.ts";
import { createRecordCache } from "../../lib/queue/record-cache.ts";
import { connectForCaller } from "../../lib/queue/redis.ts";
import { assertNothingOpen } from "../leaks.ts";
import { openQueueTool } from "./queue-tool.ts";

const PREFIX = "bull";

/** Starts Redis and opens the queue; `stop` closes both and checks that nothing is left open. */
export async function startQueueOnRedis({ attempts = 5, backoffMs = 2_000 } = {}) {
  const redis = await startRedis();
  const tool = openQueueTool(redis.url);
  const connect = () => connectForCaller(redis.url, { onError: () => {} });
  /** Opens the same queue on a connection of its own. */
  const openQueue = (connection = connect()) => createQueue({ redis: connection, prefix: PREFIX, attempts, backoffMs });
  const connection = connect();
  const queue = openQueue(connection);
  return {
    redis,
    tool,
    /** The connection of `queue` and `cache`. It is closed with the queue. */
    connection,
    queue,
    cache: createRecordCache({ redis: connection, prefix: PREFIX }),
    openQueue,
    stop: async () => {
      await queue.close();
      await tool.close();
      await redis.stop();
      await assertNothingOpen();
    },
  };
}
