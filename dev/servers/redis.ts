/** A real Redis for the stack and the tests. */
import { findRedis } from "./find-redis.ts";
import { type ServerProgram, startServerProcess } from "./server-process.ts";

export interface RedisOptions extends Pick<ServerProgram, "port" | "log"> {
  /** Keeps the data in this folder, which has to exist, also after `stop`. Without it they are temporary. */
  readonly directory?: string;
  /** Writes each change to a file, so that it survives `kill` and `restart`. Default false: both empty the server. */
  readonly appendOnly?: boolean;
  /** Further arguments of `redis-server`, such as `["--maxmemory", "1mb"]`. */
  readonly args?: readonly string[];
  /** Says what is being installed, when Redis has to be installed first. */
  readonly progress?: (line: string) => void;
}

/** A running Redis. {@link startRedis} */
export type Redis = Awaited<ReturnType<typeof startRedis>>;

/**
 * Starts a real Redis on 127.0.0.1, beside other servers. SIGTERM stops it in order, SIGKILL is a crash, SIGSTOP freezes it
 * until SIGCONT.
 *
 * @throws if no Redis is installed and it cannot be installed without a question; the message has the command to run.
 */
export async function startRedis({
  directory,
  appendOnly = false,
  args = [],
  progress,
  ...options
}: RedisOptions = {}) {
  const server = await startServerProcess({
    ...options,
    name: "Redis",
    command: await findRedis({ progress }),
    args: (port) => {
      const settings = `--bind 127.0.0.1 --port ${port} --appendonly ${appendOnly ? "yes" : "no"}`;
      return [...settings.split(" "), "--save", "", ...args];
    },
    readyLine: /ready to accept connections/i,
    // Redis keeps its data where it runs.
    workingDirectory: directory,
  });

  return Object.assign(server, { url: `redis://127.0.0.1:${server.port}` });
}
