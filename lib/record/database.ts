/**
 * The backend's table `kyc_verification`, which this service reads and updates but never creates or alters.
 *
 * Serverpod's columns are `timestamp without time zone` and are read as UTC, so every statement runs in a transaction
 * whose time zone is UTC, not the server's. (`SET LOCAL` also works behind a pooler, where start-up options do not.)
 */
import pg from "pg";
import { DatabaseUnavailableError, StatementRefusedError, StuckColumnError } from "../errors.ts";
import { openPool } from "./pool.ts";
import { codeOf, isNoSuchTime, isRefusal } from "./sqlstate.ts";

const SUCCESS_UPDATE = `UPDATE kyc_verification SET status='ocr_complete', "ocrResult"=$1, "reviewedAt"=NOW() WHERE id=$2`;
const FAILURE_UPDATE = `UPDATE kyc_verification SET status='ocr_failed', "ocrResult"=$1, "reviewedAt"=NOW() WHERE id=$2`;

/** `"reviewedAt"` as text with full microseconds, independent of the session's time zone and date style. */
const STATE = `status::text, extract(epoch from "reviewedAt")::text AS "reviewedAt",
  CASE WHEN status::text LIKE 'ocr%' THEN "ocrResult" END AS sealed`;

/** The channel on which a backend can listen for verdicts. */
const VERDICT_CHANNEL = "kyc_verdict";

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
  /** Whether each verdict also sends `NOTIFY kyc_verdict` with the record's id. */
  readonly notify?: boolean;
  /** Called when an idle connection breaks. The pool replaces it automatically. */
  readonly onConnectionLost?: (error: Error) => void;
}

/** Opens a small pool on the backend's database. Every verb throws {@link DatabaseUnavailableError}. */
export function createDatabase({
  connectTimeoutMs = 5_000,
  queryTimeoutMs = 10_000,
  lockTimeoutMs = 5_000,
  notify = false,
  ...options
}: DatabaseOptions) {
  const pool = openPool({ ...options, name: "kyc-service", connectTimeoutMs, queryTimeoutMs });

  // A server that does not hear that its client is gone would keep the rows locked for hours.
  const begin = `BEGIN; SET LOCAL TIME ZONE 'UTC'; SET LOCAL lock_timeout = ${lockTimeoutMs};
    SET LOCAL idle_in_transaction_session_timeout = ${queryTimeoutMs}`;

  /** What commits a verdict: one round trip, with or without the notification. The id is an integer. */
  const commitOf = (kycId: number) => (notify ? `NOTIFY ${VERDICT_CHANNEL}, '${BigInt(kycId)}'; COMMIT` : "COMMIT");

  return {
    /**
     * The state of a record; `undefined` if there is no such record. Waits for a watchdog that is deciding about the record
     * at this moment: a job that started beside it would find its fence broken when it saves.
     */
    readState: async (kycId: number): Promise<RecordState | undefined> => {
      // One round trip, and one transaction. It only takes a lock, so it need not wait for a disk.
      const sql = `SET LOCAL lock_timeout = ${lockTimeoutMs}; SET LOCAL synchronous_commit = off; ${lockRow(kycId)}`;
      return rowsOf(await answerOf(pool.query<RecordState>(sql)))[0];
    },

    /**
     * Writes a verdict if `mayWrite` agrees, which is asked while the row is locked: nobody can decide between its answer
     * and the update. With `stuckSince`, a record counts as missing if it is not in review for so long (any more), or
     * if somebody else has locked it. PostgreSQL delivers the notification only if the verdict is committed. An error of
     * `mayWrite` comes out as it is.
     */
    saveVerdict: async ({ kycId, status, sealed, mayWrite, stuckSince }: Save): Promise<SaveOutcome> => {
      const client = await answerOf(pool.connect());
      let isOver = false;
      try {
        const locking = client.query<RecordState>(`${begin}; ${lockRow(kycId, stuckSince)}`);
        const [state] = rowsOf(await answerOf(locking));
        const isWritten = state !== undefined && (await mayWrite(state));
        if (isWritten) {
          const update = status === "ocr_complete" ? SUCCESS_UPDATE : FAILURE_UPDATE;
          const { rowCount } = await answerOf(client.query(update, [sealed, kycId]));
          // A trigger of the table's owner can swallow it without an error.
          if (rowCount !== 1) throw new StatementRefusedError("nothing was updated");
        }
        await answerOf(client.query(isWritten ? commitOf(kycId) : "COMMIT"));
        isOver = true;
        if (isWritten) return "saved";
        return state === undefined ? "missing" : "refused";
      } finally {
        // Ending the connection undoes the transaction, without waiting for a server that may not be there any more.
        client.release(!isOver);
      }
    },

    /**
     * Records that are in review for longer than some minutes, by id above `afterId`.
     *
     * @throws {StuckColumnError} if the column is not a timestamp of the table.
     */
    listInReview: async (since: InReviewSince, afterId: number, limit: number): Promise<number[]> => {
      const sql = `SET LOCAL TIME ZONE 'UTC'; SELECT id FROM kyc_verification
        WHERE ${isInReview(since)} AND id > ${BigInt(afterId)} ORDER BY id LIMIT ${BigInt(limit)}`;
      const answer = await answerOf(pool.query<{ id: string }>(sql)).catch((error: unknown) => {
        throw isNoSuchTime(codeOf(error)) ? new StuckColumnError() : error;
      });
      return rowsOf(answer).map(({ id }) => Number(id));
    },

    /** Resolves when the database answers. */
    ping: async (): Promise<void> => void (await answerOf(pool.query("SELECT 1"))),

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
  readonly stuckSince?: InReviewSince;
}

/** The column that says since when a record is in review, and for how long it must be. */
export interface InReviewSince {
  readonly column: string;
  readonly minutes: number;
}

const isInReview = ({ column, minutes }: InReviewSince) =>
  `status='in_review' AND ${pg.escapeIdentifier(column)} < NOW() - make_interval(secs => ${minutes * 60})`;

/** Without parameters, since several statements in one query take none. The id is an integer. */
function lockRow(kycId: number, since?: InReviewSince): string {
  const select = `SELECT ${STATE} FROM kyc_verification WHERE id=${BigInt(kycId)}`;
  return since === undefined ? `${select} FOR UPDATE` : `${select} AND ${isInReview(since)} FOR UPDATE SKIP LOCKED`;
}

/** The rows of the last of several statements. The types of node-postgres do not know that there are several. */
const rowsOf = <T extends pg.QueryResultRow>(answer: pg.QueryResult<T> | pg.QueryResult<T>[]): T[] =>
  [answer].flat().at(-1)?.rows ?? [];

/** PostgreSQL's answer, or an error of ours. Its messages can repeat values and hosts: only the code goes on. */
async function answerOf<T>(asking: Promise<T>): Promise<T> {
  try {
    return await asking;
  } catch (error) {
    const code = codeOf(error) ?? "no answer";
    throw isRefusal(error) ? new StatementRefusedError(code) : new DatabaseUnavailableError(code);
  }
}
