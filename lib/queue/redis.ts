/**
 * Connects to Redis, tuned for callers or for the worker, and sets the one server setting that the queue depends on.
 */
import { Cluster, Redis, type RedisOptions } from "ioredis";

/** A connection to one Redis, or to all nodes of a Redis Cluster. */
export type RedisConnection = Redis | Cluster;

interface ConnectOptions {
  readonly onError: (error: Error) => void;
  /** Whether the URL names a node of a Redis Cluster (or its configuration endpoint). */
  readonly cluster?: boolean;
}

/**
 * Connects for a waiting caller: on any error, a command fails within a second or two. (The caller has its own timeout.
 * ioredis' `commandTimeout` would add a second timer to each command, and is visible in the profile.)
 *
 * - `socketTimeout` replaces a connection that was dropped silently (a frozen Lambda, a NAT gateway, a failover);
 *   without it, every later command would wait on the same dead socket.
 * - A command fails with its connection. If ioredis sent it again automatically, it could take effect long after its
 *   caller got an error. The caller decides about another try.
 * - No ready check and no client info: they cost a new connection three more round trips. A Redis that is still loading
 *   answers the command itself with an error.
 */
export function connectForCaller(url: string, options: ConnectOptions): RedisConnection {
  return connect(url, options, {
    connectTimeout: 1_000,
    socketTimeout: 1_000,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(50 * attempt, 500),
    enableReadyCheck: false,
    disableClientInfo: true,
    protocol: 2,
  });
}

/**
 * Connects for the worker: commands wait for Redis without a limit. `socketTimeout` is longer than the 10 s that a
 * blocking read may last, so that only a dead connection is replaced. A Redis that loads its file is asked again every
 * second: its own estimate can be far too long.
 */
export function connectForWorker(url: string, options: ConnectOptions): RedisConnection {
  return connect(url, options, {
    connectTimeout: 5_000,
    socketTimeout: 15_000,
    maxRetriesPerRequest: null,
    maxLoadingRetryTime: 1_000,
    retryStrategy: (attempt) => Math.min(100 * attempt, 2_000),
  });
}

type Tuning = Omit<RedisOptions, "replyMapping">;

/**
 * After a failover the host name leads to the new primary, but an open connection stays with the old one, now a
 * replica.
 */
const reconnectOnError = (error: Error): boolean => error.message.includes("READONLY");

function connect(url: string, { onError, cluster = false }: ConnectOptions, tuning: Tuning): RedisConnection {
  const options = { ...tuning, reconnectOnError };
  const redis = cluster ? connectToCluster(url, options) : new Redis(url, options);
  redis.on("error", onError);
  return redis;
}

function connectToCluster(url: string, { retryStrategy, ...options }: Tuning): Cluster {
  const { protocol, hostname, port, username, password } = new URL(url);
  // In a URL, an IPv6 address is in brackets.
  const host = hostname.replace(/^\[|\]$/g, "");
  return new Cluster([{ host, port: Number(port || 6379) }], {
    redisOptions: {
      ...options,
      ...(username && { username: decodeURIComponent(username) }),
      ...(password && { password: decodeURIComponent(password) }),
      ...(protocol === "rediss:" && { tls: {} }),
    },
    clusterRetryStrategy: (attempt) => retryStrategy?.(attempt),
    // Connect to nodes by the names that they announce: certificates are issued for names, not for addresses.
    dnsLookup: (address, callback) => callback(null, address),
  });
}

/**
 * Collects commands until the event loop has run the callbacks that are due, and sends them in one write: the commands
 * of this request and of others that arrived with it. Redis then reads and answers all of them at once, which saves
 * most of the cost of a second command. (`enableAutoPipelining` of ioredis costs a submission more CPU time than no
 * pipeline.)
 */
export function sendTogether(redis: RedisConnection): void {
  if (redis instanceof Cluster) return;
  const { stream } = redis;
  stream?.cork();
  setImmediate(() => stream?.uncork());
}

/**
 * Resolves with `undefined` if a key has another type: another program wrote it, and it must not hide other records.
 */
export async function unlessWrongType<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("WRONGTYPE")) return undefined;
    throw error;
  }
}
/** The connections to the servers that take writes: one, or the known primary nodes of a cluster. */
export const serversOf = (redis: RedisConnection): readonly Redis[] =>
  redis instanceof Cluster ? redis.nodes("master") : [redis];

/**
 * Sets `maxmemory-policy` to `noeviction`, so that a full Redis refuses new jobs instead of dropping old ones. Resolves
 * with `false` if Redis refuses, as a managed Redis refuses `CONFIG SET`.
 */
export async function setNoEviction(redis: RedisConnection): Promise<boolean> {
  // Each node of a cluster has its own policy, and ioredis sends a command without a key to any one node. The nodes are
  // known once the cluster has answered.
  const servers = serversOf(redis);
  const setting = servers.map((server) => server.config("SET", "maxmemory-policy", "noeviction"));
  return Promise.all(setting).then(
    () => servers.length > 0,
    () => false,
  );
}

/** Reads a Redis server's version and settings from `INFO`, because `CONFIG` may be refused. */
export async function readRedisState(redis: RedisConnection) {
  const info = await redis.info();
  const field = (name: string) => new RegExp(`^${name}:(\\S+)`, "m").exec(info)?.[1];
  return {
    version: field("redis_version") ?? "unknown",
    evictionPolicy: field("maxmemory_policy") ?? "unknown",
    appendOnly: field("aof_enabled") === "1",
    clusterEnabled: field("cluster_enabled") === "1",
  };
}

export type RedisState = Awaited<ReturnType<typeof readRedisState>>;
