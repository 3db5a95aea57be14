/** The Redis commands that the service sends, and a check that its user may send them. */
import { setTimeout as delay } from "node:timers/promises";
import { connectForCaller, serversOf, type RedisConnection } from "./redis.ts";

/**
 * Every command, with arguments that Redis accepts (`KEY` stands for a key of the queue). BullMQ's scripts send most of
 * them: Redis checks a user's permissions inside a script too.
 */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  // Sent by the connection and by our own code.
  PING: [],
  INFO: [],
  MULTI: [],
  DISCARD: [],
  EVAL: ["return 1", "0"],
  EVALSHA: ["0", "0"],
  "CLIENT SETNAME": ["kyc"],
  BZPOPMIN: ["KEY", "1"],
  EXPIRE: ["KEY", "1"],
  HSETNX: ["KEY", "field", "1"],
  // Sent by BullMQ's scripts.
  DEL: ["KEY"],
  EXISTS: ["KEY"],
  GET: ["KEY"],
  HDEL: ["KEY", "field"],
  HEXISTS: ["KEY", "field"],
  HGET: ["KEY", "field"],
  HGETALL: ["KEY"],
  HINCRBY: ["KEY", "field", "1"],
  HMGET: ["KEY", "field"],
  HMSET: ["KEY", "field", "1"],
  HSET: ["KEY", "field", "1"],
  INCR: ["KEY"],
  LINDEX: ["KEY", "0"],
  LLEN: ["KEY"],
  LPOP: ["KEY"],
  LPOS: ["KEY", "1"],
  LPUSH: ["KEY", "1"],
  LRANGE: ["KEY", "0", "1"],
  LREM: ["KEY", "1", "1"],
  LSET: ["KEY", "0", "1"],
  LTRIM: ["KEY", "0", "1"],
  PERSIST: ["KEY"],
  PEXPIRE: ["KEY", "1"],
  PTTL: ["KEY"],
  RENAME: ["KEY", "KEY"],
  RPOP: ["KEY"],
  RPOPLPUSH: ["KEY", "KEY"],
  RPUSH: ["KEY", "1"],
  SADD: ["KEY", "1"],
  SCARD: ["KEY"],
  SET: ["KEY", "1"],
  SMEMBERS: ["KEY"],
  SREM: ["KEY", "1"],
  XADD: ["KEY", "*", "field", "1"],
  XTRIM: ["KEY", "MAXLEN", "1"],
  ZADD: ["KEY", "1", "1"],
  ZCARD: ["KEY"],
  ZCOUNT: ["KEY", "0", "1"],
  ZPOPMIN: ["KEY"],
  ZRANGE: ["KEY", "0", "1"],
  ZRANGEBYSCORE: ["KEY", "0", "1"],
  ZREM: ["KEY", "1"],
  ZREMRANGEBYRANK: ["KEY", "0", "1"],
  ZREMRANGEBYSCORE: ["KEY", "0", "1"],
  ZREVRANGE: ["KEY", "0", "1"],
  ZREVRANGEBYSCORE: ["KEY", "1", "0"],
  ZSCORE: ["KEY", "1"],
};

/** The commands that a Redis user needs, as `ACL SETUSER` names them. */
export const REDIS_COMMANDS: readonly string[] = Object.keys(COMMANDS).map((name) =>
  name.toLowerCase().replace(" ", "|"),
);

/** How long to wait before the next try. */
const RETRY_MS = 500;

interface CheckOptions {
  readonly url: string;
  readonly cluster: boolean;
  readonly prefix: string;
  readonly onError: (error: Error) => void;
}

/** Waits until Redis answers, then calls {@link findMissingCommands} on a connection of its own. */
export async function waitForMissingCommands({ url, cluster, prefix, onError }: CheckOptions): Promise<string[]> {
  const redis = connectForCaller(url, { cluster, onError });
  try {
    for (;;) {
      const missing = await findMissingCommands(redis, prefix).catch(() => undefined);
      if (missing !== undefined) return missing;
      await delay(RETRY_MS);
    }
  } finally {
    redis.disconnect();
  }
}

/**
 * Returns the commands that Redis refuses this user, for keys with this prefix. Throws if Redis does not answer.
 *
 * Queues each command in a transaction and discards the transaction: Redis checks permissions when it queues a command,
 * so it runs none of them. No other code may use the connection meanwhile: its commands would be discarded too.
 */
export async function findMissingCommands(connection: RedisConnection, prefix: string): Promise<string[]> {
  const [redis] = serversOf(connection);
  if (redis === undefined) throw new Error("No node of the cluster is known yet");
  const key = `${prefix}:kyc-jobs:permissions`;
  if (await isRefused(redis.call("MULTI"))) return ["MULTI"];
  const answers = Object.entries(COMMANDS).map(async ([name, args]) => {
    const [command = "", ...subcommand] = name.split(" ");
    // It would end the transaction, so it is checked last.
    if (command === "DISCARD") return [];
    const words = [...subcommand, ...args.map((word) => (word === "KEY" ? key : word))];
    return (await isRefused(redis.call(command, ...words))) ? [name] : [];
  });
  const missing = (await Promise.all(answers)).flat();
  return (await isRefused(redis.call("DISCARD"))) ? [...missing, "DISCARD"] : missing;
}

/** Whether this user may not send a command, or the server does not have it. Throws if the connection failed. */
async function isRefused(answer: Promise<unknown>): Promise<boolean> {
  try {
    await answer;
    return false;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "ReplyError" || UNANSWERED.test(error.message)) throw error;
    return REFUSED.test(error.message);
  }
}

const REFUSED = /^NOPERM|^ERR unknown (?:sub)?command/;
/** Errors of a server that cannot answer yet. */
const UNANSWERED = /^(?:LOADING|NOAUTH|WRONGPASS|MASTERDOWN|BUSY)/;
