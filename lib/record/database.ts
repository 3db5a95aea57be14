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

/** `"reviewedAt"` as text with full microseconds, independent of the session's time zone and date style. */
const STATE = `status::text, extract(epoch from "reviewedAt")::text AS "reviewedAt",
  CASE WHEN status::text LIKE 'ocr%' THEN "ocrResult" END AS sealed`;

/** What PostgreSQL says of a column that is not there, and of one that cannot be compared with a time. */
const NO_SUCH_TIME = new Set(["42703", "42883"]);

/** The verdicts a job may write. */
export type Verdict = "ocr_complete" | "ocr_failed";

/** What a job needs to know of its record. */
export interface RecordState {
  readonly status: string;
  /** The fence: `"reviewedAt"` in seconds since 1970, to the microsecond; `null` if nobody has decided yet. */
  readonly reviewedAt: string | null;
  /** The result in the row, if it has a verdict of ours. */
  readonly sealed: Uint8Array | null;
}

/** What became of a save: `refused` if `mayWrite` said no. */
export type SaveOutcome = "saved" | "refused" | "missing";

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

  /** `work` sends {@link begin} in front of its first statement. */
  async function transaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await pool.connect();
    let failed = true;
    try {
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
    /**
     * The state of a record; `undefined` if there is no such record. Waits for a watchdog that is deciding about the record
     * at this moment: a job that started beside it would find its fence broken when it saves.
     */
    readState: (kycId: number): Promise<RecordState | undefined> =>
      orUnavailable(async () => {
        // One round trip, and one transaction. It only takes a lock, so it need not wait for a disk.
        const sql = `SET LOCAL lock_timeout = ${lockTimeoutMs}; SET LOCAL synchronous_commit = off; ${lockRow(kycId)}`;
        return lastRowOf(await pool.query<RecordState>(sql));
      }),

    /**
     * Writes a verdict if `mayWrite` agrees, which is asked while the row is locked: nobody can decide between its answer
     * and the update.
     */
    saveVerdict: ({ kycId, status, sealed, mayWrite }: Save): Promise<SaveOutcome> =>
      orUnavailable(() =>
        transaction(async (client) => {
          const state = lastRowOf(await client.query<RecordState>(`${begin}; ${lockRow(kycId)}`));
          if (state === undefined) return "missing";
          if (!(await mayWrite(state))) return "refused";
          const update = status === "ocr_complete" ? SUCCESS_UPDATE : FAILURE_UPDATE;
          const { rowCount } = await client.query(update, [sealed, kycId]);
          // A trigger of the table's owner can swallow it without an error.
          if (rowCount !== 1) throw new DatabaseUnavailableError("nothing was updated");
          return "saved";
        }),
      ),

    /**
     * Records that are in review, the oldest first by `sinceColumn`, from `offset` on.
     *
     * @throws {StuckColumnError} if `sinceColumn` is not a timestamp of the table.
     */
    listInReview: ({ sinceColumn, offset, limit }: InReviewQuery): Promise<number[]> =>
      orUnavailable(async () => {
        const since = pg.escapeIdentifier(sinceColumn);
        const { rows } = await pool
          .query<{ id: string }>(
            `SELECT id FROM kyc_verification WHERE status='in_review' ORDER BY ${since}, id OFFSET $1 LIMIT $2`,
            [offset, limit],
          )
          .catch(asStuckColumnError);
        return rows.map(({ id }) => Number(id));
      }),

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
          await client.query(begin);
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

interface Save {
  readonly kycId: number;
  readonly status: Verdict;
  readonly sealed: Buffer;
  readonly mayWrite: (state: RecordState) => Promise<boolean> | boolean;
}

/** `kycId` is a safe integer, which needs no quoting; several statements in one query take no parameters. */
const lockRow = (kycId: number) => `SELECT ${STATE} FROM kyc_verification WHERE id=${BigInt(kycId)} FOR UPDATE`;

/** The first row of the last of several statements. The types of node-postgres do not know that there are several. */
function lastRowOf<T extends pg.QueryResultRow>(answer: pg.QueryResult<T> | pg.QueryResult<T>[]): T | undefined {
  return [answer].flat().at(-1)?.rows[0];
}

interface InReviewQuery {
  readonly sinceColumn: string;
  readonly offset: number;
  readonly limit: number;
}

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
    return asStuckColumnError(error);
  }
}

function asStuckColumnError(error: unknown): never {
  if (error instanceof pg.DatabaseError && NO_SUCH_TIME.has(error.code ?? "")) throw new StuckColumnError();
  throw error;
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
