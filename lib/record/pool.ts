/** Connections to the backend's database that survive a restart of its server. */
import pg from "pg";

interface PoolOptions {
  readonly url: string;
  /** The name that PostgreSQL shows for these connections. */
  readonly name: string;
  /** How many connections at most. */
  readonly connections: number;
  readonly connectTimeoutMs: number;
  readonly queryTimeoutMs: number;
  /** Called when a connection breaks. The pool replaces it automatically. */
  readonly onConnectionLost?: (error: Error) => void;
}

/** Opens a pool. It connects only when it is first used. */
export function openPool(options: PoolOptions): pg.Pool {
  const { url, name, connections, connectTimeoutMs, queryTimeoutMs, onConnectionLost = () => {} } = options;
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
    keepAlive: true,
    application_name: name,
  });
  // Without a listener, a server restart would end the process. The pool's own listener covers only idle connections,
  // but a connection may also break between two statements, or before its first.
  pool.on("connect", (client) => client.on("error", onConnectionLost));
  pool.on("error", () => {});
  return pool;
}
