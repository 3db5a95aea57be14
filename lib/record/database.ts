/**
 * The backend's table `kyc_verification`, which this service reads and updates but never creates or alters.
 *
 * Serverpod's columns are `timestamp without time zone` and are read as UTC, so every statement runs in a transaction
 * whose time zone is UTC, whatever the server's. (`SET LOCAL` also works behind a pooler, where start-up options do not.)
 */
import pg from "pg";
import { DatabaseUnavailableError, QueueUnavailableError } from "../errors.ts";

const SUCCESS_UPDATE = `UPDATE kyc_verification SET status='ocr_complete', "ocrResult"=$1, "reviewedAt"=NOW() WHERE id=$2`;
const FAILURE_UPDATE = `UPDATE kyc_verification SET status='ocr_failed', "ocrResult"=$1, "reviewedAt"=NOW() WHERE id=$2`;

/** `"reviewedAt"` as text with full microseconds, independent of the session's date style. */
const REVIEWED_AT = `extract(epoch from "reviewedAt")::text AS "reviewedAt"`;

/** What PostgreSQL says of a column that is not there, and of one that cannot be compared with a time. */
const NO_SUCH_TIME = new Set(["42703", "42883"]);

/** The verdicts a job may write. */
export type Verdict = "ocr_complete" | "ocr_failed";

/** The fence of a job: the record's `"reviewedAt"` when the job first ran. `null` where nobody decided yet. */
export interface Baseline {
  readonly reviewedAt: string | null;
}

/** What became of a save. */
export type SaveOutcome = "saved" | "superseded" | "missing";

interface DatabaseOptions {
  readonly url: string;
  /** How many connections at most. */
  readonly connections: number;
  readonly connectTimeoutMs?: number;
  /** How long to wait for an answer, and how long the server waits for the next statement of a transaction. */
  readonly queryTimeoutMs?: number;
  /** How long to wait for a row that somebody else has locked. */
  readonly lockTimeoutMs?: number;
  /** Told when an idle connection breaks; the pool replaces it by itself. */
  readonly onConnectionLost?: (error: Error) => void;
}

/** Opens a small pool on the backend's database. Every verb throws {@link DatabaseUnavailableError}. */
export function createDatabase({
  url,
  connections,
  connectTimeoutMs = 5_000,
  queryTimeoutMs = 10_000,
  lockTimeoutMs = 5_000,
  onConnectionLost = () => {},
}: DatabaseOptions) {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
    keepAlive: true,
    application_name: "kyc-service",
  });
  // Without a listener, a server restart would end the process. The pool's own is there for idle connections only, and a
  // connection may also break between two statements, or before its first.
  pool.on("connect", (client) => client.on("error", onConnectionLost));
  pool.on("error", () => {});

  // A server that does not hear that its client is gone would keep the rows locked for hours.
  const begin = `BEGIN; SET LOCAL TIME ZONE 'UTC'; SET LOCAL lock_timeout = ${lockTimeoutMs};
    SET LOCAL idle_in_transaction_session_timeout = ${queryTimeoutMs}`;

  async function transaction<T>(work: (client: pg.PoolClient) => Promise<T>, start = begin): Promise<T> {
    const client = await pool.connect();
    let failed = true;
    try {
      await client.query(start);
      const result = await work(client);
      await client.query("COMMIT");
      failed = false;
      return result;
    } finally {
      // Ending the connection undoes the transaction, without waiting for a server that may not be there any more.
      client.release(failed);
    }
  }

  return {
    /** The fence of a record as it is now; `undefined` where there is no such record. */
    readBaseline: (kycId: number): Promise<Baseline | undefined> =>
      orUnavailable(() =>
        transaction(async (client) => {
          // The lock waits for a watchdog that is just deciding about this record.
          const { rows } = await client.query<Baseline>(
            `SELECT ${REVIEWED_AT} FROM kyc_verification WHERE id=$1 FOR UPDATE`,
            [kycId],
          );
          return rows[0];
          // A lock is all that this transaction writes: nothing is lost with it, and no disk has to be waited for.
        }, `${begin}; SET LOCAL synchronous_commit = off`),
      ),

    /** The fence of a record that is in review, as it is now; `undefined` where it is not. */
    readReopened: (kycId: number): Promise<Baseline | undefined> =>
      orUnavailable(async () => {
        const { rows } = await pool.query<Baseline>(
          `SELECT ${REVIEWED_AT} FROM kyc_verification WHERE id=$1 AND status='in_review'`,
          [kycId],
        );
        return rows[0];
      }),

    /**
     * Writes a verdict, unless somebody else has decided since `baseline` was read. A save that is repeated after its
     * answer was lost finds its own bytes and counts as saved, until the record is in review again.
     */
    saveVerdict: (kycId: number, status: Verdict, sealed: Buffer, baseline: Baseline): Promise<SaveOutcome> =>
      orUnavailable(() =>
        transaction(async (client) => {
          const { rows } = await client.query<{ reviewedAt: string | null; isOurs: boolean | null }>(
            `SELECT ${REVIEWED_AT}, "ocrResult" = $2 AND status <> 'in_review' AS "isOurs"
             FROM kyc_verification WHERE id=$1 FOR UPDATE`,
            [kycId, sealed],
          );
          const [row] = rows;
          if (row === undefined) return "missing";
          if (row.reviewedAt !== baseline.reviewedAt) return row.isOurs === true ? "saved" : "superseded";
          const update = status === "ocr_complete" ? SUCCESS_UPDATE : FAILURE_UPDATE;
          const { rowCount } = await client.query(update, [sealed, kycId]);
          // A trigger of the table's owner can swallow it without an error.
          if (rowCount !== 1) throw new DatabaseUnavailableError("nothing was updated");
          return "saved";
        }),
      ),

    /**
     * Fails one batch of records that are in review since more than `timeoutMinutes` and whose id is above `afterId`.
     * The batch stays locked while `decide` picks those to fail, each with its sealed result; records that another
     * watchdog or a worker has locked are passed over.
     *
     * @throws {StuckColumnError} where `sinceColumn` is not a timestamp of the table.
     */
    failStuckBatch: ({ sinceColumn, timeoutMinutes, afterId, limit, decide }: StuckBatch): Promise<StuckBatchOutcome> =>
      orUnavailable(() =>
        transaction(async (client) => {
          const ids = await selectStuck(client, { sinceColumn, timeoutMinutes, afterId, limit });
          const failures = ids.length === 0 ? [] : await decide(ids);
          const refused: Refusal[] = [];
          for (const { kycId, sealed } of failures) {
            const code = await failOne(client, kycId, sealed);
            if (code !== undefined) refused.push({ kycId, code });
          }
          return { lastId: ids.at(-1), found: ids.length, failed: failures.length - refused.length, refused };
        }),
      ),

    /** Resolves when the database answers. */
    ping: (): Promise<void> => orUnavailable(async () => void (await pool.query("SELECT 1"))),

    /** Ends all connections. */
    close: (): Promise<void> => pool.end(),
  };
}

export type Database = ReturnType<typeof createDatabase>;

interface StuckQuery {
  readonly sinceColumn: string;
  readonly timeoutMinutes: number;
  readonly afterId: string;
  readonly limit: number;
}

interface StuckBatch extends StuckQuery {
  readonly decide: (kycIds: readonly number[]) => Promise<readonly { kycId: number; sealed: Buffer }[]>;
}

interface StuckBatchOutcome {
  /** The id to go on from; `undefined` where nothing was found. */
  readonly lastId: number | undefined;
  readonly found: number;
  readonly failed: number;
  /** Records whose update the table refuses, which hold up no others. */
  readonly refused: readonly Refusal[];
}

/** `code` is PostgreSQL's SQLSTATE. */
interface Refusal {
  readonly kycId: number;
  readonly code: string;
}

/** Resolves with the code of the table's refusal, if there is one (a constraint or a trigger of its owner's). */
async function failOne(client: pg.PoolClient, kycId: number, sealed: Buffer): Promise<string | undefined> {
  await client.query("SAVEPOINT record");
  try {
    const { rowCount } = await client.query(FAILURE_UPDATE, [sealed, kycId]);
    return rowCount === 1 ? undefined : "nothing was updated";
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    // Where it is the connection or the server that ends, this fails as well.
    await client.query("ROLLBACK TO SAVEPOINT record");
    return error.code ?? "unknown";
  }
}

/** Thrown when `KYC_STUCK_SINCE_COLUMN` does not name a timestamp of the table. */
export class StuckColumnError extends Error {
  override readonly name = "StuckColumnError";

  constructor() {
    super(
      "KYC_STUCK_SINCE_COLUMN does not name a timestamp of kyc_verification: set it to one that says since when a record is in review",
    );
  }
}

async function selectStuck(client: pg.PoolClient, { sinceColumn, timeoutMinutes, afterId, limit }: StuckQuery) {
  const since = pg.escapeIdentifier(sinceColumn);
  try {
    const { rows } = await client.query<{ id: string }>(
      `SELECT id FROM kyc_verification
       WHERE status='in_review' AND ${since} < NOW() - make_interval(secs => $1) AND id > $2
       ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED`,
      [timeoutMinutes * 60, afterId, limit],
    );
    return rows.map(({ id }) => Number(id));
  } catch (error) {
    if (error instanceof pg.DatabaseError && NO_SUCH_TIME.has(error.code ?? "")) throw new StuckColumnError();
    throw error;
  }
}

/** PostgreSQL's messages can repeat values and hosts: only the code goes on. */
async function orUnavailable<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const isOurs = [StuckColumnError, QueueUnavailableError, DatabaseUnavailableError].some(
      (own) => error instanceof own,
    );
    if (isOurs) throw error;
    const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "no answer";
    throw new DatabaseUnavailableError(code);
  }
}
