/** A real Redis Cluster of three nodes on this machine, for tests. */
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { freePort } from "../../dev/servers/free-port.ts";
import { startRedis } from "../../dev/servers/redis.ts";

const NODES = 3;
const SLOTS = 16_384;
/** 30 s on a quiet machine. On a loaded one each poll takes longer. */
const POLLS = 300;

/** Starts the cluster. Resolves when it serves all slots. Dispose of it to stop all nodes. */
export async function startRedisCluster() {
  await using started = new AsyncDisposableStack();
  const servers = [];
  for (let index = 0; index < NODES; index++) {
    // The default bus port is 10,000 above the node's own port, which may be above 65,535.
    const busPort = await freePort();
    const args = ["--cluster-enabled", "yes", "--cluster-port", String(busPort)];
    servers.push({ busPort, server: started.use(await startRedis({ args })) });
  }
  const clients = servers.map(({ server }) => new Redis(server.url));
  try {
    await Promise.all(clients.map((client, index) => client.call("CLUSTER", "ADDSLOTSRANGE", ...slotsOf(index))));
    for (const { server, busPort } of servers.slice(1)) {
      await clients[0]?.call("CLUSTER", "MEET", "127.0.0.1", String(server.port), String(busPort));
    }
    await untilAgreed(clients);
  } finally {
    for (const client of clients) client.disconnect();
  }
  const resources = started.move();
  return {
    /** The URL of one node, from which a client finds the others. */
    url: servers[0]?.server.url ?? "",
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

const slotsOf = (index: number) =>
  [Math.ceil((SLOTS * index) / NODES), Math.ceil((SLOTS * (index + 1)) / NODES) - 1].map(String);

async function untilAgreed(clients: readonly Redis[]): Promise<void> {
  const isReady = async (client: Redis) => {
    const info = await client.cluster("INFO");
    return info.includes("cluster_state:ok") && info.includes(`cluster_known_nodes:${NODES}`);
  };
  for (let polls = 1; !(await Promise.all(clients.map(isReady))).every(Boolean); polls++) {
    if (polls > POLLS) throw new Error("The nodes of the Redis Cluster did not find each other");
    await delay(100);
  }
}
