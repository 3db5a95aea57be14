/** A real PostgreSQL for the stack and the tests. */
import { execFile } from "node:child_process";
import { chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client, escapeIdentifier } from "pg";
import { type Account, canEnter, postgresAccount, postgresPrograms } from "./postgres-program.ts";
import { SERVER_ENVIRONMENT, type ServerProgram, startServerProcess } from "./server-process.ts";

const run = promisify(execFile);

const USER = "postgres";
const PASSWORD = "local-only";

/** A running PostgreSQL. {@link startPostgres} */
export type Postgres = Awaited<ReturnType<typeof startPostgres>>;

/**
 * Starts a real PostgreSQL on 127.0.0.1, as root or as an ordinary user, beside other servers.
 *
 * What was committed survives `kill("SIGKILL")` and `restart()`, because the system has the data by then. `stop` removes
 * the data. SIGINT stops it at once; SIGTERM waits until all clients have gone.
 *
 * @throws when it does not start.
 */
export async function startPostgres(options: Pick<ServerProgram, "port" | "log"> = {}) {
  const account = await postgresAccount();
  const temporary = (await canEnter(tmpdir(), account)) ? tmpdir() : "/tmp";
  const scratch = await mkdtemp(join(temporary, "kyc-postgres-"));
  const programs = await prepare(account, scratch).catch(async (error: unknown) => {
    await rm(scratch, { recursive: true, force: true });
    throw error;
  });
  const server = await startServerProcess({
    ...options,
    name: "PostgreSQL",
    command: join(programs, "postgres"),
    args: (port) => ["-D", "data", "-p", String(port), ...SETTINGS],
    readyLine: /database system is ready to accept connections/,
    stopSignal: "SIGINT",
    scratch,
    // After a crash the system still holds the server's shared memory.
    freesAtStart: true,
    runAs: account,
  });

  const host = `postgres://${USER}:${PASSWORD}@127.0.0.1:${server.port}`;
  const url = `${host}/postgres`;

  return Object.assign(server, {
    url,
    /** Creates a database, as a copy of `template` if one is named (nobody may be connected to that), returns its URL. */
    async createDatabase(name: string, template?: string): Promise<string> {
      const client = new Client({ connectionString: url });
      await client.connect();
      try {
        const copyOf = template === undefined ? "" : ` TEMPLATE ${escapeIdentifier(template)}`;
        // Without fsync, copying files takes a sixth of the time that writing them through the log does.
        await client.query(`CREATE DATABASE ${escapeIdentifier(name)}${copyOf} STRATEGY FILE_COPY`);
      } finally {
        await client.end();
      }
      return `${host}/${encodeURIComponent(name)}`;
    },
  });
}

/** Makes the data folder, in UTF-8. Resolves with the folder of the server's programs. */
async function prepare(account: Account, scratch: string): Promise<string> {
  if (account !== undefined) await chown(scratch, account.uid, account.gid);
  const programs = await postgresPrograms(account, scratch);
  await writeFile(join(scratch, "password"), `${PASSWORD}\n`);
  const options =
    `--pgdata=data --username=${USER} --pwfile=password --auth=scram-sha-256 ` +
    "--locale=C --encoding=UTF8 --no-sync --no-instructions";
  await run(join(programs, "initdb"), options.split(" "), { ...account, cwd: scratch, env: SERVER_ENVIRONMENT });
  return programs;
}

/*
 * No setting here loses what was committed when the server is killed. Shared memory that comes as files in the data
 * folder is removed with it, also after a crash.
 */
const SETTINGS = Object.entries({
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  // Not UTC on purpose: the service's times are right in every time zone of the server, and a mistake there would be
  // invisible on a server that runs in UTC. Tashkent is 5 hours ahead and has no summer time.
  timezone: "Asia/Tashkent",
  log_timezone: "UTC",
  max_connections: "200",
  shared_buffers: "32MB",
  dynamic_shared_memory_type: "mmap",
  fsync: "off",
  full_page_writes: "off",
}).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
