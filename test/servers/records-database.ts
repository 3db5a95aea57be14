/** A real PostgreSQL for a test file, with a fresh copy of the backend's table for each test that asks for one. */
import { randomUUID } from "node:crypto";
import { after, type TestContext } from "node:test";
import { Client } from "pg";
import { startPostgres } from "../../dev/servers/postgres.ts";
import { createServerpodBackend, createVerificationTable } from "../../dev/stack/serverpod-table.ts";
import { assertNothingOpen } from "../leaks.ts";

const TEMPLATE = "template_of_tests";

/** A running server. {@link startRecordsServer} */
export type RecordsServer = Awaited<ReturnType<typeof startRecordsServer>>;

/** A database with the backend's table, empty at first. */
export type RecordsDatabase = Awaited<ReturnType<RecordsServer["open"]>>;

/** Starts the server. */
export async function startRecordsServer() {
  const postgres = await startPostgres();
  await createVerificationTable(await postgres.createDatabase(TEMPLATE));

  return {
    postgres,

    /** A database of its own for a test, which closes it at its end. */
    async open(t: TestContext) {
      const url = await postgres.createDatabase(randomUUID(), TEMPLATE);
      const backend = createServerpodBackend({ url });
      t.after(() => backend.close());
      return {
        url,
        backend,

        /** A record in review, made so many minutes ago. */
        insertInReview: (kycId: number, ageMinutes = 0): Promise<number> =>
          backend.insertRecord({
            kycId,
            userId: 1,
            status: "in_review",
            createdAt: new Date(Date.now() - ageMinutes * 60_000),
          }),

        /** Runs statements as somebody else, on a connection that stays open until the test ends. */
        async connect(): Promise<Client> {
          const client = new Client({ connectionString: url });
          client.on("error", () => {});
          await client.connect();
          t.after(() => client.end());
          return client;
        },
      };
    },

    stop: () => postgres.stop(),
  };
}

/** Starts a server for the tests of one file. After them, stops it and checks that nothing is left open. */
export async function startRecordsForFile(): Promise<RecordsServer> {
  const server = await startRecordsServer();
  after(async () => {
    await server.stop();
    await assertNothingOpen();
  });
  return server;
}

/** The same database, seen through a proxy. */
export function throughPort(url: string, port: number): string {
  const through = new URL(url);
  through.port = String(port);
  return through.href;
}
